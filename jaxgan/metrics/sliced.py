"""Sliced Wasserstein distance (Bonneel et al., 2015): far from the data or near it, cheaply.

SW_2(P, Q) = (mean over directions u of W_2(u.P, u.Q)^2)^(1/2), |u| = 1. In one dimension,
W_2^2 between two sets of n points is the mean squared difference of their sorted values.
"""
import jax
import jax.numpy as jnp

from jaxgan.metrics import naming
from jaxgan.types import Array, Key, Metric


def sliced_wasserstein(x: Array, y: Array, key: Key, directions: int = 128) -> Array:
  """SW_2 between point sets x and y, float [N, D] each, over random directions -> scalar.

  Raises ValueError if they are not of one shape.
  """
  if x.shape != y.shape or not x.size or directions < 1:
    raise ValueError(f'sliced_wasserstein needs two sets of one shape and some directions, not '
                     f'{x.shape}, {y.shape} and {directions}')
  u = jax.random.normal(key, (x.shape[1], directions))
  u /= jnp.linalg.norm(u, axis=0, keepdims=True)
  along = lambda a: jnp.sort(jnp.matmul(a, u, precision='highest'), axis=0)
  return jnp.sqrt(jnp.mean((along(x) - along(y)) ** 2))


def of_pixels(n: int = 1000) -> Metric:
  """SW_2 of images as vectors of pixels in [0, 1], uint8 [n, H, W, C] each.

  Coarse (it sees no semantics) but needs no network; only comparable at equal n.
  """
  @jax.jit
  def distance(real, fake):
    flat = lambda a: a.reshape(len(a), -1) / 255.
    return sliced_wasserstein(flat(real), flat(fake), jax.random.key(0))
  return Metric(n, lambda paths: lambda real, fake: {
      naming.plain('sw2_pixels', len(fake.x)): distance(real.x, fake.x)}, {'sw2_pixels': False})
