"""Nearest neighbours by exact search, block against block, on the host.

|x - y|^2 = |x|^2 + |y|^2 - 2 x.y is one matrix product, whose rounding depends on |x|, not on
the distance: one outlier, or clusters far apart, hide all that is near. So examples are
centred, and a product decides only what its rounding cannot change. It is float32 first, which
is twice as fast; where too much is left, float64; what is left then is measured by direct
difference, in float64: a tie is a tie, and duplicates are no distance apart.
"""
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array

BLOCK = 1024  # examples a block: 40 MB of float32 distances to 10,000
PAIRS = 2 ** 23  # numbers that are subtracted at a time: 64 MB
ROUNDING = {np.float32: 2e-6, np.float64: 2e-14}  # of |x|^2 + |y|^2: five times the largest
# error seen at d = 2048
SPARE = 4  # candidates beside the k nearest, whose order rounding may have changed
GROUP = 16  # columns that are looked at together when the smallest are sought
MANY = 1e-4  # of all pairs: more are not measured one by one, but by a float64 product


class Neighbours(NamedTuple):
  """The nearest of each of n examples, nearest first."""
  distance: np.ndarray  # float64 [n, k], 0 for duplicates
  index: np.ndarray  # int64 [n, k]


class Centred(NamedTuple):
  """Examples about a common centre, in units that keep squares within float32."""
  x: np.ndarray  # float64 [N, d]
  size: np.ndarray  # |x|^2 [N], float64
  rough: np.ndarray  # x, float32

  def subset(self, rows) -> 'Centred':
    return Centred(self.x[rows], self.size[rows], self.rough[rows])


def centred(*sets: Array) -> tuple[float, list[Centred]]:
  """(unit, sets [N, d] about the mean of the first, divided by the unit, a power of two)."""
  middle = np.asarray(sets[0], np.float64).mean(0)
  moved = [np.asarray(x, np.float64) - middle for x in sets]
  largest = max((np.abs(x).max(initial=0) for x in moved), default=0)
  unit = 2. ** np.ceil(np.log2(largest)) if largest else 1.
  moved = [x / unit for x in moved]
  return unit, [Centred(x, np.einsum('ij,ij->i', x, x), x.astype(np.float32)) for x in moved]


def squared(x: Centred, y: Centred, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
  """|x_i - y_j|^2 [n, m] by a product of this dtype, and the most that rounding may have added
  or taken."""
  a, b = (x.x, y.x) if dtype is np.float64 else (x.rough, y.rough)
  size = x.size.astype(dtype)[:, None] + y.size.astype(dtype)[None]
  found = a @ b.T
  found *= dtype(-2)
  found += size
  size *= dtype(ROUNDING[dtype])
  return np.maximum(found, dtype(0), out=found), size


def direct(x: np.ndarray, i: np.ndarray, y: np.ndarray, j: np.ndarray) -> np.ndarray:
  """|x_i - y_j|^2 [P] of pairs, by difference: the same number for the same two examples."""
  step = max(1, PAIRS // x.shape[1])
  return np.concatenate([((x[i[at:at + step]] - y[j[at:at + step]]) ** 2).sum(1)
                         for at in range(0, max(len(i), 1), step)])


def blocks(x: Centred) -> Iterator[tuple[int, Centred]]:
  """(the index of its first, a block) of the examples."""
  for at in range(0, len(x.x), BLOCK):
    yield at, x.subset(slice(at, at + BLOCK))


def nearest(x: Array, y: Array, k: int, itself: bool = False) -> Neighbours:
  """The k nearest in y [m, d] of each in x [n, d]; of equally near ones the first.

  With `itself`, x is y, and no example is its own neighbour. Raises Failure if y has not k
  (other) examples, or k is below 1.
  """
  have = len(y) - itself
  if not 1 <= k <= have:
    raise Failure(f'the {k} nearest of {have} others cannot be had: ask for 1 to {have}')
  unit, (every, *other) = centred(y) if itself else centred(y, x)
  parts = []
  for at, block in blocks(every if itself else other[0]):
    alone = at + np.arange(len(block.x)) if itself else None
    exact, index, sure = candidates(block, every, k, alone, np.float32)
    if unsure := np.flatnonzero(~sure).tolist():
      again = None if alone is None else alone[unsure]
      exact[unsure], index[unsure], _ = candidates(block.subset(unsure), every, k, again,
                                                   np.float64)
    parts.append((np.sqrt(exact) * unit, index))
  return Neighbours(*map(np.concatenate, zip(*parts)))


def candidates(block: Centred, every: Centred, k: int, alone: np.ndarray | None, dtype: type
               ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """(squared distances [n, k], indices [n, k], whether rounding has hidden none that is nearer
  [n]): the nearest of some that a product finds, by direct difference. `alone` are the
  examples' own indices."""
  near, rounding = squared(block, every, dtype)
  rows = np.arange(len(near))
  if alone is not None:
    near[rows, alone] = np.inf
  have = near.shape[1] - (alone is not None)
  some = min(k + SPARE, have)
  found = smallest(near, some)
  edge = np.take_along_axis(near, found, 1).max(1)  # all others are as far at least
  found = np.sort(found, axis=1)
  exact = direct(block.x, rows.repeat(some), every.x, found.ravel()).reshape(found.shape)
  order = np.argsort(exact, axis=1, kind='stable')[:, :k]
  exact = np.take_along_axis(exact, order, 1)
  sure = (exact[:, -1] < edge - rounding.max(1)) | (some == have)
  return exact, np.take_along_axis(found, order, 1), sure


def smallest(a: np.ndarray, k: int) -> np.ndarray:
  """The columns of the k smallest numbers of each row of a [n, m], [n, k], in no order.

  These are in the k groups of columns whose smallest are the smallest: few are looked through.
  """
  groups = a.shape[1] // GROUP
  if groups < 4 * k:
    return np.argpartition(a, k - 1, axis=1)[:, :k]
  least = a[:, :groups * GROUP].reshape(len(a), GROUP, groups).min(1)  # column j: j % groups
  chosen = np.argpartition(least, k - 1, axis=1)[:, :k, None] + groups * np.arange(GROUP)
  rest = np.arange(groups * GROUP, a.shape[1])
  columns = np.concatenate([chosen.reshape(len(a), -1),
                            np.broadcast_to(rest, (len(a), len(rest)))], axis=1)
  best = np.argpartition(np.take_along_axis(a, columns, 1), k - 1, axis=1)[:, :k]
  return np.take_along_axis(columns, best, 1)


Question = tuple[np.ndarray, np.ufunc]  # (radii, squared: [n, 1] or [1, m]; np.less, ..)


def within(block: Centred, points: Centred, *questions: Question) -> list[np.ndarray]:
  """Which pairs are within which radii, bool [n, m] a question, exactly."""
  apart, rounding = squared(block, points, np.float32)
  return [decided(block, points, apart, rounding, *question) for question in questions]


def decided(block: Centred, points: Centred, apart: np.ndarray, rounding: np.ndarray,
            reach: np.ndarray, inside: np.ufunc) -> np.ndarray:
  """`within`, of one question, by distances that are known up to their rounding."""
  close = np.abs(apart - reach.astype(apart.dtype)) <= rounding
  if apart.dtype != np.float64 and np.count_nonzero(close) > MANY * close.size:
    return decided(block, points, *squared(block, points), reach, inside)
  found = inside(apart, reach.astype(apart.dtype))
  i, j = np.nonzero(close)
  reach = np.broadcast_to(reach, found.shape)[i, j]
  found[i, j] = inside(direct(block.x, i, points.x, j), reach)
  return found
