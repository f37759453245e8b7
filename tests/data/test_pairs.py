"""Pairs on disk."""
import numpy as np
import pytest

from jaxgan.data import pairs
from jaxgan.io import pictures
from jaxgan.io.errors import Failure

DRAW = np.random.default_rng(0)


def written(folder, names, shape):
  folder.mkdir(parents=True, exist_ok=True)
  images = DRAW.integers(0, 256, (len(names), *shape), np.uint8)
  for name, image in zip(names, images):
    (folder / f'{name}.png').write_bytes(pictures.png(image))
  return images


def test_side_by_side(tmp_path):
  images = written(tmp_path / 'train', 'abc', (8, 16, 3))
  test = written(tmp_path / 'test', 'de', (8, 16, 3))
  for right in (True, False):
    data = pairs.aligned(8, right)
    spec, rows = data.describe(None), data.load(tmp_path)
    assert spec.x.shape == spec.c.shape == (8, 8, 3) and len(rows) == 3
    batch = rows[np.array([[0, 2]])]
    x, c = (batch.x, batch.c) if right else (batch.c, batch.x)
    np.testing.assert_array_equal(x[0], images[[0, 2], :, 8:])
    np.testing.assert_array_equal(c[0], images[[0, 2], :, :8])
    assert data.test.load(tmp_path)[np.array(1)].x.shape == (8, 8, 3)
  np.testing.assert_array_equal(data.test.load(tmp_path)[np.arange(2)].c, test[:, :, 8:])
  one, other = (pairs.aligned(8, right).load(tmp_path).known for right in (True, False))
  assert one != other


def test_two_folders(tmp_path):
  x = written(tmp_path / 'photos', 'abc', (8, 8, 3))
  c = written(tmp_path / 'lines', 'abc', (8, 8, 1))
  data = pairs.folders(8, 'lines', 'photos', split='', test='', channels=(1, 3))
  batch = data.load(tmp_path)[np.arange(3)]
  np.testing.assert_array_equal(batch.x, x)
  np.testing.assert_array_equal(batch.c, c)
  assert data.test is None and data.describe(None).c.shape == (8, 8, 1)


@pytest.mark.parametrize('names,said', [
    ('abcd', "has an image 'd' and .*photos has none of that name .1 such."),
    ('ab', "photos has an image 'c' and .*lines has none")])
def test_unequal_pairs(tmp_path, names, said):
  written(tmp_path / 'photos', 'abc', (8, 8, 3))
  written(tmp_path / 'lines', names, (8, 8, 3))
  with pytest.raises(Failure, match=said):
    pairs.folders(8, 'lines', 'photos', split='', test='').load(tmp_path)


def test_what_is_not_there(tmp_path):
  written(tmp_path / 'train', 'ab', (8, 12, 3))
  with pytest.raises(Failure, match='16'):
    pairs.aligned(8).load(tmp_path)  # another size
  with pytest.raises(Failure, match="has no folder 'test'"):
    pairs.aligned(8).test.load(tmp_path)


def test_no_pairs(tmp_path):
  """All of both folders come; a and b in no relation, the same each time."""
  a = written(tmp_path / 'trainA', 'abcdefgh', (8, 8, 3))
  b = written(tmp_path / 'trainB', 'xyz', (8, 8, 3))
  written(tmp_path / 'testA', 'a', (8, 8, 3)), written(tmp_path / 'testB', 'ab', (8, 8, 3))
  data = pairs.unpaired(8)
  rows = data.load(tmp_path)
  batch = rows[np.arange(8)]
  assert len(rows) == 8 and batch.x is batch.c and len(data.test.load(tmp_path)) == 2
  np.testing.assert_array_equal(batch.x['a'], a)
  which = [int(np.flatnonzero((b == one).all((1, 2, 3)))[0]) for one in batch.x['b']]
  assert set(which) == {0, 1, 2} and which != [i % 3 for i in range(8)]
  np.testing.assert_array_equal(rows[np.array([[5]])].x['b'][0, 0], b[which[5]])
  with pytest.raises(Failure, match="no folder 'trainA'"):
    data.load(tmp_path / 'trainA')
