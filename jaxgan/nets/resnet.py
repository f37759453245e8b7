"""The ResNet GANs: WGAN-GP's (Gulrajani et al., 2017, arXiv:1704.00028, appendix F), SNGAN
(Miyato et al., 2018, arXiv:1802.05957, appendix B.4) with its projection form, and SAGAN (Zhang
et al., 2019, arXiv:1805.08318); to the parameter those of StudioGAN (Kang et al., 2023)."""
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import heads, layers
from jaxgan.nets.attention import SelfAttention
from jaxgan.nets.conditioning import one_hot
from jaxgan.nets.conv import Conv
from jaxgan.nets.layers import BatchNorm
from jaxgan.types import Array

# (z, c, n blocks) -> what the first layer gets, [B, Z], and what each block is told, [B, Y]
Style = Callable[[Array, Array | None, int], tuple[Array, Sequence[Array | None]]]

# Multiples of the papers' width: G's maps from 4x4 up to the image, D's blocks from the image
# down. At 32x32 the papers' width 256 of G is 4 x 64, and 128 of D 2 x 64.
G_WIDTHS = {32: (4, 4, 4, 4), 64: (16, 8, 4, 2, 1), 128: (16, 16, 8, 4, 2, 1),
            256: (16, 16, 8, 8, 4, 2, 1)}
D_WIDTHS = {32: (2, 2, 2, 2), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16),
            256: (1, 2, 4, 8, 8, 16, 16)}


def g_widths(resolution: int, width: int = 64) -> tuple[int, ...]:
  """A generator's channels, coarse to fine."""
  return tuple(width * n for n in G_WIDTHS[resolution])


def d_widths(resolution: int, width: int = 64) -> tuple[int, ...]:
  """A discriminator's channels, fine to coarse."""
  return tuple(width * n for n in D_WIDTHS[resolution])


def unconditional(z: Array, c: Array | None, n: int):
  """The blocks are told nothing."""
  return z, [None] * n


def by_class(classes: int) -> Style:
  """Every block is told the class: conditional batch norm."""
  return lambda z, c, n: (z, [one_hot(c, classes)] * n)


def doubled(x: Array) -> Array:
  """Nearest neighbour, [B, H, W, C] -> [B, 2H, 2W, C]."""
  b, h, w, c = x.shape
  fourfold = jnp.broadcast_to(x[:, :, None, :, None], (b, h, 2, w, 2, c))
  return fourfold.reshape(b, 2 * h, 2 * w, c)


