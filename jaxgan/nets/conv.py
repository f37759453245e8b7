"""Convolutions over one to three axes: signals, images and films.

x is of signals [B, T, C], images [B, H, W, C] or films [B, T, H, W, C]. All is made of the
maps of `bilinear`, whose gradients of any order are fast on CPUs and GPUs: a signal is an image
of one row, and a film's frames are images that see their neighbours as channels.
"""
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jax import lax

from jaxgan.nets import bilinear
from jaxgan.nets.layers import spread
from jaxgan.types import Array

Sides = int | Sequence[int]  # of each axis, or of all
Pads = tuple[tuple[int, int], ...]  # (before, after) of each axis


def sides(n: Sides, axes: int) -> tuple[int, ...]:
  """A number of each axis."""
  found = (n,) * axes if isinstance(n, int) else tuple(n)
  if len(found) != axes:
    raise ValueError(f'a kernel or stride of {len(found)} sides, {found}, for x with {axes} '
                     'axes between examples and channels')
  return found


def same_pads(size: Sequence[int], kernel: Sides, stride: Sides) -> Pads:
  """TensorFlow's SAME: ceil(size / stride) outputs, the odd pixel of padding at the end."""
  def of(n, kernel, stride):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2
  axes = len(size)
  return tuple(map(of, size, sides(kernel, axes), sides(stride, axes)))


def conv(x: Array, w: Array, strides: tuple[int, ...], pads: Pads) -> Array:
  """y[p] = sum_k x[stride p + k - pad] w[k], of x with one to three axes; w [.., C, F]."""
  if x.ndim == 3:
    return bilinear.conv(x[:, None], w[None], (1, *strides), ((0, 0), *pads))[:, 0]
  if x.ndim == 4:
    return bilinear.conv(x, w, strides, pads)
  (step, *strides), taps = strides, len(w)
  x = jnp.pad(x, ((0, 0), pads[0], (0, 0), (0, 0), (0, 0)))
  frames = (x.shape[1] - taps) // step + 1
  near = jnp.concatenate([x[:, k:k + (frames - 1) * step + 1:step] for k in range(taps)], -1)
  y = bilinear.conv(near.reshape(-1, *near.shape[2:]), flat(w), tuple(strides), pads[1:])
  return y.reshape(*near.shape[:2], *y.shape[1:])


def conv_transpose(y: Array, w: Array, strides: tuple[int, ...], pads: Pads,
                   size: tuple[int, ...]) -> Array:
  """The adjoint of `conv` in x, of this `size`."""
  if y.ndim == 3:
    return bilinear.conv_transpose(y[:, None], w[None], (1, *strides), ((0, 0), *pads),
                                   (1, *size))[:, 0]
  if y.ndim == 4:
    return bilinear.conv_transpose(y, w, strides, pads, size)
  (frames, *size), (step, *strides), taps = size, strides, len(w)
  near = bilinear.conv_transpose(y.reshape(-1, *y.shape[2:]), flat(w), tuple(strides), pads[1:],
                                 tuple(size))
  near = near.reshape(*y.shape[:2], *size, taps, -1)
  rest = (0, 0, 0)
  span = frames + sum(pads[0])
  ends = lambda k: (k, span - k - (y.shape[1] - 1) * step - 1, step - 1)
  x = sum(lax.pad(near[..., k, :], jnp.zeros((), y.dtype), (rest, ends(k), rest, rest, rest))
          for k in range(taps))
  return x[:, pads[0][0]:pads[0][0] + frames]


def flat(w: Array) -> Array:
  """A film's kernel [t, h, w, C, F] as one of images whose channels are t frames'."""
  return w.transpose(1, 2, 0, 3, 4).reshape(*w.shape[1:3], -1, w.shape[4])


class Conv(nn.Module):
  """A convolution with SAME padding: x [B, .., C] -> [B, .., F], an axis of n becoming
  ceil(n / stride). With `pad` zeros on each side instead, as PyTorch has it:
  (n + 2 pad - kernel) // stride + 1. `kernel`, `stride` and `pad` are one number for all axes,
  or one each."""
  features: int
  kernel: Sides
  stride: Sides = 1
  use_bias: bool = True
  pad: Sides | None = None
  kernel_init: Any = nn.initializers.lecun_normal()
  dtype: Any = None  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, x: Array) -> Array:
    size = x.shape[1:-1]
    kernel, stride = (sides(n, len(size)) for n in (self.kernel, self.stride))
    w = self.param('kernel', self.kernel_init, (*kernel, x.shape[-1], self.features))
    bias = self.param('bias', nn.initializers.zeros, w.shape[-1:]) if self.use_bias else None
    x, w, bias = nn.dtypes.promote_dtype(x, w, bias, dtype=self.dtype)
    pads = (same_pads(size, kernel, stride) if self.pad is None else
            tuple((n, n) for n in sides(self.pad, len(size))))
    y = conv(x, w, stride, pads)
    return y if bias is None else y + spread(bias, y)


class ConvTranspose(nn.Module):
  """The adjoint of a SAME convolution: x [B, .., C] -> [B, .., F], each axis n of stride n.

  TensorFlow's Conv2DTranspose with padding SAME; for kernel 4, stride 2 also PyTorch's
  ConvTranspose2d(4, 2, 1). With `pad` it is PyTorch's of that padding, and of the
  output_padding that gives this size: ConvTranspose2d(3, 2, 1, 1) is kernel=3, pad=1. The
  kernel is [.., F, C], so an initialiser that counts inputs must be told: in_axis=-1,
  out_axis=-2.
  """
  features: int
  kernel: Sides
  stride: Sides = 2
  use_bias: bool = True
  pad: Sides | None = None
  kernel_init: Any = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)
  dtype: Any = None

  @nn.compact
  def __call__(self, y: Array) -> Array:
    axes = y.ndim - 2
    kernel, stride = (sides(n, axes) for n in (self.kernel, self.stride))
    w = self.param('kernel', self.kernel_init, (*kernel, self.features, y.shape[-1]))
    bias = self.param('bias', nn.initializers.zeros, w.shape[-2:-1]) if self.use_bias else None
    y, w, bias = nn.dtypes.promote_dtype(y, w, bias, dtype=self.dtype)
    size = tuple(n * by for n, by in zip(y.shape[1:-1], stride))
    pads = (same_pads(size, kernel, stride) if self.pad is None else
            tuple((low, max(k - by - low, 0)) for low, k, by in zip(
                sides(self.pad, axes), kernel, stride)))
    x = conv_transpose(y, w, stride, pads, size)
    return x if bias is None else x + spread(bias, x)
