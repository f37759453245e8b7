"""Kernel distance: unbiased MMD^2 of a cubic kernel (Binkowski et al., 2018, arXiv:1801.01401).

k(x, y) = (x.y / d + 1)^3, and for x_1..x_n, y_1..y_m

  KD = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)

of Inception features known as KID. Unbiased, so it may be negative. Kernels are float32 on
the device, sums over blocks float64 on the host. A constant near mean k, taken from each
kernel, cancels exactly in KD and leaves float32 the digits that count.
"""
import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.metrics import sets
from jaxgan.types import Array

BLOCK = 4096  # 64 MB a block of the kernel


def distance(x: Array, y: Array) -> float:
  """KD of x [n, d] and y [m, d], in blocks: any n, m > 1. Raises Failure as `check` does."""
  sets.check('kernel distance', 2, x=x, y=y)
  x, y = np.asarray(x), np.asarray(y)
  level = kernel(jnp.asarray(x[:1024]), jnp.asarray(y[:1024])).mean()
  n, m = len(x), len(y)
  within = lambda a: total(a, a, level, 0) / (len(a) * (len(a) - 1))
  return float(within(x) + within(y) - 2 * total(x, y, level, n) / (n * m))


def total(x: np.ndarray, y: np.ndarray, level: Array, first: int) -> float:
  """The sum of k - level over pairs, without those of one id; the ids of y count from first."""
  return sum(np.asarray(row_sums(*a, *b, level), np.float64).sum()
             for a in sets.blocks(x, BLOCK) for b in sets.blocks(y, BLOCK, first))


@jax.jit
def row_sums(x: Array, i: Array, y: Array, j: Array, level: Array) -> Array:
  """Sums [B] over a block y of k - level."""
  pairs = (i[:, None] != j[None]) & (i[:, None] >= 0) & (j[None] >= 0)
  return jnp.where(pairs, kernel(x, y) - level, 0).sum(1)


def kernel(x: Array, y: Array) -> Array:
  """k [n, m] in float32."""
  x, y = x.astype(jnp.float32), y.astype(jnp.float32)
  return (jnp.matmul(x, y.T, precision='highest') / x.shape[1] + 1) ** 3


def blocks(x: Array, y: Array, seed: int = 0, size: int = 1000) -> tuple[float, float]:
  """(mean, standard error of the mean) of KD over disjoint blocks, as TF-GAN does.

  Both sets are shuffled and cut into the same number of equal blocks, at least two, of at
  most `size`: each example counts once, n and m may differ, and the blocks are independent.
  """
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
  sets.check(f'kernel distance of subsets of {size}', size, x=x, y=y)
  x, y, draw = np.asarray(x), np.asarray(y), np.random.RandomState(seed)
  pick = lambda a: a[draw.choice(len(a), size, replace=False)]
  found = [distance(pick(x), pick(y)) for _ in range(subsets)]
  return float(np.mean(found)), float(np.std(found))
