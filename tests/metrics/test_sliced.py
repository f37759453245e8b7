"""Sliced Wasserstein distance: closed forms, invariances, an independent oracle."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgan.metrics import sliced
from jaxgan.types import Batch, Paths

KEY = jax.random.key(0)


def points(seed, n=50, d=3):
  return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_shift_by_a_vector():
  """W_2 along u of a shift by t is |u.t|; its mean square over the sphere is |t|^2 / D."""
  x, t = points(0), np.float32([3, 0, 4])
  got = sliced.sliced_wasserstein(x, x + t[None], KEY, directions=20_000)
  np.testing.assert_allclose(got, 5 / 3**.5, rtol=.01)


def test_one_dimension_against_scipy():
  """In one dimension, against scipy's W_1 of sets that a shift makes equal to W_2."""
  x = points(0, d=1)
  np.testing.assert_allclose(sliced.sliced_wasserstein(x, x + 2, KEY),
                             stats.wasserstein_distance(x[:, 0], x[:, 0] + 2), rtol=1e-5)


def test_order_does_not_matter_and_itself_is_zero():
  x, y = points(0), points(1)
  a = sliced.sliced_wasserstein(x, y, KEY)
  assert a == sliced.sliced_wasserstein(x[::-1], y, KEY) > 0
  assert sliced.sliced_wasserstein(x, x[::-1], KEY) == 0


def test_unequal_sizes_are_refused():
  with pytest.raises(ValueError, match=r'\(50, 3\), \(40, 3\)'):
    sliced.sliced_wasserstein(points(0), points(1, n=40), KEY)


def test_pixels():
  black, white = jnp.zeros((20, 4, 4, 1), jnp.uint8), jnp.full((20, 4, 4, 1), 255, jnp.uint8)
  found = sliced.of_pixels(20).prepare(Paths())(Batch(black), Batch(white))
  assert list(found) == ['sw2_pixels@20']
  np.testing.assert_allclose(found['sw2_pixels@20'], 1, rtol=.2)  # |t| / sqrt(D) = 1
