"""Mode counts: by hand, for noise and collapse, and what a perfect generator gets."""
import numpy as np
import pytest

from jaxgan.data import mixtures
from jaxgan.metrics import features, modes
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.types import Batch, Paths

GRID, RING = mixtures.grid25(), mixtures.ring8()


def test_by_hand():
  """Four points at 0, 2.9, 3.1 and 4.1 sigma from two of the ring's centres."""
  away = np.array([[0, 0], [2.9, 0], [0, 3.1], [0, -4.1]]) * RING.sigma
  x = RING.centres[[0, 0, 1, 1]] + away
  found = modes.mixture_scores(x, RING)
  assert found == {'high_quality3': .5, 'high_quality4': .75, 'modes': 1, 'modes_1pct': 1,
                   'kl': pytest.approx(np.log(8))}


def test_a_stray_is_a_mode_but_no_captured_one():
  """2,500 points on one centre and one on another: 1 % of an even share is exactly one."""
  x = np.concatenate([np.repeat(GRID.centres[:1], 2600, 0), GRID.centres[1:2]])
  found = modes.mixture_scores(x, GRID)
  assert (found['modes'], found['modes_1pct']) == (2, 1)


def test_ideal_scores():
  """A Gaussian in the plane is within r sigma with probability 1 - exp(-r^2 / 2)."""
  for mixture in (RING, GRID):
    found = modes.of_mixture(mixture).prepare(Paths())
    points = [Batch(mixtures.points(mixture, 2500, seed=seed)) for seed in (99, 100)]
    found = found(*points)
    k = len(mixture.centres)
    np.testing.assert_allclose(found['high_quality3_ideal@2500'], 1 - np.exp(-4.5), atol=.001)
    np.testing.assert_allclose(found['high_quality4_ideal@2500'], 1 - np.exp(-8), atol=.001)
    np.testing.assert_allclose(found['kl_ideal@2500'], (k - 1) / 2 / 2500, rtol=.3)
    for name in ('high_quality3', 'high_quality4', 'modes', 'modes_1pct'):
      np.testing.assert_allclose(found[f'{name}@2500'], found[f'{name}_ideal@2500'], rtol=.01)
    assert found['sw2@2500'] < .2


def test_noise_and_nothing():
  noise = modes.mixture_scores(np.random.default_rng(0).uniform(-4, 4, (2500, 2)), GRID)
  assert noise['high_quality3'] < .05 and noise['modes'] > 10 and noise['kl'] > .1
  assert modes.mixture_scores(np.full((10, 2), 1.), GRID)['kl'] == np.inf


def digit_shares():
  """Shares of the digits in MNIST's training split."""
  counts = np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
  single = counts / counts.sum()
  return np.einsum('i,j,k->ijk', single, single, single).ravel()


def test_stacked_floors():
  """What perfect generators get: 0.0236 and 0.0193 at 26,000 samples, 1,000 modes."""
  data = digit_shares()
  scores = lambda x: modes.stacked_scores(x, data)
  found = modes.ideal(lambda seed: np.random.default_rng(seed).choice(1000, 26_000, p=data),
                      scores)
  assert found['modes_ideal'] == 1000
  np.testing.assert_allclose(found['kl_ideal'], .0236, atol=4e-4)
  np.testing.assert_allclose(found['kl_data_ideal'], .0193, atol=4e-4)
  np.testing.assert_allclose(modes.kl(data * 1e9, np.full(1000, 1e-3)), .0043, atol=1e-4)


def test_stacked_by_hand():
  found = modes.stacked_scores(np.array([0, 0, 5, 5]), np.full(1000, 1e-3))
  assert found['modes'] == 2 and found['kl'] == pytest.approx(np.log(500)) == found['kl_data']


def test_channels_are_digits():
  """An extractor that reads the digit off the first pixel."""
  def apply(params, x):
    return x[:, 0, 0], (x[:, 0, 0] == np.arange(10)[None]).astype(np.float32)
  net = Extractor('cnn-x', '', {}, apply)
  images = np.zeros((70, 6, 6, 3), np.uint8)
  digits = np.random.default_rng(0).integers(0, 10, (70, 3))
  images[:, 0, 0] = digits
  found = modes.stacked_modes(net, images)
  np.testing.assert_array_equal(found, digits @ [100, 10, 1])
  with pytest.raises(features.Failure, match='uint8'):
    modes.stacked_modes(net, images / 127.5 - 1)
