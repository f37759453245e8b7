"""Fidelity and diversity apart: which samples lie in balls around which others.

A ball reaches from its centre to the k-th nearest other of the centre's set. Of n_real and
n_fake examples:

  precision  share of fakes in any real's ball        recall    share of reals in any fake's
  density    mean number of reals' balls around a     coverage  share of reals whose ball
             fake, divided by k                                 holds a fake

Precision and recall (Kynkaanniemi et al., 2019, arXiv:1904.06991) take closed balls, density
and coverage (Naeem et al., 2020, arXiv:2002.09797) open ones: that matters for duplicates.
Squared distances are float64, and those within rounding of a radius are measured again by
direct difference: a tie is a tie. All depend on k, n_real and n_fake.
"""
from collections.abc import Callable

import numpy as np

from jaxgan.metrics import sets
from jaxgan.metrics.neighbours import blocks, centred, direct, nearest, squared
from jaxgan.types import Array

Ball = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (distances, radii), squared -> bool


def precision_recall(real: Array, fake: Array, k: int = 3) -> tuple[float, float]:
  """(precision, recall) of features [n, d]. Raises Failure if a set has not k + 1 examples."""
  sets.at_least('precision and recall', k=(k, 1))
  sets.check(f'precision and recall (k={k})', k + 1, real=real, fake=fake)
  around_fake, _ = members(real, k, fake, np.less_equal)
  around_real, _ = members(fake, k, real, np.less_equal)
  return float((around_fake > 0).mean()), float((around_real > 0).mean())


def density_coverage(real: Array, fake: Array, k: int = 5) -> tuple[float, float]:
  """(density, coverage) of features [n, d]. Raises Failure if real has not k + 1 examples."""
  sets.at_least('density and coverage', k=(k, 1))
  sets.check(f'density and coverage (k={k})', k + 1, real=real)
  sets.check('density and coverage', 1, real=real, fake=fake)
  around_fake, held = members(real, k, fake, np.less)
  return float(around_fake.mean() / k), float((held > 0).mean())


def members(centres: Array, k: int, points: Array, inside: Ball
            ) -> tuple[np.ndarray, np.ndarray]:
  """(the number of balls around each point, the number of points in each ball)."""
  index = nearest(centres, centres, k, itself=True).index[:, -1]
  centres, points = centred(centres, points)
  radius = direct(centres.x, np.arange(len(index)), centres.x, index)  # squared
  around, held = np.zeros(len(points.x), int), np.zeros(len(index), int)
  for at, block in blocks(centres):
    reach = radius[at:at + len(block.x)]
    apart, rounding = squared(block, points)
    found = inside(apart, reach[:, None])
    i, j = np.nonzero(np.abs(apart - reach[:, None]) <= rounding)
    found[i, j] = inside(direct(block.x, i, points.x, j), reach[i])
    around += found.sum(0)
    held[at:at + len(reach)] = found.sum(1)
  return around, held
