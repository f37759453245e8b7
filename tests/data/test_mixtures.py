"""Two-dimensional mixtures: their shape, their spread, their points."""
import numpy as np
import pytest

from jaxgan.data import mixtures
from jaxgan.types import Batch


def test_centres():
  ring, grid = mixtures.ring8(), mixtures.grid25()
  np.testing.assert_allclose(np.linalg.norm(ring.centres, axis=1), 1, rtol=1e-6)
  gaps = np.linalg.norm(np.roll(ring.centres, 1, 0) - ring.centres, axis=1)
  np.testing.assert_allclose(gaps, 2 * np.sin(np.pi / 8), rtol=1e-6)
  assert sorted(map(tuple, grid.centres)) == [(x, y) for x in (-4, -2, 0, 2, 4)
                                              for y in (-4, -2, 0, 2, 4)]
  assert (ring.sigma, grid.sigma) == (.01, .05)


@pytest.mark.parametrize('mixture', [mixtures.ring8(), mixtures.grid25()])
def test_points(mixture):
  data = mixtures.load(mixture, scale=4.)
  x = data.load(None).batch.x
  assert x.shape == (100_000, 2) and x.dtype == np.float32 == data.describe(None).x.dtype
  offsets = x[:, None] - mixture.centres[None]
  mode = (offsets ** 2).sum(2).argmin(1)
  shares = np.bincount(mode) / len(x) * len(mixture.centres)
  np.testing.assert_allclose(shares, 1, atol=.06)
  own = offsets[np.arange(len(x)), mode]
  np.testing.assert_allclose(own.std(0), mixture.sigma, rtol=.01)
  np.testing.assert_array_equal(x, data.load(None).batch.x)
  seen = data.decode(Batch(x)).x
  np.testing.assert_array_equal(seen, x / 4)
  np.testing.assert_array_equal(data.encode(seen), x)
