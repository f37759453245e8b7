"""Networks that complete an image: what is known stays, to the bit.

c is {'image': [B, H, W, C], 0 where nothing is known, 'mask': [B, H, W, 1], 1 where it is known
and 0 in the hole} (`data.masks`). A layer takes features and which of them are known, and gives
both: partial convolutions (Liu et al., 2018, arXiv:1804.07723), which look at what is known
alone, or gated ones (Yu et al., 2019, arXiv:1806.03589), which learn what to look at.
"""
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import layers
from jaxgan.nets.conv import Conv
from jaxgan.nets.layers import BatchNorm, leaky_relu, spread
from jaxgan.nets.resnet import doubled
from jaxgan.types import Array, PyTree


class Partial(nn.Module):
  """A partial convolution, batch norm and `act` (eq. 1 and 2): x is 0 where it is not known,
  and `known` [B, H, W, 1] the share of its channels that are. What no window sees stays 0."""
  features: int
  kernel: int
  stride: int = 1
  act: Callable[[Array], Array] = nn.relu
  norm: bool = True
  use_bias: bool = False
  dtype: Any = None

  @nn.compact
  def __call__(self, x: Array, known: Array, train: bool) -> tuple[Array, Array]:
    conv = Conv(self.features, self.kernel, self.stride, use_bias=False, pad=self.kernel // 2,
                kernel_init=nn.initializers.he_normal(), dtype=self.dtype)
    seen = windows(known, self.kernel, self.stride)
    scale = self.kernel ** 2 / jnp.maximum(seen, 1e-8)
    y = conv(x) * scale.astype(x.dtype)
    if self.use_bias:
      bias = self.param('bias', nn.initializers.zeros, (self.features,))
      y = y + spread(bias, y).astype(y.dtype)
    valid = (seen > 0).astype(y.dtype)
    if self.norm:
      y = BatchNorm(momentum=.9, epsilon=1e-5)(y * valid, train)
    return self.act(y) * valid, valid


class Gated(nn.Module):
  """A convolution of twice the features: one half, through `act`, times the sigmoid of the
  other (eq. 3). `known` is not looked at: the first layer's x has it as a channel."""
  features: int
  kernel: int
  stride: int = 1
  act: Callable[[Array], Array] = nn.elu
  dtype: Any = None

  @nn.compact
  def __call__(self, x: Array, known: Array, train: bool) -> tuple[Array, Array]:
    y = Conv(2 * self.features, self.kernel, self.stride, dtype=self.dtype)(x)
    value, gate = jnp.split(y, 2, -1)
    return self.act(value) * nn.sigmoid(gate), known[:, ::self.stride, ::self.stride]


class Plain(nn.Module):
  """A convolution alone, in the place of such a layer."""
  features: int
  kernel: int
  dtype: Any = None

  @nn.compact
  def __call__(self, x: Array, known: Array, train: bool) -> tuple[Array, Array]:
    return Conv(self.features, self.kernel, dtype=self.dtype)(x), known


class Generator(nn.Module):
  """c -> x [B, H, W, channels]: a U-Net, whose way up is doubled by nearest neighbours and
  joined with the way down. x is c's image where that is known; there is no z. `first`, `down`,
  `up` and `last` make its layers: see `partial` and `gated`."""
  channels: int
  widths: Sequence[int]
  kernels: Sequence[int]
  first: Callable[..., nn.Module]
  down: Callable[..., nn.Module]
  up: Callable[..., nn.Module]
  last: Callable[..., nn.Module]
  sees_mask: bool
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, z: None, c: PyTree, *, train: bool) -> Array:
    image, known = c['image'], c['mask']
    x = jnp.concatenate([image, known], 3) if self.sees_mask else image
    ways = [(x, known)]
    for i, (width, kernel) in enumerate(zip(self.widths, self.kernels)):
      make = self.down if i else self.first
      ways.append(make(width, kernel, stride=2, dtype=self.dtype)(*ways[-1], train))
    found = ways.pop()
    for i, way in reversed(list(enumerate(ways))):
      make = self.up if i else self.last
      width = self.widths[i - 1] if i else self.channels
      found = make(width, 3, dtype=self.dtype)(*joined(*way, *found), train)
    # No tanh: L1 drives the black of most pixels to where its gradient is none.
    return jnp.where(c['mask'] > 0, image, found[0].astype(jnp.float32))


def partial(channels: int = 3, widths: Sequence[int] = (64, 128, 256, 512, 512, 512, 512),
            kernels: Sequence[int] = (7, 5, 5, 3, 3, 3, 3), dtype: Any = jnp.float32):
  """Of partial convolutions. By default 25,779,796 parameters, those of naoto0804's program."""
  make = functools.partial
  return Generator(
      channels, widths, kernels, first=make(Partial, norm=False), down=Partial,
      up=make(Partial, act=leaky_relu(.2)), sees_mask=False, dtype=dtype,
      last=make(Partial, norm=False, use_bias=True, act=lambda a: a))


def gated(channels: int = 3, widths: Sequence[int] = (32, 64, 128, 128),
          kernels: Sequence[int] = (5, 3, 3, 3), dtype: Any = jnp.float32):
  """Of gated convolutions: small, and of one stage; the authors' program has two."""
  return Generator(channels, widths, kernels, first=Gated, down=Gated, up=Gated, last=Plain,
                   sees_mask=True, dtype=dtype)


class Discriminator(nn.Module):
  """x [B, H, W, C] and c's mask -> (logits [B, H', W', F], out): 5 x 5 convolutions of stride 2
  with spectral norm, each feature of the last map a logit (SN-PatchGAN, section 3.3 of Yu et
  al.). With the default widths, of 3 channels: 5,946,816 parameters."""
  widths: Sequence[int] = (64, 128, 256, 256, 256, 256)
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: PyTree, *, train: bool) -> tuple[Array, dict]:
    h, maps = jnp.concatenate([x, c['mask'].astype(x.dtype)], axis=3), []
    for width in self.widths:
      conv = Conv(width, 5, stride=2, dtype=self.dtype)
      h = leaky_relu(.2)(layers.spectral(conv, train)(h))
      maps.append(h)
    return h.astype(jnp.float32), {'maps': maps}


def windows(known: Array, kernel: int, stride: int) -> Array:
  """The sum of `known` over each window of a convolution; beyond the edge nothing is."""
  pad = (kernel // 2,) * 2
  return jax.lax.reduce_window(known.astype(jnp.float32), 0., jax.lax.add,
                               (1, kernel, kernel, 1), (1, stride, stride, 1),
                               ((0, 0), pad, pad, (0, 0)))


def joined(skip: Array, skip_known: Array, x: Array, known: Array) -> tuple[Array, Array]:
  """x, brought to the size of the map on the way down, beside that; and the share of both's
  channels that is known."""
  height, width = skip.shape[1:3]
  up = lambda a: doubled(a)[:, :height, :width]  # halves of odd sizes were rounded up
  n, m = x.shape[3], skip.shape[3]
  share = (n * up(known) + m * skip_known) / (n + m)
  return jnp.concatenate([up(x), skip], axis=3), share
