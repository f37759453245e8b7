"""StarGAN: one translator among several looks (Choi et al., 2018, arXiv:1711.09020, tables 4
and 5), to the parameter as the authors' program. c is {'image', 'look', 'to'}, looks as one-hot
floats [B, K] (`data.looks`)."""
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.nets.layers import InstanceNorm, leaky_relu
from jaxgan.types import Array, PyTree


class Generator(nn.Module):
  """c -> x [B, H, W, channels] in (-1, 1); H and W divide by 4. The wanted look is a map a look
  beside the image; padded by zeros, for instance norm would take constant maps out of reflected
  borders. With 5 looks and 6 blocks of width 64: 8,430,528 parameters. There is no z.
  """
  channels: int = 3
  width: int = 64
  blocks: int = 6
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, z: None, c: PyTree, *, train: bool) -> Array:
    how = dict(use_bias=False, dtype=self.dtype)
    normed = lambda h: InstanceNorm(affine=True)(h)
    image, to = c['image'], c['to']
    maps = jnp.broadcast_to(to[:, None, None], (*image.shape[:3], to.shape[1]))
    h = jnp.concatenate([image, maps.astype(image.dtype)], axis=3)
    h = nn.relu(normed(Conv(self.width, 7, pad=3, **how)(h)))
    for times in (2, 4):
      h = nn.relu(normed(Conv(times * self.width, 4, 2, pad=1, **how)(h)))
    for _ in range(self.blocks):
      deep = nn.relu(normed(Conv(h.shape[3], 3, pad=1, **how)(h)))
      h = h + normed(Conv(h.shape[3], 3, pad=1, **how)(deep))
    for times in (2, 1):
      h = nn.relu(normed(ConvTranspose(times * self.width, 4, pad=1, **how)(h)))
    return jnp.tanh(Conv(self.channels, 7, pad=3, **how)(h).astype(jnp.float32))


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B, H', W'], out), out['looks'] [B, K]: which look it is of. c is
  not looked at. With six widths, 128 x 128 x 3 and 5 looks: 44,762,048 parameters."""
  looks: int
  widths: Sequence[int] = (64, 128, 256, 512, 1024, 2048)
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: PyTree = None, *, train: bool) -> tuple[Array, dict]:
    h = x
    for width in self.widths:
      h = leaky_relu(.01)(Conv(width, 4, 2, pad=1, dtype=self.dtype)(h))
    logits = Conv(1, 3, pad=1, use_bias=False, dtype=self.dtype)(h)[..., 0]
    looks = Conv(self.looks, h.shape[1:3], pad=0, use_bias=False, dtype=self.dtype)(h)
    return logits.astype(jnp.float32), {'looks': looks[:, 0, 0].astype(jnp.float32)}
