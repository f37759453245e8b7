"""Multilayer perceptrons for both players (Goodfellow et al., 2014, arXiv:1406.2661)."""
import math
from collections.abc import Callable, Sequence

import jax
from flax import linen as nn

from jaxgan.types import Array


class Generator(nn.Module):
  """z [B, Z] -> x [B, *shape]: dense layers of `widths`, then one to all elements of x."""
  widths: Sequence[int]
  shape: Sequence[int]  # of one example
  activation: Callable = jax.nn.relu
  output: Callable = jax.numpy.tanh

  @nn.compact
  def __call__(self, z: Array, c=None, *, train: bool) -> Array:
    for width in self.widths:
      z = self.activation(nn.Dense(width)(z))
    x = self.output(nn.Dense(math.prod(self.shape))(z))
    return x.reshape(-1, *self.shape)


class Discriminator(nn.Module):
  """x [B, ...] -> (logits [B], {}): dense layers of `widths`, then one to a logit."""
  widths: Sequence[int]
  activation: Callable

  @nn.compact
  def __call__(self, x: Array, c=None, *, train: bool) -> tuple[Array, dict]:
    x = x.reshape(x.shape[0], -1)
    for width in self.widths:
      x = self.activation(nn.Dense(width)(x))
    return nn.Dense(1)(x)[:, 0], {}
