"""Fidelity and diversity apart: which samples lie in balls around which others.

A ball reaches from its centre to the k-th nearest other of the centre's set. Of n_real and
n_fake examples:

  precision  share of fakes in any real's ball        recall    share of reals in any fake's
  density    mean number of reals' balls around a     coverage  share of reals whose ball
             fake, divided by k                                 holds a fake

Precision and recall (Kynkaanniemi et al., 2019, arXiv:1904.06991) take closed balls, density
and coverage (Naeem et al., 2020, arXiv:2002.09797) open ones: that matters for duplicates.
Which distance is the greater is decided exactly (`neighbours.within`): a tie is a tie. All
depend on k, n_real and n_fake.
"""
from typing import NamedTuple

import numpy as np

from jaxgan.metrics import sets
from jaxgan.metrics.neighbours import blocks, centred, direct, nearest, within
from jaxgan.types import Array


class Four(NamedTuple):
  precision: float
  recall: float
  density: float
  coverage: float


def precision_recall(real: Array, fake: Array, k: int = 3) -> tuple[float, float]:
  """(precision, recall) of features [n, d]. Raises Failure if a set has not k + 1 examples."""
  sets.at_least('precision and recall', k=(k, 1))
  sets.check(f'precision and recall (k={k})', k + 1, real=real, fake=fake)
  return measured(real, fake, k, None)[:2]


def density_coverage(real: Array, fake: Array, k: int = 5) -> tuple[float, float]:
  """(density, coverage) of features [n, d]. Raises Failure if real has not k + 1 examples."""
  sets.at_least('density and coverage', k=(k, 1))
  sets.check(f'density and coverage (k={k})', k + 1, real=real)
  sets.check('density and coverage', 1, real=real, fake=fake)
  return measured(real, fake, None, k)[2:]


def all_four(real: Array, fake: Array, closed: int = 3, open: int = 5) -> Four:
  """Precision and recall by k = `closed`, density and coverage by k = `open`, in half the time
  of one after the other. Raises Failure as they do."""
  sets.at_least('precision, recall, density and coverage', k=(min(closed, open), 1))
  sets.check(f'density and coverage (k={open})', open + 1, real=real)
  sets.check(f'precision and recall (k={closed})', closed + 1, real=real, fake=fake)
  return measured(real, fake, closed, open)


def measured(real: Array, fake: Array, closed: int | None, open: int | None) -> Four:
  """Those of the four whose k is given; the others are nan."""
  others = nearest(real, real, max(filter(None, (closed, open))), itself=True).index
  _, (x, y) = centred(real, fake)
  reach = lambda one, index: direct(one.x, np.arange(len(index)), one.x, index)
  n, m = len(x.x), len(y.x)
  precise, recalled, held, count = np.zeros(m, bool), np.zeros(n, bool), np.zeros(n, bool), 0
  if closed:
    of_real = reach(x, others[:, closed - 1])[:, None]
    of_fake = reach(y, nearest(fake, fake, closed, itself=True).index[:, -1])[None]
  if open:
    of_open = reach(x, others[:, open - 1])[:, None]
  for at, block in blocks(x):
    rows = slice(at, at + len(block.x))
    asked = [(of_real[rows], np.less_equal), (of_fake, np.less_equal)] if closed else []
    asked += [(of_open[rows], np.less)] if open else []
    found = within(block, y, *asked)
    if closed:
      precise |= found[0].any(0)
      recalled[rows] = found[1].any(1)
    if open:
      count += int(np.count_nonzero(found[-1]))
      held[rows] = found[-1].any(1)
  of_closed = (precise.mean(), recalled.mean()) if closed else (np.nan, np.nan)
  of_balls = (count / m / open, held.mean()) if open else (np.nan, np.nan)
  return Four(*map(float, (*of_closed, *of_balls)))
