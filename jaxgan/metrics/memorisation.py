"""Does a generator recite its training set? Distances to the nearest training example.

All take features [N, d] and raise Failure as `sets.check` does. Extractors differ much
in what they find near (Stein et al., 2023, arXiv:2306.04675): look at the `nearest`.
"""
from typing import NamedTuple

import numpy as np

from jaxgan.metrics import neighbours, sets
from jaxgan.types import Array


class Nearest(NamedTuple):
  """Fakes and their nearest training examples, the fake that is nearest first."""
  fake: np.ndarray  # indices [n]
  train: np.ndarray  # indices [n, k], nearest first
  distance: np.ndarray  # [n, k]


def closer_share(train: Array, test: Array, fake: Array) -> float:
  """P(a fake is nearer to train than a test example is), ties half: 1/2 is ideal, 1 a copy.

  U / (n_fake n_test), the Mann-Whitney statistic whose z-score is C_T in one cell (Meehan et
  al., 2020, arXiv:2004.05675). Unlike a share below a threshold it uses every distance. Test
  examples must not be in train. Its standard error, if fakes are as good as test examples, is
  sqrt((n_fake + n_test + 1) / (12 n_fake n_test)). Below 1/2: fakes are off the data.
  """
  sets.check('share closer to train', 1, train=train, test=test, fake=fake)
  of_test, of_fake = (neighbours.nearest(x, train, 1).distance[:, 0] for x in (test, fake))
  of_test = np.sort(of_test)
  nearer, as_near = (np.searchsorted(of_test, of_fake, side) for side in ('left', 'right'))
  return float(1 - (nearer + as_near).mean() / 2 / len(of_test))


def authpct(train: Array, fake: Array) -> float:
  """Per cent of authentic fakes (Alaa et al., 2022, arXiv:2102.08921); of test data, about 50.

  A fake is authentic if its nearest training example has another training example strictly
  nearer than the fake.
  """
  sets.check('AuthPct', 2, train=train)
  sets.check('AuthPct', 1, train=train, fake=fake)
  to_train = neighbours.nearest(fake, train, 1)
  between = neighbours.nearest(train, train, 1, itself=True).distance[:, 0]
  return float(100 * (between[to_train.index[:, 0]] < to_train.distance[:, 0]).mean())


def nearest(train: Array, fake: Array, n: int = 16, k: int = 1) -> Nearest:
  """The n fakes nearest to the training set, each with its k nearest there, to be looked at."""
  sets.check('nearest training examples', k, train=train)
  sets.check('nearest training examples', n, fake=fake)
  found = neighbours.nearest(fake, train, 1)
  first = np.argsort(found.distance[:, 0], kind='stable')[:n]
  theirs = neighbours.nearest(fake[first], train, k)
  return Nearest(first, theirs.index, theirs.distance)
