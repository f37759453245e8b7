"""The resizers that Inception features are defined with, each two constant matrices.

FID moves by more with the resizer than between papers (Parmar et al., 2021,
arXiv:2104.11222), so each is one of three that others use, to float32 rounding:

  tf1    TensorFlow 1's resize_bilinear: the FID original, torch-fidelity, StyleGAN
  clean  Pillow's bicubic on float channels, antialiased: clean-fid
  torch  F.interpolate(mode='bilinear', align_corners=False): pytorch-fid

Each takes float32 pixels 0..255 [B, H, W, C], any H and W, and gives [B, size, size, C].
(`jax.image` has none of them: no clamped border without half pixels, no clipping.)
"""
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from jaxgan.types import Array


def tf1(x: Array, size: int) -> Array:
  """Bilinear from the corner: output i lies at input i n / size, not at pixel centres."""
  return apply(x, size, lambda n, size: bilinear(n, size, centre=0))


def torch(x: Array, size: int) -> Array:
  """Bilinear between pixel centres, no antialiasing."""
  return apply(x, size, lambda n, size: bilinear(n, size, centre=.5))


def clean(x: Array, size: int) -> Array:
  """Bicubic, widened when it shrinks, clipped to 0..255 and not rounded."""
  return jnp.clip(apply(x, size, bicubic), 0, 255)


def apply(x: Array, size: int, matrix: Callable[[int, int], np.ndarray]) -> Array:
  """Resizes both axes by `matrix`: (n, size) -> float32 [size, n]."""
  rows, columns = (matrix(n, size) for n in x.shape[1:3])
  return jnp.einsum('ih,jw,bhwc->bijc', rows, columns, x, precision='highest')


def bilinear(n: int, size: int, centre: float) -> np.ndarray:
  """[size, n]; positions in float32, as the originals compute them, clamped at the edge."""
  at = (np.arange(size, dtype=np.float32) + np.float32(centre)) * np.float32(n / size)
  at = np.clip(at - np.float32(centre), 0, n - 1)
  return np.maximum(1 - np.abs(at[:, None] - np.arange(n, dtype=np.float32)), 0)


def bicubic(n: int, size: int) -> np.ndarray:
  """[size, n]: Keys's cubic, a = -1/2, as wide as the step; what is cut off is made up for."""
  step = n / size
  centres = (np.arange(size) + .5) * step
  d = np.abs(np.arange(n) + .5 - centres[:, None]) / max(step, 1)
  near, far = (1.5 * d - 2.5) * d * d + 1, ((-.5 * d + 2.5) * d - 4) * d + 2
  w = np.where(d < 1, near, np.where(d < 2, far, 0))
  return (w / w.sum(1, keepdims=True)).astype(np.float32)
