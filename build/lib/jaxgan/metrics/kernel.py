"""Kernel distance: unbiased MMD^2 of a cubic kernel (Binkowski et al., 2018, arXiv:1801.01401).

k(x, y) = (x.y / d + 1)^3, and for x_1..x_n, y_1..y_m

  KD = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)

of Inception features known as KID. Unbiased, so it may be negative. With x = c + a, y = c + b,
c near all of them, and P = 1 + c.c/d, the kernel is

  (P + t)^3, t = (c.a + c.b + a.b) / d:   KD = 3 P^2 KD[a.b/d] + 3 P KD[t^2] + KD[t^3]

for what depends on one example alone cancels. So the digits that count stay, however far the
features are from 0. All is float64.
"""
import numpy as np

from jaxgan.metrics import sets
from jaxgan.types import Array

BLOCK = 1024  # examples a block


def distance(x: Array, y: Array) -> float:
  """KD of x [n, d] and y [m, d], in blocks: any n, m > 1. Raises Failure as `check` does."""
  sets.check('kernel distance', 2, x=x, y=y)
  x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
  d, n, m = x.shape[1], len(x), len(y)
  c = (x.mean(0) + y.mean(0)) / 2
  x, y = x - c, y - c
  level = 1 + c @ c / d
  means = (within(x, c) / (n * (n - 1)) + within(y, c) / (m * (m - 1))
           - 2 * between(x, y, c) / (n * m))
  return float(3 * level ** 2 * means[0] + 3 * level * means[1] + means[2])


def within(x: np.ndarray, c: np.ndarray) -> np.ndarray:
  """`between` all pairs of two different examples of one set; it is symmetric."""
  cut = [x[at:at + BLOCK] for at in range(0, len(x), BLOCK)]
  return sum((2 - (i == j)) * powers(a, b, c, itself=i == j)
             for i, a in enumerate(cut) for j, b in enumerate(cut) if i <= j)


def between(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> np.ndarray:
  """The sums [3] over all pairs of a.b/d, t^2, t^3."""
  return sum(powers(x[i:i + BLOCK], y[j:j + BLOCK], c)
             for i in range(0, len(x), BLOCK) for j in range(0, len(y), BLOCK))


def powers(a: np.ndarray, b: np.ndarray, c: np.ndarray, itself: bool = False) -> np.ndarray:
  """The same of one block; with `itself` without each example's pair with itself."""
  product = a @ b.T / len(c)
  t = product + (a @ c / len(c))[:, None] + (b @ c / len(c))[None]
  if itself:
    np.fill_diagonal(product, 0)
    np.fill_diagonal(t, 0)
  square = t * t
  return np.array([product.sum(), square.sum(), np.einsum('ij,ij->', square, t)])


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
  x, y, draw = np.asarray(x), np.asarray(y), np.random.RandomState(seed)
  pick = lambda a: a[draw.choice(len(a), size, replace=False)]
  found = [distance(pick(x), pick(y)) for _ in range(subsets)]
  return float(np.mean(found)), float(np.std(found))
