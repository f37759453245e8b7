"""Nearest neighbours by exact search, block against block, on the device.

|x - y|^2 = |x|^2 + |y|^2 - 2 x.y is one matrix product, but leaves duplicates up to 0.02
apart in Inception's features. So examples are centred, to make |x| small; the neighbours
found are measured again by direct difference; and `squared` says what its error may be.
"""
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.metrics import sets
from jaxgan.types import Array

BLOCK = 4096  # 64 MB a block of distances
ROUNDING = 1e-6  # 8 eps: twice the largest error seen at d = 2048


class Neighbours(NamedTuple):
  """The nearest of each of n examples, nearest first."""
  distance: np.ndarray  # float32 [n, k], 0 for duplicates
  index: np.ndarray  # int32 [n, k]


def nearest(x: Array, y: Array, k: int, itself: bool = False) -> Neighbours:
  """The k nearest in y [m, d], m >= k, of each in x [n, d].

  With `itself`, x is y, m > k, and no example is its own neighbour. The caller checks x and y.
  """
  x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
  centre, others = middle(y), list(sets.blocks(y, BLOCK))
  parts = []
  for block, ids in sets.blocks(x, BLOCK, first=0 if itself else len(y)):
    best = jnp.full((len(ids), k), jnp.inf), jnp.full((len(ids), k), -1)
    for other in others:
      best = nearer(best, block, ids, *other, centre)
    real = np.asarray(ids) >= 0
    parts.append(direct(np.asarray(block)[real], y, np.asarray(best[1])[real]))
  return Neighbours(*map(np.concatenate, zip(*parts)))


def middle(x: np.ndarray) -> Array:
  """The mean [1, d], which `squared` wants taken off."""
  return jnp.asarray(x.mean(0, dtype=np.float64, keepdims=True), jnp.float32)


def squared(x: Array, y: Array) -> tuple[Array, Array]:
  """|x_i - y_j|^2 [n, m] of centred examples, and the most that rounding may have added."""
  size = (x ** 2).sum(1)[:, None] + (y ** 2).sum(1)[None]
  return (jnp.maximum(size - 2 * jnp.matmul(x, y.T, precision='highest'), 0),
          ROUNDING * size)


@jax.jit
def nearer(best: tuple[Array, Array], x: Array, i: Array, y: Array, j: Array, centre: Array
           ) -> tuple[Array, Array]:
  """The k nearest, (squared distances, ids) [B, k], of the best so far and a block y."""
  near, _ = squared(x - centre, y - centre)
  near = jnp.where((i[:, None] != j[None]) & (j[None] >= 0), near, jnp.inf)
  ids = jnp.concatenate([best[1], jnp.broadcast_to(j[None], near.shape)], 1)
  near = jnp.concatenate([best[0], near], 1)
  minus, at = jax.lax.top_k(-near, best[0].shape[1])
  return -minus, jnp.take_along_axis(ids, at, 1)


def direct(x: np.ndarray, y: np.ndarray, index: np.ndarray) -> Neighbours:
  """Neighbours `index` of x, [n, k], measured by direct difference and sorted again."""
  distance = np.stack([np.linalg.norm(x - y[j], axis=1) for j in index.T], 1)
  order = np.argsort(distance, axis=1, kind='stable')
  return Neighbours(*(np.take_along_axis(a, order, 1) for a in (distance, index)))
