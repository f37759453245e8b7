"""Measures of tables: closed forms, SciPy's, and who wins."""
import numpy as np
import pytest
from scipy.stats import ks_2samp

from jaxgan.data import simulated_table
from jaxgan.metrics import tabular
from jaxgan.types import Batch, Paths

NUMBER = [not column.values for column in simulated_table.schema().columns]
DRAW = np.random.default_rng(0)


def test_ks_is_scipys():
  for a, b in ((DRAW.normal(size=300), DRAW.normal(.3, 2, 200)), (np.zeros(5), np.ones(3)),
               (DRAW.integers(0, 3, 99) / 1., DRAW.integers(0, 4, 50) / 1.)):
    assert abs(tabular.ks(a, b) - ks_2samp(a, b).statistic) < 1e-12


def test_total_variation():
  assert tabular.tv(np.array([0., 0, 1, 2]), np.array([0., 1, 1, 1])) == .5
  assert tabular.tv(np.zeros(3), np.full(5, 4.)) == 1


def test_a_copula_keeps_columns_and_their_correlation():
  x = DRAW.multivariate_normal([0, 0], [[1, .8], [.8, 1]], 4000)
  x[:, 1] = np.exp(x[:, 1])
  found = tabular.copula(x, 4000)
  assert max(ks_2samp(a, b).statistic for a, b in zip(x.T, found.T)) < .04
  ranks = lambda a: np.corrcoef(a.argsort(0).argsort(0).T)[0, 1]
  assert abs(ranks(found) - ranks(x)) < .03
  assert abs(ranks(tabular.independent(x, 4000))) < .05


def test_copies_are_near():
  rows, other = simulated_table.rows(500, 0), simulated_table.rows(500, 1)
  scale = np.array([rows[:, i].std() if n else rows[:, i].max() + 1
                    for i, n in enumerate(NUMBER)])
  assert tabular.nearest(rows[:100], rows, NUMBER, scale) == 0
  assert tabular.nearest(other, rows, NUMBER, scale) > .05
  apart = np.array([[0., 0], [1, 5]]), np.array([[0., 1], [3, 5]])
  for rows in (apart[0][:1], apart[0][1:]):  # another category; two, in deviations of two
    found = tabular.nearest(rows, apart[1], [True, False], np.array([2., 6]))
    assert found == pytest.approx(1)


def test_real_rows_beat_the_copula_and_that_beats_columns_alone():
  data = simulated_table.load(4000, 1000)
  score = tabular.of_table(data, NUMBER, 1000).prepare(Paths())
  train = data.load(None).rows
  real = score(Batch(train[:1000]), Batch(simulated_table.rows(1000, 5)))
  assert abs(real['auc@1k'] - .5) < .05 < .1 < real['auc-copula@1k'] - .5
  assert real['auc-copula@1k'] < real['auc-independent@1k']
  assert real['tstr@1k'] > real['tstr-copula@1k'] > .6
  assert abs(real['dcr@1k'] - 1) < .1 and real['ks@1k'] < .06 and real['tv@1k'] < .04
  made = tabular.independent(train, 1000)
  poor = score(Batch(train[:1000]), Batch(made))
  assert poor['auc@1k'] > .8 and poor['ks@1k'] < .06
  assert score(Batch(train[:1000]), Batch(train[1000:2000]))['dcr@1k'] == 0


def test_one_label_teaches_nothing():
  rows = simulated_table.rows(200, 0)
  same = rows.copy()
  same[:, 5] = 1
  assert tabular.taught(same, rows, 5) == pytest.approx((rows[:, 5] == 1).mean())
