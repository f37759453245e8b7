"""The order of the data: a pure function of (seed, position), so resume needs no iterator.

The stream is epoch after epoch, each a permutation of all examples; a batch may straddle
two epochs, and none is dropped.
"""
import functools

import numpy as np


def ids(n: int, seed: int, start: int, count: int) -> np.ndarray:
  """Which of n examples stand at positions start .. start + count of the stream: int64."""
  first, last = start // n, (start + count - 1) // n
  stream = [permutations(n, seed)(epoch) for epoch in range(first, last + 1)]
  return np.concatenate(stream)[start - first * n:][:count]


@functools.cache
def permutations(n: int, seed: int):
  """`permutation`, that keeps two epochs of each of many runs."""
  return functools.lru_cache(maxsize=2)(functools.partial(permutation, n, seed))


def permutation(n: int, seed: int, epoch: int) -> np.ndarray:
  """The order of one epoch: int64 [n]. Raw generator bits, for NumPy keeps their stream
  between versions, which it does not promise of its `permutation`."""
  key = np.array([seed % 2**64, epoch], np.uint64)
  bits = np.random.Philox(key=key).random_raw(n)
  return np.argsort(bits, kind='stable')


class Draws:
  """Numbers that are drawn one after the other, by (seed, place) alone: raw generator bits, as
  above."""

  def __init__(self, place: int, seed: int):
    self.bits = np.random.Philox(key=np.array([place, seed % 2**64], np.uint64))

  def uniform(self, low: float = 0., high: float = 1.) -> float:
    """low <= number < high."""
    return low + (high - low) * float(self.bits.random_raw() >> 11) * 2.**-53

  def integer(self, low: int, high: int) -> int:
    """low <= number <= high."""
    return low + int(self.bits.random_raw() % (high - low + 1))


def words(at: np.ndarray, seed: int, stream: int) -> np.ndarray:
  """Four random words for each place, uint64 [.., 4], by (seed, stream, place) alone: one
  counter's block of Philox a place, so that many neighbouring places cost one call."""
  flat = np.ravel(at).astype(np.int64)
  key = np.array([seed % 2**64, stream], np.uint64)

  def blocks(first, count):
    return np.random.Philox(key=key, counter=[int(first), 0, 0, 0]).random_raw(
        4 * int(count)).reshape(-1, 4)
  if not len(flat):
    return np.zeros((*np.shape(at), 4), np.uint64)
  first, span = flat.min(), np.ptp(flat) + 1
  if span <= 8 * len(flat):
    found = blocks(first, span)[flat - first]
  else:
    found = np.concatenate([blocks(place, 1) for place in flat])
  return found.reshape(*np.shape(at), 4)
