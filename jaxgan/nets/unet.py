"""The U-Net of pix2pix (Isola et al., 2017, arXiv:1611.07004, section 6.1.1): an image in, an
image out. As in the authors' PyTorch program."""
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.nets.layers import BatchNorm, Dropout, InstanceNorm, leaky_relu
from jaxgan.types import Array

Norm = Callable[[bool], Callable[[Array], Array]]  # train -> layer
normal = nn.initializers.normal(.02)


def around_one(key, shape, dtype=jnp.float32):
  """N(1, .02): how pix2pix starts the gains of batch norm."""
  return 1 + normal(key, shape, dtype)


def batch_norm(train: bool) -> Callable[[Array], Array]:
  layer = BatchNorm(momentum=.9, epsilon=1e-5, scale_init=around_one)
  return lambda x: layer(x, train)


def instance_norm(train: bool) -> Callable[[Array], Array]:
  return InstanceNorm()


class Generator(nn.Module):
  """c [B, H, W, C] -> x [B, H, W, channels] in (-1, 1).

  A convolution of stride 2 a width, and back by transposed ones; each map on the way up is
  joined with its equal on the way down. H and W must divide by 2 ^ len(widths). The noise is
  dropout, on the `dropped` innermost maps of the way up but the first; there is no z. With the
  default widths, of 256 x 256 images: 54,413,955 parameters, in 3 channels and out 3.
  """
  channels: int = 3
  widths: Sequence[int] = (64, 128, 256, 512, 512, 512, 512, 512)
  dropped: int = 3
  dropout: float = .5
  norm: Norm = batch_norm
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: None, c: Array, *, train: bool) -> Array:
    depth = len(self.widths)
    if any(size % 2 ** depth for size in c.shape[1:3]):
      raise ValueError(f'{depth} widths halve a map {depth} times: {c.shape[1]}x{c.shape[2]} '
                       f'must divide by {2 ** depth}')
    plain = self.norm is batch_norm  # which makes a bias before it idle
    how = dict(kernel=4, stride=2, kernel_init=normal, dtype=self.dtype)
    h, maps = c, []
    for i, width in enumerate(self.widths):
      h = Conv(width, use_bias=not plain, **how)(leaky_relu(.2)(h) if i else h)
      if 0 < i < depth - 1:
        h = self.norm(train)(h)
      maps.append(h)
    for i in reversed(range(depth)):
      h = nn.relu(h if i == depth - 1 else jnp.concatenate([maps[i], h], axis=3))
      if i == 0:
        return jnp.tanh(ConvTranspose(self.channels, **how)(h).astype(jnp.float32))
      h = self.norm(train)(ConvTranspose(self.widths[i - 1], use_bias=not plain, **how)(h))
      if depth - 1 - self.dropped <= i < depth - 1:
        h = Dropout(self.dropout)(h, train)
