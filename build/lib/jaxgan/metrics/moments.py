"""Mean and covariance of features, batch by batch, on any number of devices.

With a fixed vector c near the mean, s = sum (x - c) and G = sum (x - c)(x - c)^T,

  mean = c + s / n    cov = (G - s s^T / n) / (n - 1)

Without c, float32 loses what a large mean has in common (a trace of 24 for 20, at mean
1000), and TF32, JAX's default on GPUs, more: hence c and `precision='highest'`.
"""
import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.metrics import sets
from jaxgan.types import Array


class Moments(NamedTuple):
  """Sums over examples: float32 (n: int32) on devices, float64 on hosts."""
  n: Array  # []
  shift: Array  # c [d]: the reference's mean, or that of the first batch
  total: Array  # s [d]
  gram: Array  # G [d, d]


class Gaussian(NamedTuple):
  """What a Frechet distance sees of a set, float64."""
  n: float  # how many examples; inf if mean and cov are the distribution's own
  mean: np.ndarray  # [d]
  cov: np.ndarray  # [d, d], divided by n - 1


def start(shift: Array) -> Moments:
  """No examples yet. Parts to be merged, on devices or in time, need one shift [d]."""
  shift = jnp.asarray(shift, jnp.float32)
  return Moments(jnp.int32(0), shift, jnp.zeros_like(shift), jnp.zeros(2 * shift.shape))


@jax.jit
def update(m: Moments, x: Array, mask: Array) -> Moments:
  """Adds those of x [B, d] where mask, bool [B], is set: a padded last batch counts exactly.

  x and mask may be sharded over devices by example.
  """
  moved = jnp.where(mask[:, None], x.astype(jnp.float32) - m.shift[None], 0)
  gram = jnp.einsum('bi,bj->ij', moved, moved, precision='highest')
  return m._replace(n=m.n + mask.sum(), total=m.total + moved.sum(0), gram=m.gram + gram)


def merge(a: Moments, b: Moments) -> Moments:
  """The examples of both, which have one shift. For NumPy and, in jit, for JAX."""
  return a._replace(n=a.n + b.n, total=a.total + b.total, gram=a.gram + b.gram)


def merge_all(parts: Sequence[Moments]) -> Moments:
  """The examples of all parts, on the host in float64.

  float32 sums lose a digit every ten thousand examples or so: move them here that often.
  Raises ValueError if the parts have not one shift.
  """
  parts = [jax.tree.map(lambda a: np.asarray(a, np.float64), part) for part in parts]
  if any((part.shift != parts[0].shift).any() for part in parts):
    raise ValueError('moments of different shifts do not add up: start all with one')
  return functools.reduce(merge, parts)


def finalise(m: Moments) -> Gaussian:
  """Mean and covariance, on the host. Raises Failure if n < 2 or a feature was not finite."""
  n, shift, total, gram = merge_all([m])
  if n < 2 or not np.isfinite(gram).all():
    raise Failure(f'moments of {n:g} examples, '
                  f'{"finite" if np.isfinite(gram).all() else "NaN or infinity among them"}: '
                  'needs at least 2, all finite; look at the features')
  return Gaussian(int(n), shift + total / n, (gram - np.outer(total, total) / n) / (n - 1))


def of(x: Array, name: str = 'the set') -> Gaussian:
  """The same of features x [N, d] at once, in float64. Raises Failure for what `check` does."""
  sets.check('mean and covariance', 2, **{name: x})
  x = np.asarray(x, np.float64)
  mean = x.mean(0)
  x = x - mean
  return Gaussian(len(x), mean, x.T @ x / (len(x) - 1))
