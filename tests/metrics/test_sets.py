"""What a set of features must be."""
import numpy as np
import pytest

from jaxgan.io.errors import Failure
from jaxgan.metrics import sets

GOOD = np.ones((3, 2), np.float32)


@pytest.mark.parametrize('bad, message', [
    (np.ones((3, 2, 2)), r'FD: fake must be \[N, d\], .*not \[3, 2, 2\]: flatten'),
    (GOOD[:1], 'FD: fake has 1 examples and needs at least 2: draw more'),
    (np.float32([[1, 2], [1, np.nan], [np.inf, 0]]),
     'FD: NaN or infinity in 2 of the 3 examples of fake, first in number 1'),
    (np.ones((3, 5)), r'FD: .* real has 2, fake has 5 features .* one extractor'),
    (GOOD[:, :0], r'FD: fake must be \[N, d\], .*not \[3, 0\]'),
    (GOOD * 1j, 'FD: fake is complex64: give real numbers')])
def test_bad_sets_are_refused_in_one_line(bad, message):
  sets.check('FD', 2, real=GOOD, fake=GOOD)
  with pytest.raises(Failure, match=message) as e:
    sets.check('FD', 2, real=GOOD, fake=bad)
  assert '\n' not in str(e.value)
