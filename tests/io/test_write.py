"""Examples as files of their kind, read back by others."""
import io
import wave

import numpy as np
import pytest
from PIL import Image

from jaxgan.io import write

DRAW = np.random.default_rng(0)


def test_images_and_films():
  image = DRAW.integers(0, 256, (5, 4, 3), np.uint8)
  ending, content = write.write(image)
  assert ending == '.png'
  np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), image)
  film = np.stack([np.full((6, 6, 1), level, np.uint8) for level in (0, 128, 255)])
  ending, content = write.write(film)
  with Image.open(io.BytesIO(content)) as read:
    assert ending == '.gif' and read.n_frames == 3 and read.size == (6, 6)
    for i, level in enumerate((0, 128, 255)):
      read.seek(i)
      assert abs(np.asarray(read.convert('L')).astype(int) - level).max() <= 2


def test_arrays_and_trees():
  field = DRAW.normal(size=(3, 2)).astype(np.float32)
  ending, content = write.write(field)
  assert ending == '.npy'
  np.testing.assert_array_equal(np.load(io.BytesIO(content)), field)
  ending, content = write.write({'a': {'b': field}})
  assert ending == '.npz'
  np.testing.assert_array_equal(np.load(io.BytesIO(content))['a/b'], field)


@pytest.mark.parametrize('x,stored', [
    (np.array([0, -32768, 32767, 7], np.int16), [0, -32768, 32767, 7]),
    (np.array([0, 1, -1, .5, 9], np.float32), [0, 32767, -32767, 16384, 32767]),
    (np.array([[0, 1], [.5, -1]]), [0, 32767, 16384, -32767])])
def test_sounds(x, stored):
  ending, content = write.sound(8000)(x)
  with wave.open(io.BytesIO(content)) as read:
    assert ending == '.wav' and read.getframerate() == 8000 and read.getsampwidth() == 2
    assert read.getnchannels() == (x.shape[1] if x.ndim == 2 else 1)
    assert read.getnframes() == len(x)
    np.testing.assert_array_equal(np.frombuffer(read.readframes(9), '<i2'), stored)


def test_texts():
  as_text = write.text(['', 'a', 'red', 'seven'], between=' ')
  assert as_text(np.array([1, 2, 3, 0, 2])) == ('.txt', b'a red seven\n')
  assert write.text('_abc')(np.array([1, 2, 3])) == ('.txt', b'abc\n')


def test_examples_of_a_tree():
  x = {'a': np.arange(4).reshape(2, 2), 'b': np.zeros(2)}
  one, other = write.examples(x)
  assert list(one['a']) == [0, 1] and list(other['a']) == [2, 3] and other['b'] == 0
