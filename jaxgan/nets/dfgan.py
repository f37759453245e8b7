"""DF-GAN: an image of a sentence, in one stage (Tao et al., 2022, arXiv:2008.05865), to the
parameter those of the authors' program (256 x 256, width 32, a sentence vector of 256).

The sentence is a vector [B, E], made of c by the module that `told` makes. Here each network
learns its own, of words, where the authors take an encoder that was trained beforehand.
"""
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.conv import Conv
from jaxgan.nets.layers import leaky_relu
from jaxgan.nets.resnet import doubled, halved
from jaxgan.types import Array, PyTree

act = leaky_relu(.2)


def widths(size: int, width: int) -> list[int]:
  """Channels of maps of size x size, fine to coarse, down to 4 x 4."""
  return [width * min(2 ** i, 8) for i in range(size.bit_length() - 2)]


class Words(nn.Module):
  """One-hot words [B, L, V], c or c['c'], as a vector [B, E]: each place has its own embedding,
  and the sentence is their sum."""
  size: int = 256

  @nn.compact
  def __call__(self, c: PyTree) -> Array:
    c = c['c'] if isinstance(c, dict) else c
    places, words = c.shape[1:]
    table = self.param('embedding', nn.initializers.normal(1.), (places, words, self.size))
    return jnp.einsum('blv,lve->be', c, table) / places ** .5


class Affine(nn.Module):
  """x [B, H, W, F] times a gain and plus a bias that follow from y [B, Y] by two layers; the
  gain starts at 1 and the bias at 0."""
  dtype: Any = None

  @nn.compact
  def __call__(self, x: Array, y: Array) -> Array:
    n = x.shape[3]

    def two(start):
      last = nn.Dense(n, kernel_init=nn.initializers.zeros, dtype=self.dtype,
                      bias_init=nn.initializers.constant(start))
      return last(nn.relu(nn.Dense(n, dtype=self.dtype)(y)))[:, None, None]
    return x * two(1.) + two(0.)


class Generator(nn.Module):
  """z [B, Z], c -> x [B, size, size, channels] in (-1, 1): from 4 x 4, each block doubling,
  each convolution after two affine modulations by (z, the sentence)."""
  size: int = 256
  channels: int = 3
  width: int = 32
  told: Callable[[], nn.Module] = lambda: lambda c: c  # makes what turns c into a sentence
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, z: Array, c: PyTree, *, train: bool) -> Array:
    y = jnp.concatenate([z, self.told()(c)], axis=1)
    x = nn.Dense(8 * self.width * 16, dtype=self.dtype)(z).reshape(-1, 4, 4, 8 * self.width)

    def fused(h):
      for _ in range(2):
        h = act(Affine(self.dtype)(h, y))
      return h
    for n in widths(self.size, self.width)[-2::-1]:
      x = h = doubled(x)
      for _ in range(2):
        h = Conv(n, 3, dtype=self.dtype)(fused(h))
      x = h + (x if x.shape[3] == n else Conv(n, 1, dtype=self.dtype)(x))
    return jnp.tanh(Conv(self.channels, 3, dtype=self.dtype)(act(x)).astype(jnp.float32))


class Blocks(nn.Module):
  """x [B, H, W, C] -> a map [B, 4, 4, F]: strided residual blocks whose gain starts at 0."""
  width: int
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array) -> Array:
    sizes = widths(x.shape[1], self.width)
    h = conv(sizes[0], 3, self.dtype, bias=True)(x)
    for i, n in enumerate(sizes[1:]):
      deep = act(conv(n, 3, self.dtype)(act(conv(n, 4, self.dtype, 2)(h))))
      gain = self.param(f'gain_{i}', nn.initializers.zeros, (1,))
      h = halved(h if h.shape[3] == n else conv(n, 1, self.dtype, bias=True)(h))
      h = h + gain[None, None, None].astype(h.dtype) * deep
    return h


def conv(n: int, kernel: int, dtype: Any, stride: int = 1, bias: bool = False) -> Conv:
  return Conv(n, kernel, stride, use_bias=bias, pad=(kernel - 1) // 2, dtype=dtype)


class Discriminator(nn.Module):
  """x [B, H, W, C], c -> (logits [B], out): blocks down to 4 x 4; there the sentence joins each
  pixel."""
  width: int = 32
  told: Callable[[], nn.Module] = lambda: lambda c: c
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: PyTree, *, train: bool) -> tuple[Array, dict]:
    h = Blocks(self.width, self.dtype)(x)
    y = self.told()(c).astype(h.dtype)
    y = jnp.broadcast_to(y[:, None, None], (*h.shape[:3], y.shape[1]))
    h = act(conv(2 * self.width, 3, self.dtype)(jnp.concatenate([h, y], axis=3)))
    logits = Conv(1, 4, use_bias=False, pad=0, dtype=self.dtype)(h)
    return logits[:, 0, 0, 0].astype(jnp.float32), {}


class Projected(nn.Module):
  """x [B, H, W, C], c -> (logits [B], out): the same blocks, two dense layers of `features`,
  and what they see against the sentence: a linear logit + <W h, sentence> (Miyato & Koyama,
  2018, arXiv:1802.05637, eq. 3). It learns what matches sooner than where the sentence is only
  put beside the map.
  """
  width: int = 32
  told: Callable[[], nn.Module] = lambda: lambda c: c
  features: int = 128
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: PyTree, *, train: bool) -> tuple[Array, dict]:
    dense = lambda n: nn.Dense(n, dtype=self.dtype)
    h = Blocks(self.width, self.dtype)(x)
    h = act(dense(self.features)(act(dense(self.features)(h.reshape(h.shape[0], -1)))))
    y = self.told()(c)
    match = (dense(y.shape[1])(h) * y).sum(1)
    return (dense(1)(h)[:, 0] + match).astype(jnp.float32), {}
