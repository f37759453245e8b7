"""How many of the data's modes a generator finds, and how evenly.

Each number has the value that a perfect generator gets at the same sample size beside it,
'..._ideal': even its counts are random, so KL is never 0 and a share within 3 sigma never 1.
"""
import functools
from collections.abc import Callable

import numpy as np

from jaxgan.data import tfds
from jaxgan.data.mixtures import Mixture, points
from jaxgan.metrics import features, naming, sliced
from jaxgan.metrics.extractors.base import Extractor, check_images
from jaxgan.rng import root
from jaxgan.types import Metric

Scores = dict[str, float]

MEASURES = {'high_quality3': True, 'high_quality4': True, 'modes': True, 'modes_1pct': True,
            'kl': False, 'kl_data': False}
RISING = MEASURES | {f'{name}_ideal': None for name in MEASURES}  # the same of every step
DRAWS = 20  # of a perfect generator, for its mean scores


def mixture_scores(x: np.ndarray, mixture: Mixture) -> Scores:
  """Scores of points x [N, 2] (PacGAN, section 4.1; VEEGAN, section 5.1).

  high_quality3, 4: the share nearer than 3 (PacGAN) or 4 sigma to the nearest centre. modes:
  the centres that have such a point within 3 sigma; modes_1pct: that have at least 1 % of an
  even share of all points, which single strays do not reach. kl: KL(modes of points within
  3 sigma || uniform), in nats; inf without any.
  """
  squared = ((x[:, None].astype(np.float64) - mixture.centres[None]) ** 2).sum(2)
  mode, sigmas = squared.argmin(1), np.sqrt(squared.min(1)) / mixture.sigma
  k = len(mixture.centres)
  counts = np.bincount(mode[sigmas < 3], minlength=k)
  return {'high_quality3': float((sigmas < 3).mean()),
          'high_quality4': float((sigmas < 4).mean()),
          'modes': int((counts > 0).sum()),
          'modes_1pct': int((counts >= .01 * len(x) / k).sum()),
          'kl': kl(counts, np.full(k, 1 / k))}


def stacked_scores(modes: np.ndarray, data: np.ndarray) -> Scores:
  """Scores of the modes [N], below K, that a classifier finds (VEEGAN, PacGAN).

  modes: those with a sample; kl: KL(samples || uniform), the published one; kl_data:
  KL(samples || `data`), the data's own shares [K]; in nats.
  """
  counts = np.bincount(modes, minlength=len(data))
  return {'modes': int((counts > 0).sum()),
          'kl': kl(counts, np.full(len(data), 1 / len(data))), 'kl_data': kl(counts, data)}


def kl(counts: np.ndarray, q: np.ndarray) -> float:
  """KL(counts / N || q), where 0 log 0 = 0; inf if there are no counts."""
  if not counts.sum():
    return float('inf')
  p = counts / counts.sum()
  some = p > 0
  return float((p[some] * np.log(p[some] / q[some])).sum())


def ideal(draw: Callable[[int], np.ndarray], scores: Callable[[np.ndarray], Scores]) -> Scores:
  """The mean scores of what draw(seed) makes."""
  found = [scores(draw(seed)) for seed in range(DRAWS)]
  return {f'{name}_ideal': float(np.mean([f[name] for f in found])) for name in found[0]}


def stacked_modes(classifier: Extractor, images: np.ndarray) -> np.ndarray:
  """The mode 100 r + 10 g + b, int [N], of images uint8 [N, H, W, 3] of digits r, g, b."""
  check_images(images, 'stacked digits')
  single = np.moveaxis(images, 3, 1).reshape(-1, *images.shape[1:3], 1)
  logits = features.extract(classifier, single).logits
  return logits.argmax(1).reshape(-1, 3) @ logits.shape[1] ** np.arange(3)[::-1]


def of_mixture(mixture: Mixture, n: int = 2500) -> Metric:
  """These scores of n points, and SW_2 to n real ones."""
  def prepare(paths):
    best = functools.cache(lambda n: ideal(lambda seed: points(mixture, n, seed + 1),
                                           lambda x: mixture_scores(x, mixture)))

    def score(real, fake):
      n = len(fake.x)
      found = mixture_scores(fake.x, mixture) | best(n)
      found['sw2'] = float(sliced.sliced_wasserstein(real.x, fake.x, root(0)))
      return {naming.plain(name, n): value for name, value in found.items()}
    return score
  return Metric(n, prepare, RISING | {'sw2': False})


def of_stacked(digits: str = 'mnist', n: int = 26_000) -> Metric:
  """These scores of n stacked digits, by the classifier of single ones."""
  def prepare(paths):
    classifier = features.extractor(f'cnn-{digits}', paths)
    train = tfds.load(digits, label='label').load(paths.data_dir)
    single = np.bincount(train[np.arange(len(train))].c) / len(train)
    data = np.einsum('i,j,k->ijk', single, single, single).ravel()
    best = functools.cache(lambda n: ideal(
        lambda seed: np.random.default_rng(seed).choice(len(data), n, p=data),
        lambda modes: stacked_scores(modes, data)))

    def score(real, fake):
      n = len(fake.x)
      found = stacked_scores(stacked_modes(classifier, fake.x), data) | best(n)
      return {naming.featured(name, classifier, n): value for name, value in found.items()}
    return score
  return Metric(n, prepare, RISING)
