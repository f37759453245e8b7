"""Resampling of images through a low-pass filter: zeros between pixels, filter, every nth.

`upfirdn` of Karras et al., 2020, arXiv:1912.04958, as shifted slices, weighted and summed: XLA
fuses it, and any derivative of it is one more such sum.
"""
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan.types import Array

Taps = Sequence[float]
BINOMIAL = (1, 3, 3, 1)  # StyleGAN2's filter


def normalised(taps: Taps) -> np.ndarray:
  """Taps that sum to 1, float64 [n]."""
  return np.asarray(taps, np.float64) / np.sum(taps)


def upfirdn(x: Array, taps: Taps, up: int = 1, down: int = 1,
            pads: tuple[int, int] = (0, 0)) -> Array:
  """x [B, H, W, C] -> [B, H', W', C], H' = (up H + before + after - n) // down + 1; W' alike.

  Along each axis: up - 1 zeros after each pixel, pads (before, after), which may be negative,
  convolution with the n taps, and every down-th of it. Computed in x's dtype.
  """
  for axis in (1, 2):
    x = along(x, taps, up, down, pads, axis)
  return x


def along(x: Array, taps: Taps, up: int, down: int, pads: tuple[int, int], axis: int) -> Array:
  """`upfirdn` of one axis."""
  config = [(0, 0, 0)] * x.ndim
  config[axis] = (pads[0], pads[1] + up - 1, up - 1)
  x = lax.pad(x, jnp.zeros((), x.dtype), config)
  last = (x.shape[axis] - len(taps)) // down * down + 1
  shifted = (lax.slice_in_dim(x, k, k + last, down, axis) for k in range(len(taps)))
  return sum(float(tap) * a for tap, a in zip(reversed(taps), shifted))


def doubled(x: Array, taps: Taps = BINOMIAL) -> Array:
  """[B, H, W, C] -> [B, 2H, 2W, C]: the signal, sampled twice as densely."""
  n = len(taps)
  return upfirdn(x, 2 * normalised(taps), up=2, pads=((n + 1) // 2, (n - 2) // 2))


def halved(x: Array, taps: Taps = BINOMIAL) -> Array:
  """[B, H, W, C] -> [B, H/2, W/2, C]: every other pixel of the filtered image."""
  n = len(taps)
  return upfirdn(x, normalised(taps), down=2, pads=((n - 1) // 2, (n - 2) // 2))
