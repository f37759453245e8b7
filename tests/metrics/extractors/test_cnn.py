"""The classifier that jaxgan trains itself: it learns, repeats, is kept, knows its score."""
import jax
import numpy as np
import pytest

from jaxgan.data import digits, source
from jaxgan.io.errors import Failure
from jaxgan.metrics import features
from jaxgan.metrics.extractors import cnn
from jaxgan.types import Batch, Paths


def parts():
  """scikit-learn's digits, cut into a training and a test set."""
  whole = digits.load(labels=True).load(None).batch
  part = lambda chosen: source.arrays(jax.tree.map(lambda a: a[chosen], whole), classes=10)
  return {'train': part(slice(400, None)), 'test': part(slice(400))}


@pytest.fixture
def short(monkeypatch):
  """150 steps on scikit-learn's digits, under the name of a TFDS set."""
  monkeypatch.setattr(cnn, 'STEPS', 150)
  monkeypatch.setattr(cnn.tfds, 'load', lambda name, split, label: parts()[split])
  monkeypatch.setattr(cnn.tfds, 'classes', lambda name, label, data_dir: 10)


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
  monkeypatch.setattr(cnn, 'trained', None)  # it may not be trained again
  again = features.extractor('cnn-digits', paths)
  assert (again.digest, again.accuracy) == (net.digest, net.accuracy)


def test_training_repeats(short, monkeypatch):
  monkeypatch.setattr(cnn, 'STEPS', 5)
  data = parts()['train'].load(None)
  a, b = (cnn.trained('x', data, data, 10) for _ in range(2))
  assert all(np.array_equal(a[k], b[k]) for k in a)


def test_large_images_shrink():
  net = cnn.Classifier(3)
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), np.zeros((1, 64, 48, 3))))
  assert shapes['params']['Dense_0']['kernel'].shape == (8 * 6 * 128, 128)


def test_too_few_examples():
  few = source.Arrays(Batch(np.zeros((9, 8, 8, 1), np.uint8), np.zeros(9, np.int32)))
  with pytest.raises(Failure, match='at least 128 labelled examples, not 9'):
    cnn.trained('x', few, few, 2)
