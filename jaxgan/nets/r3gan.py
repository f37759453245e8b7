"""The networks of R3GAN (Huang et al., 2024, arXiv:2501.05441), to the parameter its authors'
program: residual blocks without normalisation, inverted bottlenecks of grouped convolutions."""
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import bilinear, fir
from jaxgan.nets.conditioning import one_hot
from jaxgan.nets.conv import Conv
from jaxgan.types import Array

GAIN = math.sqrt(2 / (1 + .2 ** 2))  # of leaky ReLU with slope .2
GROUP = 8  # the paper's channels of x for a group of a block's inner, twice as many channels


def widths(resolution: int) -> tuple[int, ...]:
  """The paper's channels, coarse to fine, at 32, 64 and 256."""
  return {32: (768,) * 4, 64: (768,) * 4 + (384,), 256: (768,) * 4 + (384, 192, 96)}[resolution]


def scaled(gain: float, fan_in: int):
  """N(0, gain^2 / fan_in)."""
  return nn.initializers.normal(gain / math.sqrt(fan_in))


class Block(nn.Module):
  """x + 1x1 down (grouped 3x3 (1x1 up x)), leaky ReLU with a bias between; the last kernel is
  0 at first. `depth` is the number of the network's blocks (Fixup: gain depth^(-1/4))."""
  groups: int
  depth: int
  expansion: int = 2

  @nn.compact
  def __call__(self, x: Array) -> Array:
    features = x.shape[3]
    wide, part = self.expansion * features, self.expansion * features // self.groups
    gain = GAIN * self.depth ** -.25

    def active(name, h):
      bias = self.param(name, nn.initializers.zeros, (wide,))
      return jax.nn.leaky_relu(h + bias[None, None, None].astype(h.dtype), .2)

    def pointwise(n, init, h):
      return Conv(n, 1, use_bias=False, kernel_init=init, dtype=h.dtype)(h)

    h = active('bias1', pointwise(wide, scaled(gain, features), x))
    kernel = self.param('grouped', scaled(gain, 9 * part), (3, 3, part, wide))
    h = active('bias2', bilinear.grouped(h, kernel.astype(h.dtype), self.groups))
    return x + pointwise(features, nn.initializers.zeros, h)


def embedded(c: Array, classes: int, width: int, gain: float = 1.) -> Array:
  """The class's vector, [B, width]."""
  dense = nn.Dense(width, use_bias=False, kernel_init=scaled(gain, classes), name='embedding')
  return dense(one_hot(c, classes))


def precision(stage: int, stages: int, half: int) -> Any:
  """bfloat16 in the `half` finest of so many stages, 0 being the coarsest."""
  return jnp.bfloat16 if stage >= stages - half else jnp.float32


class Generator(nn.Module):
  """z [B, Z], c int [B] or None -> x [B, H, W, C], in about [-1, 1]. A stage a width, coarse to
  fine, each but the first doubled by the filter [1, 3, 3, 1]."""
  shape: Sequence[int]  # H, W, C of one image
  widths: Sequence[int] = (768,) * 4
  blocks: int = 2  # a stage
  group: int = GROUP  # channels of x for each group of a block
  classes: int = 0
  embedding: int = 64
  half: int = 0  # stages in bfloat16: the paper's are 3 at 32 pixels, 4 at 64 and 256
  block: Callable = Block

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    height, width, channels = self.shape
    shrink = 2 ** (len(self.widths) - 1)
    if height % shrink or width % shrink:
      raise ValueError(f'{len(self.widths)} widths double a map {len(self.widths) - 1} times: '
                       f'{height}x{width} must divide by {shrink}')
    if self.classes:
      z = jnp.concatenate([z, embedded(c, self.classes, self.embedding)], axis=1)
    first = self.widths[0]
    basis = self.param('basis', nn.initializers.normal(1.),
                       (height // shrink, width // shrink, first))
    mixed = nn.Dense(first, use_bias=False, kernel_init=scaled(1., z.shape[1]))(z)
    x = basis[None] * mixed[:, None, None]
    for stage, features in enumerate(self.widths):
      x = x.astype(precision(stage, len(self.widths), self.half))
      x = fir.doubled(thin(x, features, f'transition{stage}')) if stage else x
      for _ in range(self.blocks):
        x = self.block(features // self.group, self.blocks * len(self.widths))(x)
    return thin(x, channels, 'to_image').astype(jnp.float32)


def thin(x: Array, features: int, name: str) -> Array:
  """1x1 to another number of channels."""
  if x.shape[3] == features:
    return x
  init = scaled(1., x.shape[3])
  return Conv(features, 1, use_bias=False, kernel_init=init, dtype=x.dtype, name=name)(x)


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], {'features': [B, F]}): the generator's mirror image, its
  widths fine to coarse. With classes the logit is a product with the class's vector."""
  widths: Sequence[int] = (768,) * 4
  blocks: int = 2
  group: int = GROUP
  classes: int = 0
  half: int = 0
  block: Callable = Block

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    stages = len(self.widths)
    at = lambda i: precision(stages - 1 - i, stages, self.half)
    x = thin(x.astype(at(0)), self.widths[0], 'from_image')
    for i, features in enumerate(self.widths):
      x = x.astype(at(i))
      for _ in range(self.blocks):
        x = self.block(features // self.group, self.blocks * stages)(x)
      if i < stages - 1:
        x = thin(fir.halved(x), self.widths[i + 1], f'transition{i}')
    kernel = self.param('basis', scaled(1., x.shape[1] * x.shape[2]), x.shape[1:])
    h = (x * kernel[None]).sum((1, 2))
    n = self.widths[-1] if self.classes else 1
    out = nn.Dense(n, use_bias=False, kernel_init=scaled(1., h.shape[1]))(h)
    if not self.classes:
      return out[:, 0], {'features': h}
    return (out * embedded(c, self.classes, n, 1 / math.sqrt(n))).sum(1), {'features': h}
