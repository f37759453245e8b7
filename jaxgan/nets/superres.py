"""Super-resolution: an image of `by` times the height and width of c. Sizes as in BasicSR."""
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import layers
from jaxgan.nets.conv import Conv
from jaxgan.nets.layers import BatchNorm, leaky_relu, pixel_shuffle
from jaxgan.nets.resnet import doubled
from jaxgan.types import Array

he = nn.initializers.he_normal()
small = nn.initializers.variance_scaling(.02, 'fan_in', 'normal')  # he, times .1


def enlarged(x: Array, by: int) -> Array:
  """x [B, H, W, C] -> [B, by H, by W, C], bilinear."""
  return jax.image.resize(x, (len(x), by * x.shape[1], by * x.shape[2], x.shape[3]), 'bilinear')


class Residual(nn.Module):
  """c [B, H, W, C] -> x [B, by H, by W, C], by a power of 2: residual blocks and pixel shuffle
  (SRGAN: Ledig et al., 2017, arXiv:1609.04802), without batch norm, added to c enlarged.

  By default 1,517,571 parameters for 3 channels: MSRResNet. There is no z.
  """
  width: int = 64
  blocks: int = 16
  by: int = 4
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: None, c: Array, *, train: bool) -> Array:
    act = leaky_relu(.1)
    conv = lambda n: Conv(n, 3, kernel_init=small, dtype=self.dtype)
    h = act(conv(self.width)(c))
    for _ in range(self.blocks):
      h = h + conv(self.width)(nn.relu(conv(self.width)(h)))
    for _ in range(self.by.bit_length() - 1):
      h = act(pixel_shuffle(conv(4 * self.width)(h), 2))
    x = conv(c.shape[3])(act(conv(self.width)(h)))
    return x.astype(jnp.float32) + enlarged(c, self.by)


class RRDB(nn.Module):
  """The same by residual-in-residual dense blocks, doubled by nearest neighbours (ESRGAN: Wang
  et al., 2018, arXiv:1809.00219, section 3.1). By default 16,697,987 parameters: RRDBNet."""
  width: int = 64
  growth: int = 32
  blocks: int = 23
  by: int = 4
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, z: None, c: Array, *, train: bool) -> Array:
    act = leaky_relu(.2)
    conv = lambda n, init=he: Conv(n, 3, kernel_init=init, dtype=self.dtype)

    def dense(x):
      seen = [x]
      for _ in range(4):
        seen.append(act(conv(self.growth, small)(jnp.concatenate(seen, 3))))
      return x + .2 * conv(self.width, small)(jnp.concatenate(seen, 3))

    first = h = conv(self.width)(c)
    for _ in range(self.blocks):
      h = h + .2 * dense(dense(dense(h)))
    h = first + conv(self.width)(h)
    for _ in range(self.by.bit_length() - 1):
      h = act(conv(self.width)(doubled(h)))
    return conv(c.shape[3])(act(conv(self.width)(h))).astype(jnp.float32)


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], out): pairs of convolutions, the second of which halves the
  map, batch norm on all but the first, two dense layers. Conditions are not looked at.

  By default 14,499,401 parameters for 128 x 128 x 3: BasicSR's VGGStyleDiscriminator.
  """
  widths: Sequence[int] = (64, 128, 256, 512, 512)
  dense: int = 100
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: Any = None, *, train: bool):
    act, maps = leaky_relu(.2), []
    for i, width in enumerate(self.widths):
      for kernel, stride in ((3, 1), (4, 2)):
        first = not i and stride == 1
        x = Conv(width, kernel, stride, pad=1, use_bias=first, kernel_init=he,
                 dtype=self.dtype)(x)
        x = act(x if first else BatchNorm(momentum=.9, epsilon=1e-5)(x, train))
      maps.append(x)
    x = act(nn.Dense(self.dense, dtype=self.dtype)(x.reshape(len(x), -1)))
    return nn.Dense(1, dtype=jnp.float32)(x)[:, 0], {'maps': maps}


class UNetDiscriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B, H, W], out), a logit a pixel: spectral norm, a bilinear way
  up, added to the way down (Real-ESRGAN: Wang et al., 2021, arXiv:2107.10833). H and W divide
  by 8. By default 4,376,897 parameters for 3 channels."""
  width: int = 64
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: Any = None, *, train: bool):
    act, n = leaky_relu(.2), self.width

    def normed(h, width, kernel=3, stride=1) -> Array:
      conv = Conv(width, kernel, stride, use_bias=False, pad=1, dtype=self.dtype)
      return act(layers.spectral(conv, train)(h))
    downs = [act(Conv(n, 3, dtype=self.dtype)(x))]
    for times in (2, 4, 8):
      downs.append(normed(downs[-1], times * n, 4, 2))
    h = downs.pop()
    for times in (4, 2, 1):
      h = normed(enlarged(h, 2), times * n) + downs.pop()
    for _ in range(2):
      h = normed(h, n)
    return Conv(1, 3, dtype=jnp.float32)(h)[..., 0], {}
