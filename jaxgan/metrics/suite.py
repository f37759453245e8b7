"""The measures of samples in features: one extraction serves all, and `naming` names each."""
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import rng
from jaxgan.data.source import Arrays, Dataset, Source, is_labels
from jaxgan.io.errors import Failure
from jaxgan.metrics import (
  classifier_score,
  features,
  frechet,
  kernel,
  manifold,
  memorisation,
  moments,
  ms_ssim,
  naming,
)
from jaxgan.metrics.extractors import classifier
from jaxgan.metrics.extractors.base import Extractor, check_images, check_takes
from jaxgan.metrics.features import Features
from jaxgan.metrics.reference import Reference, reference
from jaxgan.types import Batch, Metric, Paths, PyTree


class Score(NamedTuple):
  """One number."""
  name: str
  value: float
  n_fake: int
  n_real: int | None  # None of an experiment's own metrics, which do not say
  error: float | None = None  # as its measure defines it


class Sides(NamedTuple):
  """Fakes, and what they are held against."""
  extractor: Extractor
  reference: Reference
  fake: Features
  x: PyTree  # the fakes as stored [N, ..]
  seed: int = 0  # of what a measure draws
  labels: np.ndarray | None = None  # int [N], what the fakes were asked to be
  real_labels: np.ndarray | None = None  # int [M], of the reference's bank
  test: Features | None = None  # of real images that training never saw
  test_set: Source | None = None  # all there are, with labels
  test_ids: np.ndarray | None = None  # which of them `test` is of

  @property
  def n(self) -> int:
    return features.count(self.x)

  @property
  def real(self) -> np.ndarray:
    """Features of as many real examples as there are fakes, if the bank has them."""
    return self.reference.bank[:self.n]

  def score(self, measure: str, value: float, n_real: int, error: float | None = None):
    name = naming.featured(measure, self.extractor, self.n, self.reference.other)
    return Score(name, float(value), self.n, n_real, error)


def fd(s: Sides) -> list[Score]:
  """Frechet distance to the whole reference."""
  value = frechet.from_moments(s.reference.gaussian, moments.of(s.fake.pool, 'fake'))
  name = naming.frechet(s.extractor, s.n, s.reference.other)
  return [Score(name, value, s.n, s.reference.gaussian.n)]


def fid(s: Sides) -> list[Score]:
  """The same, where it is the FID; else raises Failure."""
  naming.check_fid(s.extractor, s.n, s.reference.other)
  return fd(s)


def fd_infinity(s: Sides) -> list[Score]:
  """FD of infinitely many fakes; error: of the fit."""
  value, error = frechet.infinity(s.reference.gaussian, s.fake.pool, s.seed)
  return [s.score('fd-infinity', value, s.reference.gaussian.n, error)]


def kd(s: Sides) -> list[Score]:
  """Kernel distance, not times 1000; error: standard error over disjoint blocks."""
  value, error = kernel.blocks(s.real, s.fake.pool, s.seed)
  return [s.score('kd', value, len(s.real), error)]


def kid(s: Sides) -> list[Score]:
  """Kernel distance over 100 random subsets of 1000; error: their standard deviation."""
  value, error = kernel.subsets(s.real, s.fake.pool)
  return [s.score('kd-100x1000', value, len(s.real), error)]


def cs(s: Sides) -> list[Score]:
  """Classifier score, shuffled; error: standard deviation over 10 splits."""
  if s.fake.logits is None:
    raise Failure(f'cs needs an extractor that classifies, and {s.extractor.name} does not: '
                  'leave cs out of --eval_metrics, or use --extractor=cnn-DATASET')
  key = rng.named(rng.root(s.seed), 'classifier score')
  value, error = classifier_score.score(s.fake.logits, key=key)
  return [s.score('cs', value, 0, error)]


def prdc(s: Sides) -> list[Score]:
  """Precision and recall (k = 3, closed balls), density and coverage (k = 5, open balls)."""
  found = manifold.all_four(s.real, s.fake.pool, closed=3, open=5)
  return [s.score(name, value, len(s.real)) for name, value in zip(NAMES['prdc'], found)]


def memory(s: Sides) -> list[Score]:
  """Whether fakes are nearer to the training set than real test images are."""
  bank = s.reference.bank
  scores = [s.score('authpct', memorisation.authpct(bank, s.fake.pool), len(bank))]
  if s.test is not None:
    share = memorisation.closer_share(bank, s.test.pool, s.fake.pool)
    scores.append(s.score('closer-to-train', share, len(bank)))
  return scores


def msssim(s: Sides) -> list[Score]:
  """MS-SSIM between pairs of fakes: high where the generator repeats itself."""
  check_images(s.x, 'ms-ssim')
  count = ms_ssim.scales(*s.x.shape[1:3])
  key = rng.named(rng.root(s.seed), 'ms-ssim')
  return [Score(naming.plain(f'ms-ssim{count}', s.n),
                float(ms_ssim.diversity(s.x, key)), s.n, 0)]


def intra_fd(s: Sides) -> list[Score]:
  """FD of each class, averaged: as many fakes of a class as the bank has, or all."""
  check_labels(s.labels, 'intra-fd')
  value, _ = frechet.intra_class(s.real, s.real_labels[:s.n], s.fake.pool, s.labels)
  return [s.score('intra-fd', value, len(s.real))]


