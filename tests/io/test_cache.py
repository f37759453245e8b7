"""The cache: used for the same key only, never when damaged."""
import numpy as np
import pytest

from jaxgan.io import cache
from jaxgan.io.errors import Failure


@pytest.fixture
def folder(tmp_path):
  return tmp_path / 'cache'


def counting():
  calls = []

  def make():
    calls.append(1)
    return {'a': np.arange(3.)}
  return calls, make


def test_made_once_for_a_key(folder):
  calls, make = counting()
  for _ in range(2):
    np.testing.assert_array_equal(cache.arrays('x', {'n': 1}, make, folder)['a'], [0, 1, 2])
  assert len(calls) == 1
  cache.arrays('x', {'n': 2}, make, folder)
  assert len(calls) == 2


@pytest.mark.parametrize('harm', ['empty', 'half', 'flip', 'other key'])
def test_a_bad_file_is_made_anew(folder, tmp_path, harm):
  calls, make = counting()
  cache.arrays('x', {'n': 1}, make, folder)
  path, = (tmp_path / 'cache').iterdir()
  content = bytearray(path.read_bytes())
  if harm == 'other key':
    np.savez(path, key='{"n": 7}', a=np.zeros(3))
  else:
    content[content.index(np.arange(3.).tobytes()) + 15] ^= 1
    path.write_bytes({'empty': b'', 'half': content[:len(content) // 2],
                      'flip': bytes(content)}[harm])
  np.testing.assert_array_equal(cache.arrays('x', {'n': 1}, make, folder)['a'], [0, 1, 2])
  assert len(calls) == 2 and len(list((tmp_path / 'cache').iterdir())) == 1


def test_an_unwritable_cache_is_one_line(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(Failure, match='--cache_dir'):
    cache.arrays('x', {}, counting()[1], tmp_path / 'file')
