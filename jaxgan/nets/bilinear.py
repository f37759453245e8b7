"""Convolution, its adjoint and its gradient: three maps that are as fast as one another.

Autodiff makes of a strided layer's gradients convolutions with dilated inputs, and of a
transposed layer's kernel gradient one whose window is mostly zeros. XLA:CPU is slow on all
of these (5 to 100 times); on an H100 the last runs at 24 TFLOP/s for a 5x5 kernel, and at 66 as
written here. Three bilinear maps close under reverse differentiation, so every derivative of
any order is again one of the three:

  y = conv(x, w)    x = conv_transpose(y, w), its adjoint in x    w = correlate(x, y), in w

so d<conv(x, w), y> = <x, conv_transpose(y, w)> = <w, correlate(x, y)>, and an R1 penalty is
as fast as a gradient. On CPUs the transposed one is written as ordinary convolutions; other
backends take XLA's dilated one. No forward mode.

Shapes: x [B, H, W, C], w [kh, kw, C, F], y [B, H', W', F]; `pads` ((top, bottom), (left,
right)); `size` (H, W); `stride` one number or (down, right). One layout of w for both layers,
so checkpoints fit every backend.
"""
import functools

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import axis
from jaxgan.types import Array

Pads = tuple[tuple[int, int], tuple[int, int]]
Stride = int | tuple[int, int]
LAYOUT = ('NHWC', 'HWIO', 'NHWC')
FEW = 16  # groups


def both(stride: Stride) -> tuple[int, int]:
  """(down, right)."""
  return (stride, stride) if isinstance(stride, int) else stride


def plain_conv(x: Array, w: Array, stride: Stride, pads: Pads) -> Array:
  """y[p] = sum_k x[stride p + k - pad] w[k]."""
  return lax.conv_general_dilated(x, w, both(stride), pads, dimension_numbers=LAYOUT)