def cas(s: Sides) -> list[Score]:
  """Classification accuracy score (Ravuri & Vinyals, 2019, arXiv:1905.10887): what a
  classifier trained on fakes alone, to its last step, gets right of the real test set."""
  check_labels(s.labels, 'cas')
  if s.test_set is None:
    raise Failure('cas needs a test set with labels: leave it out of --eval_metrics')
  net = classifier.Classifier(int(s.real_labels.max()) + 1)
  params = classifier.fit(net, Arrays(Batch(s.x, s.labels)), classifier.STEPS, 'cas')
  share = classifier.accuracy(net, params, s.test_set)
  return [Score(naming.plain('cas', s.n), share, s.n, len(s.test_set))]


def class_accuracy(s: Sides) -> list[Score]:
  """How many fakes the extractor's classifier takes for the class that was asked for."""
  check_labels(s.labels, 'class-accuracy')
  classes = int(s.real_labels.max()) + 1
  if s.fake.logits is None or s.fake.logits.shape[1] != classes:
    raise Failure(f'class-accuracy needs an extractor that tells these {classes} classes, and '
                  f'{s.extractor.name} does not: use --extractor=cnn-DATASET')
  return [s.score('class-accuracy', (s.fake.logits.argmax(1) == s.labels).mean(), 0)]


def check_labels(labels: np.ndarray | None, measure: str) -> None:
  """Raises Failure unless the fakes were drawn by class."""
  if labels is None:
    raise Failure(f'{measure} needs a generator that is told the class, of labelled data: '
                  'leave it out of --eval_metrics')


MEASURES: dict[str, Callable[[Sides], list[Score]]] = {
    'fd': fd, 'fid': fid, 'fd-infinity': fd_infinity, 'kd': kd, 'kid': kid, 'cs': cs,
    'prdc': prdc, 'memory': memory, 'ms-ssim': msssim, 'intra-fd': intra_fd, 'cas': cas,
    'class-accuracy': class_accuracy}
NAMES = {'prdc': ('precision3', 'recall3', 'density5', 'coverage5'), 'kid': ('kd-100x1000',),
         'memory': ('authpct', 'closer-to-train')}  # of measures that call scores otherwise
RISING = {'cs': True, 'precision3': True, 'recall3': True, 'density5': True, 'coverage5': True,
          'cas': True, 'class-accuracy': True, 'fd': False,
          'fd-infinity': False, 'kd': False, 'kd-100x1000': False, 'intra-fd': False}
# whether more is better; of others neither is: real images score in the middle


# Of an FID there is fd, which is named so where it is one; cas trains a network each time.
IN_TRAINING = ('fd', 'fd-infinity', 'kd', 'kid', 'cs', 'prdc', 'memory', 'ms-ssim', 'intra-fd',
               'class-accuracy')


def in_training(data: Dataset, asked: Sequence[str] = ('fd', 'kd'), n: int = 5000) -> Metric:
  """These measures of n samples against the whole training set, in its own extractor."""
  def prepare(paths: Paths):
    example = data.describe(paths.data_dir)
    name = features.default(data, paths)
    if not name:
      raise Failure(f'{data.name} has no extractor to judge samples by, and no labels with a '
                    'test set to train one with: give it one (Dataset.extractor), or the '
                    'experiment other metrics')
    declared = features.declared(name, paths)
    check_takes(declared, jax.tree.map(lambda a: a.shape, example.x), data.name)
    check_asked(asked, example, declared.classifies, data.name)

    @functools.cache
    def prepared():  # a classifier is trained when the first score is due, not before training
      extractor, source = features.extractor(name, paths), data.load(paths.data_dir)
      against = reference(extractor, data, source, paths)
      return extractor, against, source[against.ids].c

    def score(real, fake):
      extractor, against, c = prepared()
      sides = Sides(extractor, against, features.extract(extractor, fake.x), fake.x,
                    labels=fake.c if is_labels(fake.c) else None,
                    real_labels=c if is_labels(c) else None)
      return {s.name: s.value for measure in asked for s in MEASURES[measure](sides)}
    return score
  names = [name for measure in asked for name in NAMES.get(measure, [measure])]
  return Metric(n, prepare, {name: RISING.get(name) for name in names})


def check_asked(asked: Sequence[str], example: Batch, classifies: bool, name: str) -> None:
  """Raises Failure, before training, for what the data or their extractor do not allow."""
  c = example.c
  labelled = getattr(c, 'shape', None) == () and np.issubdtype(c.dtype, np.integer)
  for measure, has, what in (('cs', classifies, 'an extractor that classifies'),
                             ('class-accuracy', classifies and labelled, 'class labels, and an '
                              'extractor that tells them'),
                             ('intra-fd', labelled, 'class labels')):
    if measure in asked and not has:
      raise Failure(f'{measure} needs {what}, which {name} has not: leave it out')
  if 'ms-ssim' in asked:
    check_images(np.zeros((1, *example.x.shape), example.x.dtype), 'ms-ssim')
