"""Path length: closed forms of linear generators, the filter, the trap of rounded images."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.io.errors import Failure
from jaxgan.metrics import path_length

KEY = jax.random.key(0)
A, B = jax.random.normal(KEY, (2, 50, 8))
same = lambda x: x
lengths = functools.partial(path_length.path_length, same, same)
ENDS, ANYWHERE = jnp.zeros(50), jax.random.uniform(KEY, 50)


def test_a_line_has_its_squared_length():
  """|embed(at(t + eps)) - embed(at(t))|^2 / eps^2 = |b - a|^2 for linear maps, at every t."""
  for t in (ENDS, ANYWHERE):
    found = jax.jit(lambda a, b, t: lengths(a, b, t, path_length.lerp))(A, B, t)
    np.testing.assert_allclose(found, ((B - A) ** 2).sum(1), rtol=2e-2)


def test_an_arc_has_its_squared_length():
  """(r angle)^2 between vectors of one length r."""
  unit = lambda v: v / jnp.linalg.norm(v, axis=1, keepdims=True)
  angle = np.arccos((unit(A) * unit(B)).sum(1))
  for t in (ENDS, ANYWHERE):
    found = lengths(3 * unit(A), 3 * unit(B), t, path_length.slerp)
    np.testing.assert_allclose(found, (3 * angle) ** 2, rtol=2e-2)


def test_between_the_ends():
  for between in (path_length.lerp, path_length.slerp):
    np.testing.assert_allclose(between(A, B, jnp.zeros(50)), A, atol=1e-5)
    np.testing.assert_allclose(between(A, B, jnp.ones(50)), B, atol=1e-5)
  norm = lambda v: np.linalg.norm(v, axis=1)
  r = norm(A)[:, None]
  half = path_length.slerp(A, B / norm(B)[:, None] * r, jnp.full(50, .5))
  np.testing.assert_allclose(norm(half), r[:, 0], rtol=1e-5)
  layers = path_length.lerp(jnp.zeros((2, 3, 4)), jnp.ones((2, 3, 4)), jnp.float32([.25, .5]))
  np.testing.assert_allclose(layers[:, 0, 0], [.25, .5])


def test_ends_or_anywhere():
  """On the curve w^2, whose speed is 0 at the start."""
  square = lambda w: w ** 2
  zero, one = jnp.zeros((2000, 1)), jnp.ones((2000, 1))
  at = lambda t: path_length.path_length(square, same, zero, one, t, path_length.lerp)
  np.testing.assert_allclose(at(jnp.zeros(2000)), 1e-8, rtol=1e-3)
  np.testing.assert_allclose(at(jax.random.uniform(KEY, 2000)).mean(), 4 / 3, rtol=.05)


def test_rounded_images_are_refused():
  rounded = lambda w: (w * 127.5 + 128).astype(jnp.uint8)
  with pytest.raises(Failure, match='floats, not uint8'):
    path_length.path_length(rounded, same, A, B, ENDS, path_length.lerp)


def test_mean_leaves_outliers_out():
  """Of 0..200 kept from 2 to 198; 'lower' and 'higher' keep the ends between two values."""
  values = np.random.default_rng(0).permutation(201).astype(float)
  values[values == 200] = 1e9
  assert path_length.mean(values) == 100
  assert path_length.mean([1., 2., 6.]) == 3
