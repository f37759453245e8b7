"""The two-sample AUC has the values that theory gives, and its floor beside it."""
import numpy as np
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from jaxgan.metrics import two_sample
from jaxgan.types import Batch, Paths


def normal(n, seed, shift=0., width=3):
  return shift + np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)


def test_of_two_normals():
  """The best classifier of N(0, 1) and N(d, 1) has an AUC of Phi(d / sqrt 2)."""
  x, y = normal(2000, 0, width=1), normal(2000, 1, 1., width=1)
  best = stats.norm.cdf(2 ** -.5)
  linear = two_sample.auc(x, y, classifier=lambda seed: LinearDiscriminantAnalysis())
  assert linear == pytest.approx(best, abs=.015)
  assert best - .06 < two_sample.auc(x, y) < best + .015


def test_ends():
  assert two_sample.auc(normal(300, 0), normal(300, 1)) == pytest.approx(.5, abs=.06)
  assert two_sample.auc(normal(300, 0), normal(300, 1, 50.)) > .99


def test_trees_see_what_margins_do_not():
  """Columns shuffled independently have the same margins and are told apart."""
  x = normal(1000, 0, width=1).repeat(2, 1) + .1 * normal(1000, 1, width=2)
  y = np.stack([x[:, 0], np.random.default_rng(2).permutation(x[:, 1])], 1)
  assert two_sample.auc(x[:500], y[500:]) > .8


def test_as_a_metric():
  """Of examples of several arrays; the floor is of real examples, of the same sizes."""
  metric = two_sample.of_examples(400)
  score = metric.prepare(Paths())
  real = Batch({'a': normal(400, 0), 'b': np.arange(400) % 7})
  fake = Batch({'a': normal(400, 1), 'b': np.full(400, 9)})
  found = score(real, fake)
  assert list(found) == ['auc@400', 'auc-real@400']
  assert found['auc@400'] > .99 and found['auc-real@400'] == pytest.approx(.5, abs=.08)
  assert metric.rising == {'auc': False, 'auc-real': None}
  shuffled = score(real, Batch({'a': normal(400, 1), 'b': real.x['b']}))
  assert shuffled['auc@400'] == pytest.approx(.5, abs=.08)


def test_one_thread_is_used():
  """Threads of few rows wait for each other: beside another program for minutes."""
  from sklearn.ensemble import HistGradientBoostingClassifier
  from threadpoolctl import threadpool_info
  counts = []

  class Watched(HistGradientBoostingClassifier):
    def fit(self, *args):
      counts.extend(pool['num_threads'] for pool in threadpool_info())
      return super().fit(*args)
  draw = np.random.default_rng(0).normal(size=(2, 60, 3))
  two_sample.auc(*draw, classifier=lambda seed: Watched(max_iter=2))
  assert counts and set(counts) == {1}
