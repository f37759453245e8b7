"""Fidelity and diversity apart: which samples lie in balls around which others.

A ball reaches from its centre to the k-th nearest other of the centre's set. Of n_real and
n_fake examples:

  precision  share of fakes in any real's ball        recall    share of reals in any fake's
  density    mean number of reals' balls around a     coverage  share of reals whose ball
             fake, divided by k                                 holds a fake

Precision and recall (Kynkaanniemi et al., 2019, arXiv:1904.06991) take closed balls, density
and coverage (Naeem et al., 2020, arXiv:2002.09797) open ones: that matters for duplicates.
Distances equal within float32 rounding count as equal. All depend on k, n_real and n_fake.
"""
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.metrics import sets
from jaxgan.metrics.neighbours import BLOCK, middle, nearest, squared
from jaxgan.types import Array

Ball = Callable[[Array, Array, Array], Array]  # (distances, radii, rounding), squared -> bool


def closed(d2: Array, r2: Array, rounding: Array) -> Array:
  """d <= r."""
  return d2 <= r2 + rounding


def open_(d2: Array, r2: Array, rounding: Array) -> Array:
  """d < r."""
  return d2 < r2 - rounding


def precision_recall(real: Array, fake: Array, k: int = 3) -> tuple[float, float]:
  """(precision, recall) of features [n, d]. Raises Failure if a set has not k + 1 examples."""
  sets.check(f'precision and recall (k={k})', k + 1, real=real, fake=fake)
  around_fake, _ = members(real, k, fake, closed)
  around_real, _ = members(fake, k, real, closed)
  return float((around_fake > 0).mean()), float((around_real > 0).mean())


def density_coverage(real: Array, fake: Array, k: int = 5) -> tuple[float, float]:
  """(density, coverage) of features [n, d]. Raises Failure if real has not k + 1 examples."""
  sets.check(f'density and coverage (k={k})', k + 1, real=real)
  sets.check('density and coverage', 1, real=real, fake=fake)
  around_fake, held = members(real, k, fake, open_)
  return float(around_fake.mean() / k), float((held > 0).mean())


def members(centres: Array, k: int, points: Array, ball: Ball) -> tuple[np.ndarray, np.ndarray]:
  """(the number of balls around each point, the number of points in each ball)."""
  centres, points = np.asarray(centres, np.float32), np.asarray(points, np.float32)
  radius = nearest(centres, centres, k, itself=True).distance[:, -1]
  around, held = np.zeros(len(points), int), np.zeros(len(centres), int)
  others, centre = list(sets.blocks(points, BLOCK)), middle(centres)
  for block, i in sets.blocks(centres, BLOCK):
    reach = jnp.asarray(radius)[i]
    for other, j in others:
      inside = jax.device_get(count(ball, block, i, reach, other, j, centre))
      for counts, ids, new in zip((around, held), (j, i), inside):
        counts[ids[ids >= 0]] += new[ids >= 0]
  return around, held


@functools.partial(jax.jit, static_argnums=0)
def count(ball: Ball, x: Array, i: Array, radius: Array, y: Array, j: Array, centre: Array
          ) -> tuple[Array, Array]:
  """One block of `members`: balls x around each of y [B'], y in each ball x [B]."""
  d2, rounding = squared(x - centre, y - centre)
  inside = ball(d2, radius[:, None] ** 2, rounding)
  inside &= (i[:, None] >= 0) & (j[None] >= 0)
  return inside.sum(0), inside.sum(1)
