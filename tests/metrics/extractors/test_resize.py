"""Resizers: Pillow live, TensorFlow's and PyTorch's from stored outputs."""
import pathlib

import numpy as np
import pytest
from PIL import Image

from jaxgan.metrics.extractors import resize

# {name}_{h}x{w}_{size} float32 [1, size, size, 2] of `images(h, w)`, by torch-fidelity 0.4.0
# interpolate_bilinear_2d_like_tensorflow1x(x, (size, size), align_corners=False) and torch
# 2.13.0 F.interpolate(x, (size, size), mode='bilinear', align_corners=False).
ORACLE = pathlib.Path(__file__).parents[2] / 'data_files' / 'resize.npz'


def images(h, w, channels=2):
  return np.random.default_rng(h * w).integers(
      0, 256, (1, h, w, channels)).astype(np.float32)


@pytest.mark.parametrize('name', ['tf1', 'torch'])
@pytest.mark.parametrize('h, w, size', [(5, 7, 11), (13, 9, 6), (8, 8, 8), (1, 3, 5)])
def test_stored(name, h, w, size):
  with np.load(ORACLE) as stored:
    want = stored[f'{name}_{h}x{w}_{size}']
  got = getattr(resize, name)(images(h, w), size)
  np.testing.assert_allclose(got, want, atol=1e-3)


@pytest.mark.parametrize('h, w, size', [(28, 28, 299), (400, 512, 299), (33, 7, 20),
                                        (299, 299, 299)])
def test_clean_is_pillow(h, w, size):
  """On black and white, where the cubic overshoots by up to a quarter."""
  x = np.where(images(h, w, 3) < 128, 0, 255).astype(np.float32)
  bands = [Image.fromarray(x[0, ..., i]).resize((size, size), Image.Resampling.BICUBIC)
           for i in range(3)]
  want = np.stack(bands, -1)
  assert h == w == size or want.min() < -10 and want.max() > 265
  got = resize.clean(x, size)
  np.testing.assert_allclose(got[0], want.clip(0, 255), atol=1e-3)


@pytest.mark.parametrize('resizer', [resize.tf1, resize.torch, resize.clean])
def test_constant_stays(resizer):
  np.testing.assert_allclose(resizer(np.full((2, 37, 50, 1), 200, np.float32), 299), 200,
                             rtol=1e-5)


def test_tf1_has_no_half_pixels():
  """Doubling puts the old pixels on even places, and the last one twice."""
  row = np.float32([0, 10, 30])[None, None, :, None]
  np.testing.assert_allclose(resize.tf1(row, 6)[0, 0, :, 0], [0, 5, 10, 20, 30, 30])
