"""Where z comes from."""
import numpy as np

from jaxgan import priors, rng
from jaxgan.types import Batch

KEYS = rng.per_example(rng.root(0), np.arange(3000))
C = np.arange(3000)


def test_normal_and_uniform():
  z, c = priors.normal(2)(KEYS, Batch(None, C))
  assert z.shape == (3000, 2) and c is C
  np.testing.assert_allclose((z.mean(), z.std()), (0, 1), atol=.04)
  z, _ = priors.uniform(2)(KEYS, Batch(None, C))
  assert -1 <= z.min() < -.99 and .99 < z.max() < 1
  np.testing.assert_allclose(z.std(), 1 / np.sqrt(3), atol=.02)


def test_codes():
  z, c = priors.codes(4, 2, 3)(KEYS, Batch(None, C))
  assert z.shape == (3000, 9) and c is C
  np.testing.assert_array_equal(np.sort(z[:, :4], 1), [[0, 0, 0, 1]] * 3000)
  np.testing.assert_allclose(z[:, :4].mean(0), .25, atol=.04)
  assert abs(z[:, 4:6]).max() < 1 and abs(z[:, 6:]).max() > 2
  correlations = np.corrcoef(z[:, 3:].T) - np.eye(6)
  assert abs(correlations).max() < .06, 'drawn apart'
