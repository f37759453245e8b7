"""Distances of pairs: closed forms, and SSIM beside scikit-image's definition."""
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from jaxgan.io.errors import Failure
from jaxgan.metrics import paired
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.types import Batch, Paths

DRAW = np.random.default_rng(0)
REAL = DRAW.integers(0, 256, (5, 24, 20, 3), np.uint8)
FAKE = np.clip(REAL + DRAW.normal(0, 20, REAL.shape), 0, 255).astype(np.uint8)


def test_closed_forms():
  black, white = np.zeros((2, 4, 4, 1), np.uint8), np.full((2, 4, 4, 1), 255, np.uint8)
  assert paired.l1(black, white) == 2 and paired.psnr(black, white) == 0
  assert paired.l1(white, white) == 0 and paired.psnr(white, white) == np.inf
  grey = np.full_like(black, 51)
  np.testing.assert_allclose(paired.psnr(black, grey), 20 * np.log10(5))
  np.testing.assert_allclose(paired.l1(black, grey), .4, rtol=1e-6)


def test_the_error_is_pooled():
  """One image wrong by 255 of four: 6 dB, not the mean of infinities."""
  black = np.zeros((4, 4, 4, 1), np.uint8)
  one = black.copy()
  one[0] = 255
  np.testing.assert_allclose(paired.psnr(black, one), 10 * np.log10(4))


def oracle(x, y):
  """Of Wang et al., with SciPy's Gaussian of 11 pixels, where the window fits in."""
  x, y = x.astype(np.float64), y.astype(np.float64)
  blur = lambda a: gaussian_filter(a, (1.5, 1.5, 0), truncate=5 / 1.5)[5:-5, 5:-5]
  mx, my = blur(x), blur(y)
  xx, yy, xy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
  c1, c2 = 2.55 ** 2, 7.65 ** 2
  luminance = (2 * mx * my + c1) / (mx * mx + my * my + c1)
  return (luminance * (2 * xy + c2) / (xx + yy + c2)).mean()


def test_structural_similarity():
  mine = float(paired.ssim(REAL, FAKE))
  np.testing.assert_allclose(mine, np.mean([oracle(*pair) for pair in zip(REAL, FAKE)]),
                             rtol=1e-4)
  assert mine < .99 < float(paired.ssim(REAL, REAL))


def test_the_metric():
  metric = paired.of_images(5)
  score = metric.prepare(Paths())
  found = score(Batch(REAL), Batch(FAKE))
  assert metric.paired and set(found) == {'l1@5', 'psnr@5', 'ssim@5'}
  assert found['l1@5'] == paired.l1(REAL, FAKE) < score(Batch(REAL), Batch(REAL[::-1]))['l1@5']
  assert metric.rising == {'l1': False, 'psnr': True, 'ssim': True}
  with pytest.raises(Failure, match='uint8 images'):
    score(Batch(REAL / 255), Batch(FAKE))


def test_of_each_array():
  full = lambda value: np.full((2, 4, 4, 1), value, np.uint8)
  real = Batch({'a': full(0), 'b': full(255)})
  fake = Batch({'a': full(51), 'b': full(255)})
  metric = paired.of_each(2, ('a', 'b'))
  found = metric.prepare(Paths())(real, fake)
  assert found == {'l1-a@2': pytest.approx(.4), 'l1-b@2': 0}
  assert metric.paired and metric.rising == {'l1-a': False, 'l1-b': False}


def test_of_holes_alone():
  x = np.random.default_rng(0).integers(0, 200, (3, 4, 4, 3)).astype(np.uint8)
  mask = np.ones((3, 4, 4, 1), np.uint8)
  mask[:, :2, :2] = 0
  fake = np.where(mask > 0, x + 9, x + 51).astype(np.uint8)  # what is known does not count
  found = paired.of_holes(3).prepare(Paths())(Batch(x, {'mask': mask}), Batch(fake))
  assert found == {'l1-hole@3': pytest.approx(.4)}


def test_of_what_was_lowered():
  c = np.array([[[[10], [20]]]], np.uint8)
  x = np.array([[9, 11, 20, 20], [10, 10, 18, 22]], np.uint8)[None, ..., None]
  score = paired.of_low(1, 2).prepare(Paths())
  assert score(Batch(x, c), Batch(x)) == {'l1-low@1': 0}
  assert score(Batch(x, c), Batch(x + 51))['l1-low@1'] == pytest.approx(.4)


def test_what_a_classifier_takes_for_the_same(tmp_path):
  """A classifier by brightness: of four pairs three are of one kind."""
  def apply(params, x):
    bright = x.astype(np.float32).mean((1, 2, 3))
    return bright[:, None], np.float32([0, 1])[None] * (bright[:, None] - 100)
  net = Extractor('light', 'v1', (), apply, classifies=True)
  level = lambda *values: np.uint8(values).reshape(-1, 1, 1, 1).repeat(3, 3)
  real, fake = level(10, 200, 200, 90), level(20, 220, 80, 0)
  score = paired.alike(4, net).prepare(Paths())
  assert score(Batch(real), Batch(fake)) == {'alike_light@4': .75}
  score = paired.alike(4, net, lambda x: x['a']).prepare(Paths())
  assert score(Batch({'a': real}), Batch({'a': real, 'b': 0})) == {'alike_light@4': 1}
