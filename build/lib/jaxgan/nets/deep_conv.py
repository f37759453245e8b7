"""The DCGAN that tables of CIFAR-10 compare: transposed convolutions against a deeper D, batch
norm after every convolution but G's last (SNGAN's table 3: Miyato et al., 2018,
arXiv:1802.05957); to the parameter the `deep_conv` of StudioGAN (Kang et al., 2023)."""
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
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    height, width, channels = self.shape
    shrink = 2 ** (len(self.widths) - 1)
    seed = (height // shrink, width // shrink, self.widths[0])
    how = dict(kernel_init=self.kernel_init, dtype=self.dtype)
    x = nn.Dense(seed[0] * seed[1] * seed[2], **how)(z).reshape(-1, *seed)
    for features in self.widths[1:]:
      x = ConvTranspose(features, 4, **how)(x)
      x = nn.relu(BatchNorm(momentum=.9, epsilon=1e-4)(x, train))
    return jnp.tanh(Conv(channels, 3, **how)(x).astype(jnp.float32))


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
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    def layer(features, kernel, stride, x):
      x = self.weights(Conv(features, kernel, stride, kernel_init=self.kernel_init,
                            dtype=self.dtype), train)(x)
      x = BatchNorm(momentum=.9, epsilon=1e-4)(x, train) if self.norm else x
      return nn.relu(x)

    for features in self.widths[:-1]:
      x = layer(features, 4, 2, layer(features, 3, 1, x))
    h = layer(self.widths[-1], 3, 1, x).astype(jnp.float32)
    return judged(self, h.sum((1, 2)), c, train)
