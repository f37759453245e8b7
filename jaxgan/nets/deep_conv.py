"""The DCGAN that tables of CIFAR-10 compare: transposed convolutions against a deeper D, batch
norm in all layers (SNGAN's table 3: Miyato et al., 2018, arXiv:1802.05957); to the parameter
the `deep_conv` of StudioGAN (Kang et al., 2023)."""
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import heads, layers
from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.nets.layers import BatchNorm
from jaxgan.nets.resnet import judged
from jaxgan.types import Array


class Generator(nn.Module):
  """z [B, Z] -> x [B, H, W, C] in (-1, 1): a dense layer to [H/d, W/d, widths[0]],
  d = 2^(len(widths) - 1), transposed convolutions 4x4 that double, norm, ReLU; 3x3 and tanh."""
  shape: Sequence[int]  # H, W, C of one image
  widths: Sequence[int] = (512, 256, 128, 64)
  kernel_init: Any = nn.initializers.orthogonal()

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    height, width, channels = self.shape
    shrink = 2 ** (len(self.widths) - 1)
    seed = (height // shrink, width // shrink, self.widths[0])
    x = nn.Dense(seed[0] * seed[1] * seed[2], kernel_init=self.kernel_init)(z)
    x = x.reshape(-1, *seed)
    for features in self.widths[1:]:
      x = ConvTranspose(features, 4, kernel_init=self.kernel_init)(x)
      x = nn.relu(BatchNorm(momentum=.9, epsilon=1e-4)(x, train))
    return jnp.tanh(Conv(channels, 3, kernel_init=self.kernel_init)(x))


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], out): 3x3, then 4x4 that halves, to each width but the last,
  3x3 to the last, the sum over pixels, then a head; `norm` and ReLU after each layer.

  out holds 'features' [B, F] too. With `weights=layers.spectral` take `norm=False`.
  """
  widths: Sequence[int] = (64, 128, 256, 512)
  norm: bool = True
  weights: Callable = layers.plain
  head: heads.Head = heads.linear
  kernel_init: Any = nn.initializers.orthogonal()

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    def layer(features, kernel, stride, x):
      x = self.weights(Conv(features, kernel, stride, kernel_init=self.kernel_init), train)(x)
      x = BatchNorm(momentum=.9, epsilon=1e-4)(x, train) if self.norm else x
      return nn.relu(x)

    for features in self.widths[:-1]:
      x = layer(features, 4, 2, layer(features, 3, 1, x))
    return judged(self, layer(self.widths[-1], 3, 1, x).sum((1, 2)), c, train)
