"""The DCGAN of TensorFlow's tutorial (tensorflow.org/tutorials/generative/dcgan; after Radford
et al., 2015, arXiv:1511.06434), for other sizes too."""
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import conditioning, heads, layers
from jaxgan.nets.conditioning import Condition, Modulation
from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.nets.layers import BatchNorm, Dropout, leaky_relu
from jaxgan.types import Array

# Keras's defaults, which the tutorial trains with. Glorot's bound counts inputs and outputs
# alike, so it is the same for a transposed kernel.
glorot = nn.initializers.glorot_uniform()


class Generator(nn.Module):
  """z [B, Z] -> x [B, H, W, C] in (-1, 1).

  A dense layer to [H/d, W/d, widths[0]], d = 2^(len(widths) - 1), then transposed
  convolutions 5x5 to widths[1] (stride 1), widths[2] (stride 2), .., C (stride 2), no
  biases, batch norm and leaky ReLU between. At 28x28: the tutorial's 7x7x256, 128, 64, 1.
  """
  shape: Sequence[int]  # H, W, C of one image
  widths: Sequence[int] = (256, 128, 64)
  kernel: int = 5
  condition: Condition = conditioning.none
  modulation: Modulation = conditioning.unmodulated
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: Array, c=None, *, train: bool) -> Array:
    def normed(x):  # momentum and epsilon are Keras's
      how = self.modulation(z, c, x.shape[-1])
      return leaky_relu(.3)(BatchNorm(momentum=.99, epsilon=1e-3)(x, train, how))

    height, width, channels = self.shape
    shrink = 2 ** (len(self.widths) - 1)
    if height % shrink or width % shrink:
      raise ValueError(f'{len(self.widths)} widths double a map {len(self.widths) - 1} times: '
                       f'{height}x{width} must divide by {shrink}')
    seed = (height // shrink, width // shrink, self.widths[0])
    z = self.condition(z, c)
    x = nn.Dense(seed[0] * seed[1] * seed[2], use_bias=False, kernel_init=glorot,
                 dtype=self.dtype)(z)
    x = normed(x).reshape(-1, *seed)
    for i, features in enumerate((*self.widths[1:], channels)):
      x = ConvTranspose(features, self.kernel, stride=1 if i == 0 else 2, use_bias=False,
                        kernel_init=glorot, dtype=self.dtype)(x)
      x = jnp.tanh(x.astype(jnp.float32)) if i == len(self.widths) - 1 else normed(x)
    return x


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], out): convolutions of stride 2, then a head, which is one
  dense layer. `weights` is layers.plain or layers.spectral; out holds 'features' [B, F] too.
  """
  widths: Sequence[int] = (64, 128)
  kernel: int = 5
  dropout: float = .3
  condition: Condition = conditioning.none
  weights: Callable = layers.plain
  head: heads.Head = heads.linear
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c=None, *, train: bool) -> tuple[Array, dict]:
    x = self.condition(x, c)
    for features in self.widths:
      conv = Conv(features, self.kernel, stride=2, kernel_init=glorot, dtype=self.dtype)
      x = leaky_relu(.3)(self.weights(conv, train)(x))
      x = Dropout(self.dropout)(x, train)
    h = x.reshape(x.shape[0], -1).astype(jnp.float32)
    logits, out = self.head(h, c, lambda n, use_bias=True: self.weights(
        nn.Dense(n, use_bias=use_bias, kernel_init=glorot), train))
    return logits, {'features': h, **out}