def halved(x: Array) -> Array:
  """The mean of each 2x2 pixels, [B, H, W, C] -> [B, H/2, W/2, C]."""
  b, h, w, c = x.shape
  return x.reshape(b, h // 2, 2, w // 2, 2, c).mean((2, 4))


class Norm(nn.Module):
  """Batch norm, its gain and bias linear in y [B, Y], or learned constants if y is None."""
  weights: Callable
  kernel_init: Any

  @nn.compact
  def __call__(self, x: Array, y: Array | None, train: bool) -> Array:
    def linear():
      return self.weights(nn.Dense(x.shape[-1], use_bias=False, kernel_init=self.kernel_init),
                          train)(y)
    how = None if y is None else (1 + linear(), linear())
    return BatchNorm(momentum=.9, epsilon=1e-4)(x, train, how)


class Up(nn.Module):
  """G's block: norm, ReLU, double, 3x3, norm, ReLU, 3x3; beside it double and 1x1, which is
  the same as 1x1 and double, at a quarter of the price."""
  features: int
  weights: Callable
  kernel_init: Any
  dtype: Any

  @nn.compact
  def __call__(self, x: Array, y: Array | None, train: bool) -> Array:
    def conv(kernel, a):
      return self.weights(Conv(self.features, kernel, kernel_init=self.kernel_init,
                               dtype=self.dtype), train)(a)
    normed = lambda a: nn.relu(Norm(self.weights, self.kernel_init)(a, y, train))
    h = conv(3, doubled(normed(x)))
    return conv(3, normed(h)) + doubled(conv(1, x))


class Down(nn.Module):
  """D's block: ReLU, 3x3, ReLU, 3x3, and halve if `down`; beside it 1x1, if the shape changes.
  The first block of D begins without ReLU."""
  features: int
  down: bool
  first: bool
  weights: Callable
  kernel_init: Any
  dtype: Any

  @nn.compact
  def __call__(self, x: Array, train: bool) -> Array:
    def conv(kernel, a):
      return self.weights(Conv(self.features, kernel, kernel_init=self.kernel_init,
                               dtype=self.dtype), train)(a)
    h = conv(3, x if self.first else nn.relu(x))
    h = conv(3, nn.relu(h))
    if self.down:  # the mean commutes with a 1x1 convolution
      h, x = halved(h), halved(x)
    changes = self.down or x.shape[-1] != self.features
    return h + (conv(1, x) if changes else x)


class Generator(nn.Module):
  """z [B, Z] -> x [B, H, W, C] in (-1, 1): a dense layer to [H/d, W/d, widths[0]],
  d = 2^(len(widths) - 1), a block a further width, then norm, ReLU, 3x3 and tanh.

  `style` says what the blocks are told; `attention` after which map, by its height;
  `weights` is layers.plain or layers.spectral (SAGAN); `block` is made of a width.
  """
  shape: Sequence[int]  # H, W, C of one image
  widths: Sequence[int]
  style: Style = unconditional
  attention: int | None = None
  weights: Callable = layers.plain
  block: Callable = Up
  kernel_init: Any = nn.initializers.orthogonal()
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    how = dict(weights=self.weights, kernel_init=self.kernel_init, dtype=self.dtype)
    height, width, channels = self.shape
    shrink = 2 ** (len(self.widths) - 1)
    if height % shrink or width % shrink:
      raise ValueError(f'{len(self.widths)} widths double a map {len(self.widths) - 1} times: '
                       f'{height}x{width} must divide by {shrink}')
    seed = (height // shrink, width // shrink, self.widths[0])
    z, told = self.style(z, c, len(self.widths) - 1)
    dense = nn.Dense(seed[0] * seed[1] * seed[2], kernel_init=self.kernel_init,
                     dtype=self.dtype)
    x = self.weights(dense, train)(z).reshape(-1, *seed)
    for features, y in zip(self.widths[1:], told, strict=True):
      x = self.block(features, **how)(x, y, train)
      if x.shape[1] == self.attention:
        x = SelfAttention(**how)(x, train)
    x = nn.relu(BatchNorm(momentum=.9, epsilon=1e-4)(x, train))
    conv = Conv(channels, 3, kernel_init=self.kernel_init, dtype=self.dtype)
    return jnp.tanh(self.weights(conv, train)(x).astype(jnp.float32))


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], out): blocks, ReLU, the sum over pixels, then a head.

  The first `downs` blocks halve their map; `pool` may be jnp.mean, as in WGAN-GP. out holds
  'features' [B, F] too.
  """
  widths: Sequence[int]
  downs: int
  attention: int | None = None
  weights: Callable = layers.spectral
  head: heads.Head = heads.linear
  kernel_init: Any = nn.initializers.orthogonal()
  dtype: Any = jnp.float32
  pool: Callable = jnp.sum
  block: Callable = Down

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    how = dict(weights=self.weights, kernel_init=self.kernel_init, dtype=self.dtype)
    for i, features in enumerate(self.widths):
      x = self.block(features, down=i < self.downs, first=i == 0, **how)(x, train)
      if x.shape[1] == self.attention:
        x = SelfAttention(**how)(x, train)
    return judged(self, self.pool(nn.relu(x).astype(jnp.float32), axis=(1, 2)), c, train)


def judged(net: nn.Module, h: Array, c: Array | None, train: bool):
  """What a discriminator's head says of its features h [B, F]."""
  logits, out = net.head(h, c, lambda n, use_bias=True: net.weights(
      nn.Dense(n, use_bias=use_bias, kernel_init=net.kernel_init), train))
  return logits, {'features': h, **out}
