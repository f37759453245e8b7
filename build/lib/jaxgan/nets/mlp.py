"""Multilayer perceptrons for both players (Goodfellow et al., 2014, arXiv:1406.2661)."""
import math
from collections.abc import Callable, Sequence

import jax
from flax import linen as nn

from jaxgan.nets import heads, layers
from jaxgan.types import Array


class Generator(nn.Module):
  """z [B, Z] -> x [B, *shape]: dense layers of `widths`, then one to all elements of x."""
  widths: Sequence[int]
  shape: Sequence[int]  # of one example
  activation: Callable = jax.nn.relu
  output: Callable = jax.numpy.tanh
  normed: bool = False  # batch norm before each activation

  @nn.compact
  def __call__(self, z: Array, c=None, *, train: bool) -> Array:
    for width in self.widths:
      z = nn.Dense(width, use_bias=not self.normed)(z)
      if self.normed:
        z = layers.BatchNorm(momentum=.9, epsilon=1e-5)(z, train)
      z = self.activation(z)
    x = self.output(nn.Dense(math.prod(self.shape))(z))
    return x.reshape(-1, *self.shape)


class Autoencoder(nn.Module):
  """x [B, ...] -> (logits [B], {}): minus the mean distance |x - x'|^power, over elements, to
  what dense layers of `widths`, down to a code and up again, make of x; an energy, for EBGAN
  (power 2) and BEGAN (power 1)."""
  widths: Sequence[int]  # the last is the code's
  power: int = 1
  activation: Callable = jax.nn.elu

  @nn.compact
  def __call__(self, x: Array, c=None, *, train: bool) -> tuple[Array, dict]:
    x = x.reshape(x.shape[0], -1)
    h = x
    for width in (*self.widths, *self.widths[-2::-1]):
      h = self.activation(nn.Dense(width)(h))
    return -(jax.numpy.abs(x - nn.Dense(x.shape[1])(h)) ** self.power).mean(1), {}


class Discriminator(nn.Module):
  """x [B, ...] -> (logits [B], out): dense layers of `widths`, then a head. `weights` is
  layers.plain or layers.spectral; out holds 'features' [B, F] too. `noise`: sigmas of what is
  added in training, to x and to what each further layer takes."""
  widths: Sequence[int]
  activation: Callable
  noise: Sequence[float] = ()
  weights: Callable = layers.plain
  head: heads.Head = heads.linear

  @nn.compact
  def __call__(self, x: Array, c=None, *, train: bool) -> tuple[Array, dict]:
    x = x.reshape(x.shape[0], -1)
    sigmas = (*self.noise, *[0.] * len(self.widths))
    for width, sigma in zip(self.widths, sigmas):
      x = layers.GaussianNoise(sigma)(x, train)
      x = self.activation(self.weights(nn.Dense(width), train)(x))
    logits, out = self.head(x, c, lambda n, use_bias=True: self.weights(
        nn.Dense(n, use_bias=use_bias), train))
    return logits, {'features': x, **out}
