"""The measures as a set: names, numbers, and what each needs."""
import re

import numpy as np
import pytest

from jaxgan import rng
from jaxgan.data import digits, source
from jaxgan.io import console
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
  suite,
)
from jaxgan.metrics.extractors import classifier, random_conv
from jaxgan.metrics.reference import Reference
from jaxgan.types import Batch, Paths

NET = random_conv.extractor()


def sides(n=200, shift=0, logits=False, **more):
  draw = np.random.default_rng(0)
  real, fake = (draw.normal(size=(n, 8)).astype(np.float32) for _ in range(2))
  against = Reference('x train', moments.of(real), np.arange(n), real)
  of = features.Features(fake + shift, draw.normal(size=(n, 10)) if logits else None)
  images = draw.integers(0, 256, (n, 16, 16, 1), np.uint8)
  return suite.Sides(NET, against, of, images, **more)


def values(measure, *args, **more):
  return {s.name: s.value for s in suite.MEASURES[measure](sides(*args, **more))}


def test_names_and_numbers():
  s = sides()
  score, = suite.fd(s)
  assert score.name == 'fd_rand-conv@200' and score.n_real == score.n_fake == 200
  assert score.value == frechet.from_moments(moments.of(s.real), moments.of(s.fake.pool))
  assert list(values('prdc')) == [f'{x}_rand-conv@200' for x in
                                  ('precision3', 'recall3', 'density5', 'coverage5')]
  assert list(values('ms-ssim')) == ['ms-ssim1@200']
  assert list(values('cs', logits=True)) == ['cs_rand-conv@200']


@pytest.mark.slow
def test_each_measure_is_its_function_of_the_right_sides():
  """More reals than fakes, of which as many are taken as there are fakes, or all."""
  draw = np.random.default_rng(0)
  real = draw.normal(size=(1300, 4)).astype(np.float32)
  fake = .5 * draw.normal(size=(1100, 4)).astype(np.float32) + .5
  test, logits = real[:50] + .1, np.sort(draw.normal(size=(1100, 10)), 0)
  images = draw.integers(0, 256, (1100, 8, 8, 1), np.uint8)
  gaussian = moments.of(real)
  s = suite.Sides(NET, Reference('x', gaussian, np.arange(1300), real, 'other'),
                  features.Features(fake, logits), images, seed=3,
                  test=features.Features(test, None))
  some, key = real[:1100], lambda name: rng.named(rng.root(3), name)
  p, r = manifold.precision_recall(some, fake, k=3)
  d, c = manifold.density_coverage(some, fake, k=5)
  assert p > r + .1 and len({p, r, d, c}) == 4
  expected = {
      'fd': ((frechet.from_moments(gaussian, moments.of(fake)), None), 1300),
      'fd-infinity': (frechet.infinity(gaussian, fake, 3), 1300),
      'kd': (kernel.blocks(some, fake, 3), 1100),
      'kid': (kernel.subsets(some, fake), 1100),
      'cs': (classifier_score.score(logits, key=key('classifier score')), 0),
      'memory': ((memorisation.authpct(real, fake), None), 1300),
      'ms-ssim': ((float(ms_ssim.diversity(images, key('ms-ssim'))), None), 0)}
  for measure, ((value, error), n_real) in expected.items():
    score = suite.MEASURES[measure](s)[0]
    assert (score.value, score.error) == (value, error), measure
    assert (score.n_fake, score.n_real) == (1100, n_real), measure
    assert score.name.endswith('@1100' if measure == 'ms-ssim' else '_rand-conv@1100[other]')
  assert [(x.value, x.n_fake, x.n_real) for x in suite.prdc(s)] == [
      (value, 1100, 1100) for value in (p, r, d, c)]
  closer = suite.memory(s)[1]
  assert closer.value == memorisation.closer_share(real, test, fake) and closer.n_real == 1300


