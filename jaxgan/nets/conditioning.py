"""How a network is told the class c, int [B], of what it makes or judges.

Each is a function (x, c) -> x that a network applies to its input.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan.types import Array

Condition = Callable[[Array, Array | None], Array]


def none(x: Array, c: Array | None) -> Array:
  """The network is told nothing."""
  return x


def beside(classes: int) -> Condition:
  """One-hot class beside the noise, [B, Z] -> [B, Z + K] (Mirza & Osindero, 2014,
  arXiv:1411.1784)."""
  return lambda z, c: jnp.concatenate([z, jax.nn.one_hot(c, classes, dtype=z.dtype)], axis=1)


def maps(classes: int) -> Condition:
  """One-hot class as constant channels, [B, H, W, C] -> [B, H, W, C + K] (as Perarnau et al.,
  2016, arXiv:1611.06355, at the discriminator's input)."""
  def told(x, c):
    hot = jax.nn.one_hot(c, classes, dtype=x.dtype)[:, None, None]
    return jnp.concatenate([x, jnp.broadcast_to(hot, (*x.shape[:3], classes))], axis=3)
  return told
