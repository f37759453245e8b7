"""Classifier score: sure of each sample, of all classes (Salimans et al., 2016).

  CS = exp E_x KL(p(y|x) || p(y)) = exp(H(E_x p(y|x)) - E_x H(p(y|x))), from 1 to K

Of Inception's 1008 logits without their bias, this is the Inception score.
"""
import jax
import numpy as np

from jaxgan.metrics import sets
from jaxgan.types import Array, Key


def score(logits: Array, splits: int = 10, key: Key | None = None) -> tuple[float, float]:
  """(mean, standard deviation, ddof 0) over contiguous splits of logits [N, K], in float64.

  Give a key to shuffle samples that are sorted by class, or each split lacks most of them.
  Fewer samples a split score lower. Raises Failure if N < splits.
  """
  sets.at_least('classifier score', splits=(splits, 1))
  sets.check(f'classifier score of {splits} splits', splits, logits=logits)
  logits = np.asarray(logits, np.float64)
  if key is not None:
    logits = logits[np.asarray(jax.random.permutation(key, len(logits)))]
  p = np.exp(logits - logits.max(1, keepdims=True))
  p /= p.sum(1, keepdims=True)
  ends = np.arange(splits + 1) * len(p) // splits
  found = [np.exp(entropy(part.mean(0)) - entropy(part).mean())
           for part in (p[a:b] for a, b in zip(ends, ends[1:]))]
  return float(np.mean(found)), float(np.std(found))


def entropy(p: np.ndarray) -> np.ndarray:
  """-sum p log p over the last axis, where 0 log 0 = 0."""
  return -(p * np.log(np.maximum(p, np.finfo(p.dtype).tiny))).sum(-1)
