"""WAV files: cut or filled to one length, back to the bit, and only such as are asked for."""
import wave

import numpy as np
import pytest

from jaxgan.data import sounds, source
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


def written(path, samples, channels=1, width=2, rate=8000):
  path.parent.mkdir(parents=True, exist_ok=True)
  with wave.open(str(path), 'wb') as file:
    file.setparams((channels, width, rate, 0, 'NONE', ''))
    file.writeframes(samples.astype({1: 'u1', 2: '<i2'}[width]).tobytes())


LONG, SHORT = np.arange(-40, 60, dtype=np.int16) * 300, np.int16([-32768, 5, 32767])


def test_cut_and_filled(tmp_path, capsys):
  written(tmp_path / 'one' / 'b.wav', SHORT)
  written(tmp_path / 'two' / 'a.WAV', LONG)
  (tmp_path / 'notes.txt').write_text('not a sound')
  (tmp_path / '.hidden.wav').write_text('nor this')
  data = sounds.load(64, 8000, classes=2)
  rows = data.load(tmp_path)
  batch = rows[np.arange(2)]
  np.testing.assert_array_equal(batch.x[0, :, 0], np.pad(SHORT, (0, 61)))
  np.testing.assert_array_equal(batch.x[1, :, 0], LONG[:64])
  np.testing.assert_array_equal(batch.c, [0, 1])
  assert rows.class_names == ('one', 'two') and data.unit == 'clips'
  said = capsys.readouterr().out
  assert '1 were longer than 64 samples, 1 shorter' in said and 'passed over: 1 other' in said
  assert data.describe(None).x.shape == (64, 1)
  ending, content = data.write(batch.x[1])
  (tmp_path / f'again{ending}').write_bytes(content)
  np.testing.assert_array_equal(sounds.sound(tmp_path / 'again.wav', 64, 8000), batch.x[1])


def test_to_networks_and_back_to_the_bit():
  every = np.arange(-32768, 32768, dtype=np.int16)[None, :, None]
  seen = sounds.decode(Batch(every)).x
  assert seen.dtype == np.float32 and seen.min() == -1 and .9999 < seen.max() < 1
  np.testing.assert_array_equal(sounds.encode(seen), every)
  np.testing.assert_array_equal(sounds.encode(np.float32([-9, 9])), [-32768, 32767])


def test_splits(tmp_path):
  written(tmp_path / 'train' / 'a.wav', LONG)
  written(tmp_path / 'test' / 'b.wav', SHORT)
  data = sounds.load(8, 8000, split='train', test='test')
  assert len(data.load(tmp_path)) == len(data.test.load(tmp_path)) == 1
  assert source.scored_on(data, str(tmp_path)) is data  # without conditions


@pytest.mark.parametrize('how,says', [
    (dict(channels=2), '2 channels of 16 bits at 8,000 Hz'),
    (dict(width=1), '1 channels of 8 bits'),
    (dict(rate=44_100), 'at 44,100 Hz: sounds are mono')])
def test_other_sounds(tmp_path, how, says):
  written(tmp_path / 'a.wav', np.zeros(8), **how)
  with pytest.raises(Failure, match=says):
    sounds.load(8, 8000).load(tmp_path)


def test_what_is_no_sound(tmp_path):
  with pytest.raises(Failure, match='is no folder'):
    sounds.load(8, 8000).load(tmp_path / 'nowhere')
  with pytest.raises(Failure, match='holds no .wav'):
    sounds.load(8, 8000).load(tmp_path)
  (tmp_path / 'a.wav').write_bytes(b'RIFF nothing')
  with pytest.raises(Failure, match='a.wav cannot be read as a WAV file'):
    sounds.load(8, 8000).load(tmp_path)
