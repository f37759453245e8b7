"""MS-SSIM: the code of Progressive GAN, scales by resolution, diversity of known sets."""
import jax
import numpy as np
import pytest

from jaxgan.metrics import ms_ssim

KEY = jax.random.key(0)
of_pair = jax.jit(ms_ssim.ms_ssim)


def pair(size):
  """Two noisy copies of one coarse image, uint8 [size, size, 3]."""
  random = np.random.default_rng(0)
  low = random.integers(0, 256, (1, size // 8, size // 8, 3)).repeat(8, 1).repeat(8, 2)
  return np.clip(low + random.integers(-40, 41, (2, size, size, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize('size, value', [(176, .96135558), (32, .91511842), (8, .011987)])
def test_against_progressive_gan(size, value):
  """progressive_growing_of_gans 1c5876c, metrics/ms_ssim.py in float64 (scipy 1.18); below 176
  pixels with `scales` levels, their weights divided by their sum."""
  x, y = pair(size)
  np.testing.assert_allclose([of_pair(x, y), of_pair(y, x)], value, atol=1e-5)


@pytest.mark.parametrize('size, count', [(8, 1), (11, 1), (22, 2), (28, 2), (32, 2), (64, 3),
                                         (128, 4), (175, 4), (176, 5), (1024, 5)])
def test_scales(size, count):
  assert ms_ssim.scales(size, 2 * size) == ms_ssim.scales(2 * size, size) == count


def test_itself_and_odd_sizes():
  x = np.random.default_rng(0).integers(0, 256, (27, 45, 1), np.uint8)
  assert of_pair(x, x) == pytest.approx(1, abs=1e-5)
  assert of_pair(x, 255 - x) < .1


def test_halved():
  """2 x 2 means; an odd last row or column counts nowhere."""
  x = np.arange(15.).reshape(3, 5, 1)
  np.testing.assert_allclose(ms_ssim.halved(x)[..., 0], [[3, 5]])


def test_diversity():
  """One image repeated has none; of two kinds, half the pairs of different images are equal."""
  x, y = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1), np.uint8)
  assert ms_ssim.diversity(np.stack([x] * 6), KEY, pairs=50) == pytest.approx(1, abs=1e-5)
  found = ms_ssim.diversity(np.stack([x, y] * 10), KEY, pairs=500)
  np.testing.assert_allclose(found, 9 / 19 + 10 / 19 * of_pair(x, y), atol=.06)
  assert found == ms_ssim.diversity(np.stack([x, y] * 10), KEY, pairs=500)


def test_a_pair_is_of_two_images():
  x, y = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1), np.uint8)
  found = ms_ssim.diversity(np.stack([x, y]), KEY, pairs=40)
  np.testing.assert_allclose(found, of_pair(x, y), atol=1e-6)
