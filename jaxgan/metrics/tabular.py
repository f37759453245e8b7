"""How far generated rows are from a table's own.

  ks, tv        of columns of numbers the largest difference of their distributions (Kolmogorov
                and Smirnov), of categories half the sum of their shares' differences; means
  auc           does a classifier tell rows from real ones (`two_sample`)? .5 if not
  tstr          what a classifier that was trained on rows gets right of a real column
  dcr           how far rows are from the nearest training row, as a share of how far test rows
                are: well below 1, rows are copies

Real rows that training never saw get the floor. Beside it stand two honest baselines: a
Gaussian copula that is fitted to the training rows (auc-copula, tstr-copula), and columns drawn
each by itself (auc-independent).
"""
from collections.abc import Sequence

import numpy as np

from jaxgan.data.source import Dataset
from jaxgan.metrics import naming, neighbours, two_sample
from jaxgan.types import Batch, Metric, Paths

RISING = {'ks': False, 'tv': False, 'auc': False, 'tstr': True, 'dcr': None, 'auc-copula': None,
          'tstr-copula': None, 'auc-independent': None}
DISTANT = 2000  # rows whose distances are measured


def ks(a: np.ndarray, b: np.ndarray) -> float:
  """The largest difference of two samples' cumulated shares [n], [m]."""
  at = np.sort(np.concatenate([a, b]))
  share = lambda x: np.searchsorted(np.sort(x), at, 'right') / len(x)
  return float(np.abs(share(a) - share(b)).max())


def tv(a: np.ndarray, b: np.ndarray) -> float:
  """Half the sum of the differences of categories' shares."""
  size = int(max(a.max(), b.max())) + 1
  share = lambda x: np.bincount(x.astype(int), minlength=size) / len(x)
  return float(np.abs(share(a) - share(b)).sum() / 2)


def copula(rows: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
  """n rows of a Gaussian copula that is fitted to rows [N, F]: each column's own distribution,
  and of all the correlations of their normal scores."""
  from scipy.stats import norm
  draw = np.random.default_rng(seed)
  shuffled = rows[draw.permutation(len(rows))]  # ties are broken by chance
  ranks = shuffled.argsort(0, kind='stable').argsort(0)
  scores = norm.ppf((ranks + .5) / len(rows))
  drawn = draw.multivariate_normal(np.zeros(rows.shape[1]), np.corrcoef(scores.T), n)
  places = (norm.cdf(drawn) * len(rows)).astype(int).clip(0, len(rows) - 1)
  return np.take_along_axis(np.sort(rows, 0), places, 0)


def independent(rows: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
  """n rows whose columns are drawn each by itself."""
  draw = np.random.default_rng(seed)
  return np.stack([draw.choice(column, n) for column in rows.T], 1)


def taught(train: np.ndarray, test: np.ndarray, target: int) -> float:
  """The share of a column of `test` that boosted trees get right, trained on `train`."""
  from threadpoolctl import threadpool_limits
  rest = [i for i in range(train.shape[1]) if i != target]
  labels = train[:, target].astype(int)
  if len(set(labels)) < 2:
    return float((test[:, target] == labels[0]).mean())
  with threadpool_limits(1):  # see `two_sample.auc`
    model = two_sample.boosted(0).fit(train[:, rest], labels)
    return float((model.predict(test[:, rest]) == test[:, target]).mean())


def nearest(rows: np.ndarray, others: np.ndarray, of: Sequence[bool],
            scale: np.ndarray) -> float:
  """The median distance of rows to the nearest of others; numbers in their deviations, a
  category that differs counts 1. `of`: which columns are of numbers."""
  def wide(x):
    parts = [x[:, i:i + 1] / scale[i] if number else
             np.eye(int(scale[i]), dtype=np.float32)[x[:, i].astype(int)] / np.sqrt(2)
             for i, number in enumerate(of)]
    return np.concatenate(parts, 1).astype(np.float32)
  return float(np.median(neighbours.nearest(wide(rows), wide(others), 1).distance))


def of_table(data: Dataset, number: Sequence[bool], n: int = 5000,
             target: int | None = None) -> Metric:
  """These measures of n rows against as many real ones. `number`: which columns are of numbers;
  `target`: the column of categories that a classifier is taught (default: the last)."""
  kinds = [i for i, is_number in enumerate(number) if not is_number]
  target = (kinds or [None])[-1] if target is None else target

  def prepare(paths: Paths):
    every = lambda source: source[np.arange(len(source))].x
    train = every(data.load(paths.data_dir))
    held_out = every(data.test.load(paths.data_dir))[:DISTANT]
    scale = np.array([train[:, i].std() or 1. if is_number else
                      max(train[:, i].max(), held_out[:, i].max()) + 1
                      for i, is_number in enumerate(number)])
    apart = max(nearest(held_out, train, number, scale), 1e-12)
    baselines = {}

    def baseline(real):
      """What the baselines get, once for a number of rows."""
      if len(real) not in baselines:
        made = copula(train, len(real))
        found = {'auc-copula': two_sample.auc(real, made),
                 'auc-independent': two_sample.auc(real, independent(train, len(real)))}
        if target is not None:
          found['tstr-copula'] = taught(made, real, target)
        baselines[len(real)] = found
      return baselines[len(real)]

    def score(real: Batch, fake: Batch):
      x, real = np.asarray(fake.x), np.asarray(real.x)
      found = {'auc': two_sample.auc(real, x),
               'dcr': nearest(x[:DISTANT], train, number, scale) / apart}
      for name, measure, kind in (('ks', ks, True), ('tv', tv, False)):
        columns = [i for i, is_number in enumerate(number) if is_number == kind]
        if columns:
          found[name] = float(np.mean([measure(real[:, i], x[:, i]) for i in columns]))
      if target is not None:
        found['tstr'] = taught(x, real, target)
      return {naming.plain(name, len(x)): value
              for name, value in (found | baseline(real)).items()}
    return score
  return Metric(n, prepare, RISING)