conv = jax.custom_vjp(plain_conv, nondiff_argnums=(2, 3))


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def conv_transpose(y: Array, w: Array, stride: Stride, pads: Pads,
                   size: tuple[int, int]) -> Array:
  """x[stride q + phase] = sum over the taps k that meet this phase of y[q - ..] w[k]^T.

  On CPUs each of the phases of x, down x right, is a stride-1 convolution of y with the taps of
  w that fall on it; the phases are then interleaved.
  """
  if not axis.on_cpu():
    return plain_conv_transpose(y, w, stride, pads, size)
  (h, w_), (down, right), rows = size, both(stride), []
  nh, nw = -(-h // down), -(-w_ // right)
  for a in range(down):
    i, *rim = taps(w.shape[0], down, pads[0][0], a, nh, y.shape[1])
    row = []
    for b in range(right):
      j, *sides = taps(w.shape[1], right, pads[1][0], b, nw, y.shape[2])
      if not i or not j:  # a stride larger than the kernel leaves gaps
        row.append(jnp.zeros_like(y, shape=(y.shape[0], nh, nw, w.shape[2])))
        continue
      flipped = w[i[0]:i[-1] + 1:down, j[0]:j[-1] + 1:right][::-1, ::-1]
      row.append(lax.conv_general_dilated(
          y, flipped.swapaxes(2, 3), (1, 1), (rim, sides), dimension_numbers=LAYOUT))
    rows.append(jnp.stack(row, 3))
  phases = jnp.stack(rows, 2)  # [B, nh, down, nw, right, C]
  return phases.reshape(y.shape[0], nh * down, nw * right, -1)[:, :h, :w_]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def correlate(x: Array, y: Array, stride: Stride, pads: Pads, kernel: tuple[int, int]) -> Array:
  """w[k] = sum_p x[stride p + k - pad] y[p]: the gradient of `conv` in its kernel.

  The batch is the channel summed over. Explicit transposes keep the dimension numbers
  canonical, which is what stays fast inside a loop.
  """
  steps = both(stride)

  def high(axis):  # negative where the last pixels of x met no tap
    span = kernel[axis] - 1 + (y.shape[1 + axis] - 1) * steps[axis] + 1
    return span - x.shape[1 + axis] - pads[axis][0]
  padding = [(pads[0][0], high(0)), (pads[1][0], high(1))]
  w = lax.conv_general_dilated(
      x.transpose(3, 1, 2, 0), y.transpose(1, 2, 0, 3), (1, 1), padding,
      rhs_dilation=steps, dimension_numbers=LAYOUT)
  return w.transpose(1, 2, 0, 3)


def taps(kernel: int, stride: int, pad: int, phase: int, n: int, m: int):
  """Along one axis, for outputs stride q + phase, q < n, of m inputs: (taps, pads)."""
  met = [k for k in range(kernel) if (k - pad - phase) % stride == 0]
  if not met:
    return met, 0, 0
  shift = lambda k: (k - pad - phase) // stride
  return met, shift(met[-1]), n - 1 - shift(met[0]) - (m - 1)


def _conv_bwd(stride, pads, primals, y):
  x, w = primals
  return (conv_transpose(y, w, stride, pads, x.shape[1:3]),
          correlate(x, y, stride, pads, w.shape[:2]))


def _conv_transpose_bwd(stride, pads, size, primals, x):
  y, w = primals
  return conv(x, w, stride, pads), correlate(x, y, stride, pads, w.shape[:2])


def _correlate_bwd(stride, pads, kernel, primals, w):
  x, y = primals
  return conv_transpose(y, w, stride, pads, x.shape[1:3]), conv(x, w, stride, pads)


conv.defvjp(lambda x, w, *how: (conv(x, w, *how), (x, w)), _conv_bwd)
conv_transpose.defvjp(lambda y, w, *how: (conv_transpose(y, w, *how), (y, w)),
                      _conv_transpose_bwd)
correlate.defvjp(lambda x, y, *how: (correlate(x, y, *how), (x, y)), _correlate_bwd)


def plain_conv_transpose(y: Array, w: Array, stride: Stride, pads: Pads, size) -> Array:
  """`conv_transpose` for other backends: the same adjoint, by XLA's input dilation."""
  padding, steps = [], both(stride)
  for side in (0, 1):
    low = w.shape[side] - 1 - pads[side][0]
    dilated = (y.shape[1 + side] - 1) * steps[side] + 1
    padding.append((low, size[side] + w.shape[side] - 1 - dilated - low))
  return lax.conv_general_dilated(
      y, w[::-1, ::-1].swapaxes(2, 3), (1, 1), padding, lhs_dilation=steps,
      dimension_numbers=LAYOUT)


def grouped(x: Array, w: Array, groups: int) -> Array:
  """SAME convolution, stride 1, of each of `groups` parts of the channels by itself:
  x [B, H, W, C], w [k, k, C/groups, F], k odd -> [B, H, W, F].

  XLA's own takes 10 to 30 times as long on CPUs. There, a few groups are so many convolutions,
  and many, which would take long to compile, matrix products of the k k neighbours of each
  pixel, at a third of the speed.
  """
  k, part = w.shape[0], w.shape[2]
  if not axis.on_cpu():
    return lax.conv_general_dilated(x, w, (1, 1), 'SAME', dimension_numbers=LAYOUT,
                                    feature_group_count=groups)
  if groups <= FEW:
    pads, parts = ((k // 2, k // 2),) * 2, (jnp.split(a, groups, 3) for a in (x, w))
    return jnp.concatenate([conv(a, b, 1, pads) for a, b in zip(*parts)], 3)
  height, width = x.shape[1:3]
  wide = jnp.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2), (0, 0)))
  near = [wide[:, i:i + height, j:j + width].reshape(-1, groups, part)
          for i in range(k) for j in range(k)]
  rows = w.reshape(k * k, part, groups, -1).transpose(2, 0, 1, 3)
  y = jnp.einsum('ngk,gkf->ngf', jnp.concatenate(near, 2),
                 rows.reshape(groups, k * k * part, -1))
  return y.reshape(*x.shape[:3], -1)
