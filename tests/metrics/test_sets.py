"""What a set of features must be, and its blocks."""
import numpy as np
import pytest

from jaxgan.errors import Failure
from jaxgan.metrics import sets

GOOD = np.ones((3, 2), np.float32)


@pytest.mark.parametrize('bad, message', [
    (np.ones((3, 2, 2)), r'FD: fake must be \[N, d\], .*not \[3, 2, 2\]: flatten'),
    (GOOD[:1], 'FD: fake has 1 examples and needs at least 2: draw more'),
    (np.float32([[1, 2], [1, np.nan], [np.inf, 0]]),
     'FD: NaN or infinity in 2 of the 3 examples of fake, first in number 1'),
    (np.ones((3, 5)), r"FD: .*'real': 2, 'fake': 5.* one extractor")])
def test_bad_sets_are_refused_in_one_line(bad, message):
  sets.check('FD', 2, real=GOOD, fake=GOOD)
  with pytest.raises(Failure, match=message) as e:
    sets.check('FD', 2, real=GOOD, fake=bad)
  assert '\n' not in str(e.value)


@pytest.mark.parametrize('n, shapes', [(1, [1]), (4, [4]), (5, [4, 4]), (12, [4, 4, 4])])
def test_blocks_hold_each_example_once(n, shapes):
  x = np.arange(2. * n).reshape(n, 2)
  rows, ids = zip(*sets.blocks(x, 4, first=7))
  assert [len(r) for r in rows] == [len(i) for i in ids] == shapes
  rows, ids = np.concatenate(rows), np.concatenate(ids)
  np.testing.assert_array_equal(rows[ids >= 0], x)
  np.testing.assert_array_equal(ids[ids >= 0], 7 + np.arange(n))
  assert not rows[ids < 0].any()
