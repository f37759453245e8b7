"""Images to features: whole, in order, the same on any number of devices."""
import pathlib

import jax
import numpy as np
import pytest

from jaxgan.data import tfds
from jaxgan.io.errors import Failure
from jaxgan.metrics import features
from jaxgan.metrics.extractors import random_conv
from jaxgan.types import Paths


def images(n, size=8, channels=1, seed=0):
  return np.random.default_rng(seed).integers(0, 256, (n, size, size, channels), np.uint8)


def test_no_image_is_dropped_and_none_counts_twice():
  net, x, ticks = random_conv.extractor(), images(2 * features.BATCH + 3), []
  found = features.extract(net, x, ticks.append)
  assert found.pool.shape == (len(x), 256) and found.logits is None
  assert ticks == [features.BATCH, features.BATCH, 3]
  alone = features.extract(net, x[-3:]).pool
  np.testing.assert_array_equal(found.pool[-3:], alone)


def test_devices_do_not_matter(monkeypatch):
  net, x = random_conv.extractor(), images(70)
  four = features.extract(net, x).pool
  monkeypatch.setattr(jax, 'local_devices', lambda: jax.devices()[:1])
  np.testing.assert_allclose(features.extract(net, x).pool, four, rtol=1e-5, atol=1e-6)


def test_grey_is_grey_in_colour():
  net, grey = random_conv.extractor(), images(5)
  np.testing.assert_allclose(features.extract(net, grey).pool,
                             features.extract(net, grey.repeat(3, axis=3)).pool, rtol=1e-6)


def test_the_random_network_is_its_seed():
  a, b, c = random_conv.extractor(), random_conv.extractor(0), random_conv.extractor(1)
  assert a.digest == b.digest != c.digest and a.name == 'rand-conv' != c.name
  # the identity that records carry: a change of it is a change of every score (compiled
  # without the tests' flags it is 11400749142a..)
  assert a.digest.startswith('dbd7492410b6')


@pytest.mark.parametrize('bad,message', [
    (np.zeros((4, 8, 8, 1), np.float32), r'uint8 0..255, not float32 .* values 0 to 0'),
    (np.zeros((4, 8, 8), np.uint8), r'\[N, H, W, C\]'),
    (np.zeros((4, 8, 8, 2), np.uint8), '1 or 3 channels'),
    (np.zeros((0, 8, 8, 1), np.uint8), r'\[0, 8, 8, 1\]')])
def test_other_images_are_refused(bad, message):
  with pytest.raises(Failure, match=message):
    features.extract(random_conv.extractor(), bad)


def test_unknown_names():
  with pytest.raises(Failure, match='did you mean inception?'):
    features.extractor('inceptoin', Paths())
  with pytest.raises(Failure, match='--inception'):
    features.extractor('inception', Paths())


def test_a_set_without_labels_has_no_classifier(data_dir, capsys):
  if not (pathlib.Path(data_dir) / 'noto_emoji').is_dir():
    pytest.skip('needs noto_emoji in TFDS_DATA_DIR')
  paths = Paths(data_dir=data_dir)
  assert features.default(tfds.load('noto_emoji'), paths) == 'rand-conv'
  assert 'has no labels' in capsys.readouterr().out
  assert features.default(tfds.load('mnist'), paths) == 'cnn-mnist'
  assert capsys.readouterr().out == ''


@pytest.mark.parametrize('shape,says', [
    ((26, 26, 1), r'cnn-x was trained on examples \[28, 28, 1\], and is for no others'),
    ((28, 28, 3), 'is for no others'), ((28, 28, 4), '1 or 3 channels')])
def test_a_classifier_is_for_the_images_it_knows(shape, says):
  extractor = random_conv.extractor()._replace(name='cnn-x', shape=(28, 28, 1))
  features.extract(extractor, np.zeros((2, 28, 28, 1), np.uint8))
  with pytest.raises(Failure, match=says):
    features.extract(extractor, np.zeros((2, *shape), np.uint8))
