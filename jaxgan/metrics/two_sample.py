"""Whether a classifier tells samples from real examples: for data that no extractor is for.

A classifier is trained to tell them apart on a part of both, and asked of the rest (Lopez-Paz &
Oquab, 2017, arXiv:1610.06545). The area under its ROC curve is .5 where it cannot, and 1 where
it always can. What it makes of two sets of real examples, of the same sizes, is the floor.
"""
from collections.abc import Callable

import jax
import numpy as np

from jaxgan.metrics import naming
from jaxgan.types import Batch, Metric, PyTree

RISING = {'auc': False, 'auc-real': None}


def boosted(seed: int):
  """scikit-learn's gradient-boosted trees, which need no scaling: right for tables; for images
  and sounds a weak judge, whose .5 says little."""
  from sklearn.ensemble import HistGradientBoostingClassifier  # takes a second
  return HistGradientBoostingClassifier(early_stopping=False, random_state=seed)


def rows(x: PyTree) -> np.ndarray:
  """Examples [N, ..], an array or several, as float32 [N, F]."""
  return np.concatenate([np.asarray(a, np.float32).reshape(len(a), -1)
                         for a in jax.tree.leaves(x)], axis=1)


def auc(real: np.ndarray, fake: np.ndarray, seed: int = 0,
        classifier: Callable = boosted) -> float:
  """The area under the ROC curve of a classifier of rows [N, F], real and fake, trained on one
  half of both and asked of the other, and the other way round: the mean. `classifier`:
  (seed) -> a classifier of scikit-learn."""
  from sklearn.model_selection import StratifiedKFold, cross_val_score
  from threadpoolctl import threadpool_limits
  x = np.concatenate([real, fake])
  y = np.repeat([0, 1], [len(real), len(fake)])
  halves = StratifiedKFold(2, shuffle=True, random_state=seed)
  # Of few rows threads mostly wait for each other, and on a machine that does something else
  # beside they wait for minutes.
  with threadpool_limits(1):
    found = cross_val_score(classifier(seed), x, y, cv=halves, scoring='roc_auc')
  return float(found.mean())


def of_examples(n: int, classifier: Callable = boosted) -> Metric:
  """`auc`, of n / 2 samples against as many real examples, and `auc-real`, its floor: of the
  other n / 2 real examples against the same."""
  def score(real: Batch, fake: Batch):
    x = rows(real.x)
    half = len(x) // 2
    found = {'auc': auc(x[:half], rows(fake.x)[half:2 * half], classifier=classifier),
             'auc-real': auc(x[:half], x[half:2 * half], classifier=classifier)}
    return {naming.plain(name, len(x)): value for name, value in found.items()}
  return Metric(n, lambda paths: score, RISING)