@pytest.mark.slow
def test_ms_ssim_names_its_scales():
  images = np.random.default_rng(0).integers(0, 256, (20, 44, 50, 1), np.uint8)
  score, = suite.msssim(sides(20)._replace(x=images))
  assert score.name == 'ms-ssim3@20'


@pytest.mark.parametrize('measure', ['fd', 'kd', 'fd-infinity'])
def test_distances_grow(measure):
  near, far = (list(values(measure, shift=s).values())[0] for s in (0, 1))
  assert far > near + .5


def test_memory_sees_a_copy():
  s = sides()
  test = features.Features(s.fake.pool[::-1], None)
  copied = s._replace(test=test, fake=features.Features(s.real + 1e-4, None))
  new, copy = ({x.name.split('_')[0]: x.value for x in suite.memory(y)}
               for y in (s._replace(test=test), copied))
  assert copy['authpct'] == 0 < 40 < new['authpct']
  assert copy['closer-to-train'] == 1 > .6 > new['closer-to-train']


@pytest.mark.parametrize('measure,said', [
    ('fid', 'fid asked for, but with rand-conv'), ('cs', 'an extractor that classifies'),
    ('cas', 'told the class'), ('intra-fd', 'told the class')])
def test_what_a_measure_lacks(measure, said):
  with pytest.raises(Failure, match=said):
    values(measure)


def test_by_class(monkeypatch, capsys):
  """Fakes that are the reals of their class, against fakes of the wrong class."""
  monkeypatch.setattr(classifier, 'STEPS', 100)
  monkeypatch.setattr(console, 'PATIENCE', 0)
  real = digits.load(labels=True).load(None).batch
  train, test = (source.Arrays(Batch(real.x[part], real.c[part]))
                 for part in (slice(400, None), slice(400)))
  pool = features.extract(NET, train.batch.x).pool
  against = Reference('digits', moments.of(pool), np.arange(len(pool)), pool)
  right = suite.Sides(NET, against, features.Features(pool, None), train.batch.x,
                      labels=train.batch.c, real_labels=train.batch.c, test_set=test)
  wrong = right._replace(labels=(train.batch.c + 1) % 10)
  fd_right, fd_wrong = (suite.intra_fd(s)[0].value for s in (right, wrong))
  assert abs(fd_right) < 1e-6 < .1 < fd_wrong
  cas_right, cas_wrong = (suite.cas(s)[0] for s in (right, wrong))
  assert cas_right.name == 'cas@1397' and cas_right.value > .8 > .1 > cas_wrong.value
  assert re.search(r'50/100 cas steps, \d+ s left', capsys.readouterr().out)


def test_in_training(tmp_path):
  x = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), np.uint8)
  metric = suite.in_training(source.arrays(Batch(x)), n=100)
  score = metric.prepare(Paths(cache_dir=str(tmp_path)))
  found = score(None, Batch(x[:100]))
  assert list(found) == ['fd_rand-conv@100', 'kd_rand-conv@100']
  assert score(None, Batch(255 - x[:100] // 2))['fd_rand-conv@100'] > found['fd_rand-conv@100']


def test_class_accuracy():
  right = np.random.default_rng(1).integers(0, 10, 200)
  s = sides(logits=True, labels=right, real_labels=np.arange(200) % 10)
  logits = np.eye(10, dtype=np.float32)[np.where(np.arange(200) < 50, (right + 1) % 10, right)]
  s = s._replace(fake=s.fake._replace(logits=logits))
  score, = suite.class_accuracy(s)
  assert score.name == 'class-accuracy_rand-conv@200' and score.value == .75
  for bad in (s._replace(fake=s.fake._replace(logits=None)),
              s._replace(real_labels=np.arange(200) % 7)):
    with pytest.raises(Failure, match='an extractor that tells these'):
      suite.class_accuracy(bad)
  with pytest.raises(Failure, match='told the class'):
    suite.class_accuracy(s._replace(labels=None))
