"""Decoded images are kept: for the same files only, and never at the price of a run."""
import os

import numpy as np
import pytest
from PIL import Image

from jaxgan.data import decoded_cache, folder, tfds
from jaxgan.types import Batch, Paths


@pytest.fixture
def kept(tmp_path, monkeypatch):
  """-> the folder that decoded images are kept in."""
  monkeypatch.setattr(decoded_cache, '_paths', None)
  decoded_cache.keep(Paths(cache_dir=str(tmp_path / 'cache')))
  return tmp_path / 'cache' / 'decoded'


class Counted:
  """Makes a batch of the one file, and counts how often."""

  def __init__(self, path):
    self.path, self.calls = path, 0

  def __call__(self):
    self.calls += 1
    x = np.frombuffer(self.path.read_bytes(), np.uint8).reshape(-1, 2, 2, 1)
    return Batch(x, np.arange(len(x), dtype=np.int32))


def test_made_once_of_the_same_files(kept, tmp_path):
  file = tmp_path / 'data'
  file.write_bytes(bytes(range(8)))
  make = Counted(file)
  ask = lambda **how: decoded_cache.batch('set', [file], how, 8, make)
  first, again = ask(), ask()
  assert make.calls == 1 and len(list(kept.iterdir())) == 1
  for a, b in zip(first, again, strict=True):
    np.testing.assert_array_equal(a, b)
    assert a.dtype == b.dtype
  ask(label='other')
  assert make.calls == 2, 'asked for in another way'
  file.write_bytes(bytes(range(12)))
  assert len(ask().x) == 3 and make.calls == 3, 'of another size'
  file.write_bytes(bytes(reversed(range(12))))
  os.utime(file, ns=(0, 0))
  assert ask().x[0, 0, 0, 0] == 11 and make.calls == 4, 'of another time'


def test_without_labels(kept, tmp_path):
  (tmp_path / 'data').write_bytes(b'')
  for _ in range(2):
    found = decoded_cache.batch('set', [tmp_path / 'data'], {}, 4,
                                lambda: Batch(np.zeros((1, 2, 2, 1), np.uint8)))
    assert found.c is None and found.x.shape == (1, 2, 2, 1)


@pytest.mark.parametrize('how', ['not asked', 'too large', 'unwritable'])
def test_what_is_not_kept_is_made(kept, tmp_path, monkeypatch, how):
  (tmp_path / 'data').write_bytes(bytes(4))
  make, size = Counted(tmp_path / 'data'), 4
  if how == 'not asked':
    monkeypatch.setattr(decoded_cache, '_paths', None)
  if how == 'too large':
    size = decoded_cache.MOST + 1
  if how == 'unwritable':
    (tmp_path / 'cache').write_text('a file')
  for calls in (1, 2):
    assert len(decoded_cache.batch('set', [tmp_path / 'data'], {}, size, make).x) == 1
    assert make.calls == calls and not kept.exists()


def test_files_that_cannot_be_asked_are_read(kept, tmp_path):
  found = decoded_cache.batch('set', ['gs://bucket/file'], {}, 4,
                              lambda: Batch(np.zeros((1, 2, 2, 1), np.uint8)))
  assert len(found.x) == 1 and not kept.exists()


def test_a_home_that_is_not_there_keeps_nothing(monkeypatch):
  monkeypatch.setattr(decoded_cache, '_paths', None)
  decoded_cache.keep(Paths(cache_dir='~nobody-here/cache'))
  assert decoded_cache._paths is None


def test_a_folder_of_images_is_looked_at_once(kept, tmp_path, monkeypatch):
  images = tmp_path / 'images'
  images.mkdir()
  for i in range(3):
    Image.fromarray(np.full((8, 8, 3), i, np.uint8)).save(images / f'{i}.png')
  first = folder.load(8).load(str(images)).batch
  monkeypatch.setattr(folder, 'examined', None)  # would be called
  np.testing.assert_array_equal(folder.load(8).load(str(images)).batch.x, first.x)
  with pytest.raises(TypeError):
    folder.load(8, convert=True).load(str(images))


def test_a_set_of_tfds_is_decoded_once(kept, data_dir, monkeypatch):
  data = tfds.load('mnist', 'test', label='label', test='')
  first = data.load(data_dir).batch
  monkeypatch.setattr(tfds, 'squared', None)  # would be called
  again = data.load(data_dir).batch
  np.testing.assert_array_equal(first.x, again.x)
  np.testing.assert_array_equal(first.c, again.c)
  assert len(np.unique(again.c)) == 10


def test_two_folders_of_one_relative_name_are_two(kept, tmp_path, monkeypatch):
  """Sizes and times alike: the first project's images are not the second's."""
  for i, project in enumerate('ab'):
    images = tmp_path / project / 'images'
    images.mkdir(parents=True)
    Image.fromarray(np.full((8, 8, 3), i, np.uint8)).save(images / '0.png', compress_level=0)
    os.utime(images / '0.png', ns=(1, 1))
  found = []
  for project in 'ab':
    monkeypatch.chdir(tmp_path / project)
    found.append(folder.load(8).load('images').batch.x.max())
  assert found == [0, 1]
