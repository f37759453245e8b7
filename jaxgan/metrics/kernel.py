"""Kernel distance: unbiased MMD^2 of a cubic kernel (Binkowski et al., 2018, arXiv:1801.01401).

k(x, y) = (x.y / d + 1)^3, and for x_1..x_n, y_1..y_m

  KD = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)

of Inception features known as KID. Unbiased, so it may be negative. With x = c + a, y = c + b,
c near all of them, and P = 1 + c.c/d, the kernel is

  (P + t)^3, t = (c.a + c.b + a.b) / d:   KD = 3 P^2 KD[a.b/d] + 3 P KD[t^2] + KD[t^3]

for what depends on one example alone cancels. So the digits that count stay, however far the
features are from 0. KD[a.b/d] needs sums alone, and no pairs. Products of a and b are float32,
sums and all else float64.
"""
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jaxgan.metrics import sets
from jaxgan.types import Array

BLOCK = 1024  # examples a block
LARGE = 1e9  # features so large that the cube of a kernel leaves float32: then all is float64


class Centred(NamedTuple):
  """Examples about c, divided by the root of d."""
  total: np.ndarray  # the sum of a, float64 [d]
  size: np.ndarray  # a.a, float64 [n]
  rough: np.ndarray  # a, float32 [n, d]
  along: np.ndarray  # c.a, float32 [n]; t is their sum for two examples, and a.b

  def subset(self, rows, total: np.ndarray) -> 'Centred':
    """Some of them, whose sum is given."""
    return Centred(total, *(a[rows] for a in self[1:]))


def distance(x: Array, y: Array) -> float:
  """KD of x [n, d] and y [m, d], in blocks: any n, m > 1. Raises Failure as `check` does."""
  sets.check('kernel distance', 2, x=x, y=y)
  level, *both = centred(x, y)
  return of(level, *(one for one, _ in both))


def centred(x: Array, y: Array) -> tuple:
  """(P, and of each set: it about c, and its a in float64)."""
  x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
  root = np.sqrt(x.shape[1])
  c = (x.mean(0) + y.mean(0)) / 2
  x, y, c = (x - c) / root, (y - c) / root, c / root
  sizes = [np.einsum('ij,ij->i', a, a) for a in (x, y)]
  most = max(size.max() for size in sizes) * (1 + np.sqrt(c @ c))
  dtype = np.float32 if most < LARGE else np.float64
  return 1 + c @ c, *((Centred(a.sum(0), size, a.astype(dtype), (a @ c).astype(dtype)), a)
                      for a, size in zip((x, y), sizes))


def of(level: float, x: Centred, y: Centred) -> float:
  """KD of two sets about c, of P = `level`."""
  n, m = len(x.size), len(y.size)
  squares, cubes = (within(x) / (n * (n - 1)) + within(y) / (m * (m - 1))
                    - 2 * between(x, y) / (n * m))
  return float(3 * level ** 2 * linear(x, y) + 3 * level * squares + cubes)


def linear(x: Centred, y: Centred) -> float:
  """KD[a.b/d]: the sum over pairs of a.b is |sum a|^2."""
  def pairs(one):
    n = len(one.size)
    return (one.total @ one.total - one.size.sum()) / (n * (n - 1))
  return pairs(x) + pairs(y) - 2 * (x.total @ y.total) / (len(x.size) * len(y.size))


def within(x: Centred) -> np.ndarray:
  """`between` all pairs of two different examples of one set; it is symmetric."""
  cut = parts(x)
  return sum((2 - (i == j)) * powers(a, b, itself=i == j)
             for i, a in enumerate(cut) for j, b in enumerate(cut) if i <= j)


def between(x: Centred, y: Centred) -> np.ndarray:
  """The sums [2] over all pairs of t^2, t^3."""
  return sum(powers(a, b) for a in parts(x) for b in parts(y))


def parts(x: Centred) -> list[Centred]:
  return [x.subset(slice(at, at + BLOCK), x.total) for at in range(0, len(x.size), BLOCK)]


def powers(a: Centred, b: Centred, itself: bool = False) -> np.ndarray:
  """The same of one block; with `itself` without each example's pair with itself."""
  t = a.rough @ b.rough.T
  t += a.along[:, None]
  t += b.along[None]
  if itself:
    np.fill_diagonal(t, 0)
  square = t * t
  return np.array([square.sum(1).sum(dtype=np.float64),
                   np.einsum('ij,ij->i', square, t).sum(dtype=np.float64)])


def blocks(x: Array, y: Array, seed: int = 0, size: int = 1000) -> tuple[float, float]:
  """(mean, standard error of the mean) of KD over disjoint blocks, as TF-GAN does.

  Both sets are shuffled and cut into the same number of equal blocks, at least two, of at
  most `size`: each example counts once, n and m may differ, and the blocks are independent.
  """
  sets.at_least('kernel distance in blocks', size=(size, 2))
  count = max(2, -(-max(len(x), len(y)) // size))
  sets.check(f'kernel distance in {count} blocks', 2 * count, x=x, y=y)
  draw = np.random.default_rng(seed)
  cut = lambda a: np.array_split(np.asarray(a)[draw.permutation(len(a))], count)
  found = [distance(a, b) for a, b in zip(cut(x), cut(y))]
  return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(count))


def subsets(x: Array, y: Array, seed: int = 2020, subsets: int = 100, size: int = 1000
            ) -> tuple[float, float]:
  """(mean, standard deviation) of KD over random subsets: KID as most papers report it.

  Draws, without replacement in a subset, the very subsets that torch-fidelity draws. They
  overlap: the deviation is not an error of the mean, for which see `blocks`.
  """
  sets.at_least('kernel distance of subsets', subsets=(subsets, 1), size=(size, 2))
  sets.check(f'kernel distance of subsets of {size}', size, x=x, y=y)
  (level, *both), draw = centred(x, y), np.random.RandomState(seed)
  rows = [[draw.choice(len(a), size, replace=False) for _, a in both] for _ in range(subsets)]
  x, y = (picked(one, a, ids) for (one, a), ids in zip(both, zip(*rows)))
  found = [of(level, *pair) for pair in zip(x, y)]
  return float(np.mean(found)), float(np.std(found))


def picked(one: Centred, a: np.ndarray, rows: Sequence[np.ndarray]) -> Iterator[Centred]:
  """These subsets of a set, one after the other; their sums are one product."""
  chosen = np.zeros((len(rows), len(a)))
  for row, ids in zip(chosen, rows):
    row[ids] = 1
  for ids, total in zip(rows, chosen @ a):
    yield one.subset(ids, total)
