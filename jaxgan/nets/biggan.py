"""BigGAN and BigGAN-deep (Brock et al., 2019, arXiv:1809.11096, appendix B), to the parameter
those of StudioGAN (Kang et al., 2023): ResNet GANs whose blocks see z and one embedding of c.

BigGAN is `resnet.Generator` with `style=chunks(..)` and spectral norm, and its discriminator
`resnet.Discriminator` with the projection head. BigGAN-deep's blocks are here.
"""
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import heads, layers, resnet
from jaxgan.nets.attention import SelfAttention
from jaxgan.nets.conditioning import one_hot
from jaxgan.nets.conv import Conv
from jaxgan.nets.resnet import Norm, Style, doubled, halved
from jaxgan.types import Array

orthogonal = nn.initializers.orthogonal()
# Two blocks a stage in BigGAN-deep; D's first width is its input convolution's.
DEEP_D_WIDTHS = {32: (1, 4, 4, 4), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16),
                 256: (1, 2, 4, 8, 8, 16, 16)}


def deep_d_widths(resolution: int, width: int = 128) -> tuple[int, ...]:
  """BigGAN-deep's discriminator's channels, fine to coarse."""
  return tuple(width * n for n in DEEP_D_WIDTHS[resolution])


def embedded(c: Array, classes: int, width: int) -> Array:
  """c, int [B], as a vector [B, width] that all blocks share."""
  table = nn.Embed(classes, width, embedding_init=orthogonal, name='shared')
  return one_hot(c, classes) @ table.embedding


def chunks(classes: int, width: int = 128) -> Style:
  """BigGAN's skip-z: z in equal parts, one for the first layer and one beside the class's
  vector for each block."""
  def style(z, c, n):
    if z.shape[1] % (n + 1):
      raise ValueError(f'z of {z.shape[1]} cannot be cut in {n + 1} equal parts, one for the '
                       f'first layer and one a block: try {z.shape[1] // (n + 1) * (n + 1)}')
    first, *rest = jnp.split(z, n + 1, axis=1)
    told = embedded(c, classes, width)
    return first, [jnp.concatenate([told, part], axis=1) for part in rest]
  return style


def whole(classes: int, width: int = 128) -> Style:
  """BigGAN-deep's: the class's vector and all of z, for the first layer and every block."""
  def style(z, c, n):
    told = jnp.concatenate([embedded(c, classes, width), z], axis=1)
    return told, [told] * n
  return style


class Bottleneck(nn.Module):
  """Norm, ReLU, 1x1 to a quarter of the channels, twice 3x3, 1x1; doubled within, if `up`."""
  features: int
  up: bool
  weights: Callable
  kernel_init: Any
  dtype: Any

  @nn.compact
  def __call__(self, x: Array, y: Array | None, train: bool) -> Array:
    def conv(features, kernel, a):
      return self.weights(Conv(features, kernel, kernel_init=self.kernel_init,
                               dtype=self.dtype), train)(a)
    normed = lambda a: nn.relu(Norm(self.weights, self.kernel_init)(a, y, train))
    grown = doubled if self.up else lambda a: a
    hidden = x.shape[-1] // 4
    h = conv(hidden, 1, normed(x))
    h = conv(hidden, 3, grown(normed(h)))
    h = conv(hidden, 3, normed(h))
    return conv(self.features, 1, normed(h)) + grown(conv(self.features, 1, x))


class DeepUp(nn.Module):
  """A stage of BigGAN-deep's generator: `depth` blocks, the last of which doubles."""
  features: int
  weights: Callable
  kernel_init: Any
  dtype: Any
  depth: int = 2

  @nn.compact
  def __call__(self, x: Array, y: Array | None, train: bool) -> Array:
    how = self.weights, self.kernel_init, self.dtype
    for i in range(self.depth):
      last = i == self.depth - 1
      x = Bottleneck(self.features if last else x.shape[-1], last, *how)(x, y, train)
    return x


class DeepDown(nn.Module):
  """ReLU, 1x1 to a quarter of `features`, ReLU, 3x3, ReLU, 3x3, halve if `down`, ReLU, 1x1."""
  features: int
  down: bool
  weights: Callable
  kernel_init: Any
  dtype: Any

  @nn.compact
  def __call__(self, x: Array, train: bool) -> Array:
    def conv(features, kernel, a):
      return self.weights(Conv(features, kernel, kernel_init=self.kernel_init,
                               dtype=self.dtype), train)(a)
    hidden = self.features // 4
    h = conv(hidden, 1, nn.relu(x))
    h = conv(hidden, 3, nn.relu(h))
    h = conv(hidden, 3, nn.relu(h))
    if self.down:
      h, x = halved(h), halved(x)
    changes = self.down or x.shape[-1] != self.features
    return conv(self.features, 1, nn.relu(h)) + (conv(self.features, 1, x) if changes else x)


class DeepDiscriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], out): 3x3 to widths[0], `depth` blocks a further width,
  ReLU, the sum over pixels, then a head. The first `downs` stages halve their map."""
  widths: Sequence[int]
  downs: int
  depth: int = 2
  attention: int | None = None
  weights: Callable = layers.spectral
  head: heads.Head = heads.linear
  kernel_init: Any = orthogonal
  dtype: Any = jnp.float32
  block: Callable = DeepDown

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    how = dict(weights=self.weights, kernel_init=self.kernel_init, dtype=self.dtype)
    conv = Conv(self.widths[0], 3, kernel_init=self.kernel_init, dtype=self.dtype)
    x = self.weights(conv, train)(x)
    for i, features in enumerate(self.widths[1:]):
      for j in range(self.depth):
        x = self.block(features, down=i < self.downs and j == 0, **how)(x, train)
      if x.shape[1] == self.attention:
        x = SelfAttention(**how)(x, train)
    return resnet.judged(self, nn.relu(x).astype(jnp.float32).sum((1, 2)), c, train)
