"""The classifier that jaxgan trains itself: it learns, repeats, is kept, knows its score."""
import dataclasses

import jax
import numpy as np
import pytest

from jaxgan.data import digits, source
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, suite
from jaxgan.metrics.extractors import classifier
from jaxgan.metrics.extractors.classifier import Trained
from jaxgan.types import Batch, Paths

WAVE = source.arrays(Batch(np.zeros((4, 64, 1), np.float32), np.arange(4)), classes=4)


def parts():
  """scikit-learn's digits, cut into a training and a test set."""
  whole = digits.load(labels=True).load(None).batch
  part = lambda chosen: source.arrays(jax.tree.map(lambda a: a[chosen], whole), classes=10)
  return {'train': part(slice(400, None)), 'test': part(slice(400))}


def numbers(n, shape, seed, classes=3):
  """Labelled examples whose class is the place of a bump, far from mean 0 and deviation 1."""
  draw = np.random.default_rng(seed)
  c = draw.integers(0, classes, n)
  x = draw.normal(size=(n, *shape)).astype(np.float32)
  x[np.arange(n), (c + 1) * shape[0] // (classes + 1)] += 4
  return source.arrays(Batch(1000 + 50 * x, c), classes=classes)


@pytest.fixture
def short(monkeypatch):
  """150 steps on scikit-learn's digits, under the name of a TFDS set."""
  monkeypatch.setattr(classifier, 'STEPS', 150)
  monkeypatch.setattr(features.tfds, 'load', lambda name, split, label: parts()[split])


def test_it_learns_and_is_kept(short, tmp_path, monkeypatch, capsys):
  paths = Paths(cache_dir=str(tmp_path))
  net = features.extractor('cnn-digits', paths)
  assert net.name == 'cnn-digits' and .9 < net.accuracy <= 1 and not net.verified
  assert 'once' in capsys.readouterr().out
  test = parts()['test'].load(None).batch
  found = features.extract(net, test.x)
  assert found.pool.shape == (400, 128) and found.logits.shape == (400, 10)
  assert (found.logits.argmax(1) == test.c).mean() == pytest.approx(net.accuracy)
  np.testing.assert_allclose((found.pool ** 2).mean(), 1, rtol=.2)
  monkeypatch.setattr(classifier, 'trained', None)  # it may not be trained again
  again = features.extractor('cnn-digits', paths)
  assert (again.digest, again.accuracy) == (net.digest, net.accuracy)


@pytest.mark.parametrize('shape,name', [
    pytest.param((64, 2), 'cnn-bumps', marks=pytest.mark.slow), ((24,), 'mlp-bumps')])
def test_numbers_have_classifiers_too(shape, name, tmp_path, monkeypatch):
  """Signals and rows, through the cache: numbers of any mean and scale are learnt."""
  monkeypatch.setattr(classifier, 'STEPS', 60)
  train, test = numbers(600, shape, 0), numbers(200, shape, 1)
  recipe, paths = Trained(train, test, 'bumps'), Paths(cache_dir=str(tmp_path))
  said = recipe.declared(paths)
  assert (said.name, said.shape, said.images, said.classifies) == (name, shape, False, True)
  net = recipe.ready(paths)
  assert net.name == name and net.accuracy > .95
  monkeypatch.setattr(classifier, 'trained', None)
  again = recipe.ready(paths)
  assert again.digest == net.digest
  found = features.extract(again, test.load(None).batch.x)
  np.testing.assert_allclose((found.pool ** 2).mean(), 1, rtol=.2)
  assert features.width(again, test.describe(None).x) == 128
  with pytest.raises(Failure, match=f'{name} was trained on examples .* and is for no others'):
    features.extract(again, np.zeros((2, *shape[:-1], shape[-1] + 1), np.float32))


@pytest.mark.slow
def test_a_labelled_set_of_numbers_is_scored_by_its_classifier(tmp_path, monkeypatch):
  """fd and precision mean the same as of images: samples of the law score better than noise."""
  monkeypatch.setattr(classifier, 'STEPS', 60)
  held_out = numbers(300, (32, 1), 1)
  data = dataclasses.replace(numbers(600, (32, 1), 0), test=held_out, name='bumps')
  score = suite.in_training(data, ('fd', 'prdc', 'cs'), n=300).prepare(Paths(
      cache_dir=str(tmp_path)))
  real, good = (each.load(None)[np.arange(300)] for each in (data, held_out))
  noise = Batch(np.random.default_rng(0).normal(1000, 50, (300, 32, 1)).astype(np.float32))
  found = [score(real, fake) for fake in (good, noise)]
  assert list(found[0]) == [f'{name}_cnn-bumps@300' for name in (
      'fd', 'precision3', 'recall3', 'density5', 'coverage5', 'cs')]
  fd, recall = ([each[f'{name}_cnn-bumps@300'] for each in found] for name in ('fd', 'recall3'))
  assert fd[0] < .2 * fd[1] and recall[0] > .7 > recall[1], found


def test_an_extractor_of_the_users_own(tmp_path):
  """Any function of examples, a dict here: nothing but its name and digest stands in scores."""
  def apply(params, x):
    return jax.numpy.stack([x['a'].mean(1), x['b'].astype(np.float32)], 1), None
  net = classifier.Extractor('mine', 'v1', (), apply, images=False)
  x = {'a': np.arange(12, dtype=np.float32).reshape(4, 3), 'b': np.arange(4)}
  found = features.extract(net, x)
  np.testing.assert_allclose(found.pool, [[1, 0], [4, 1], [7, 2], [10, 3]])
  data = dataclasses.replace(source.arrays(Batch(x)), extractor=net)
  score = suite.in_training(data, ('fd',), n=4).prepare(Paths(cache_dir=str(tmp_path)))
  assert score(Batch(x), Batch(x)) == {'fd_mine@4': pytest.approx(0, abs=1e-5)}


@pytest.mark.parametrize('data,says', [
    (source.arrays(Batch(np.zeros((4, 64, 1), np.float32))), 'no class labels'),
    (source.arrays(Batch(np.zeros((4, 9), np.int32), np.arange(4)), classes=4), 'not of'),
    (source.arrays(Batch({'a': np.zeros((4, 9))}, np.arange(4))), 'not of')])
def test_what_no_classifier_is_for(data, says, tmp_path):
  with pytest.raises(Failure, match=says):
    Trained(data, data, 'x').declared(Paths(cache_dir=str(tmp_path)))
  with_test = dataclasses.replace(data, test=data)
  with pytest.raises(Failure, match='no extractor to judge samples by'):
    suite.in_training(with_test).prepare(Paths())


def test_numbers_with_labels_and_a_test_set_name_their_own():
  assert features.default(WAVE, Paths()) == ''
  found = features.default(dataclasses.replace(WAVE, test=WAVE, name='wave'), Paths())
  assert found.data == 'wave' and found.test is WAVE


def test_training_repeats(short, monkeypatch):
  monkeypatch.setattr(classifier, 'STEPS', 5)
  data = parts()['train'].load(None)
  a, b = (classifier.trained('x', data, data, 10) for _ in range(2))
  assert all(np.array_equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize('shape,features', [
    ((64, 48, 3), 8 * 6 * 128), ((8192, 1), 8 * 128), ((8, 32, 32, 1), 2 * 8 * 8 * 128)])
def test_large_examples_shrink(shape, features):
  net = classifier.Classifier(3)
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), np.zeros((1, *shape))))
  assert shapes['params']['Dense_0']['kernel'].shape == (features, 128)


def test_too_few_examples():
  few = source.Arrays(Batch(np.zeros((9, 8, 8, 1), np.uint8), np.zeros(9, np.int32)))
  with pytest.raises(Failure, match='at least 128 labelled examples, not 9'):
    classifier.trained('x', few, few, 2)
