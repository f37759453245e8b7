"""Nearest neighbours by exact search, block against block, on the host in float64.

|x - y|^2 = |x|^2 + |y|^2 - 2 x.y is one matrix product, whose rounding depends on |x|, not on
the distance. In float32 one outlier, or clusters far apart, hide all that is near. So examples
are centred, products are float64, and what is near the edge of a decision is measured again by
direct difference: duplicates are no distance apart.
"""
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array

BLOCK = 1024  # examples a block: 160 MB of distances to 20,000
PAIRS = 2 ** 23  # numbers that are subtracted at a time: 64 MB
ROUNDING = 2e-14  # of |x|^2 + |y|^2: five times the largest error seen at d = 2048
SPARE = 4  # candidates beside the k nearest, whose order rounding may have changed


class Neighbours(NamedTuple):
  """The nearest of each of n examples, nearest first."""
  distance: np.ndarray  # float64 [n, k], 0 for duplicates
  index: np.ndarray  # int64 [n, k]


class Centred(NamedTuple):
  """Examples about a common centre."""
  x: np.ndarray  # float64 [N, d]
  size: np.ndarray  # |x|^2 [N]


def centred(*sets: Array) -> list[Centred]:
  """Sets [N, d] about the mean of the first, in float64."""
  middle = np.asarray(sets[0], np.float64).mean(0)
  moved = [np.asarray(x, np.float64) - middle for x in sets]
  return [Centred(x, np.einsum('ij,ij->i', x, x)) for x in moved]


def squared(x: Centred, y: Centred) -> tuple[np.ndarray, np.ndarray]:
  """|x_i - y_j|^2 [n, m], and the most that rounding may have added."""
  size = x.size[:, None] + y.size[None]
  return np.maximum(size - 2 * (x.x @ y.x.T), 0), ROUNDING * size


def direct(x: np.ndarray, i: np.ndarray, y: np.ndarray, j: np.ndarray) -> np.ndarray:
  """|x_i - y_j|^2 [P] of pairs, by difference: the same number for the same two examples."""
  step = max(1, PAIRS // x.shape[1])
  return np.concatenate([((x[i[at:at + step]] - y[j[at:at + step]]) ** 2).sum(1)
                         for at in range(0, max(len(i), 1), step)])


def blocks(x: Centred) -> Iterator[tuple[int, Centred]]:
  """(the index of its first, a block) of the examples."""
  for at in range(0, len(x.x), BLOCK):
    yield at, Centred(x.x[at:at + BLOCK], x.size[at:at + BLOCK])


def nearest(x: Array, y: Array, k: int, itself: bool = False) -> Neighbours:
  """The k nearest in y [m, d] of each in x [n, d]; of equally near ones the first.

  With `itself`, x is y, and no example is its own neighbour. Raises Failure if y has not k
  (other) examples, or k is below 1.
  """
  have = len(y) - itself
  if not 1 <= k <= have:
    raise Failure(f'the {k} nearest of {have} others cannot be had: ask for 1 to {have}')
  every, = centred(y)
  moved = every if itself else centred(y, x)[1]
  parts = []
  for at, block in blocks(moved):
    near, _ = squared(block, every)
    rows = np.arange(len(near))
    if itself:
      near[rows, at + rows] = np.inf
    some = min(k + SPARE, have)
    found = np.sort(np.argpartition(near, some - 1, axis=1)[:, :some], axis=1)
    exact = direct(block.x, rows.repeat(some), every.x, found.ravel()).reshape(found.shape)
    order = np.argsort(exact, axis=1, kind='stable')[:, :k]
    parts.append((np.sqrt(np.take_along_axis(exact, order, 1)),
                  np.take_along_axis(found, order, 1)))
  return Neighbours(*map(np.concatenate, zip(*parts)))
