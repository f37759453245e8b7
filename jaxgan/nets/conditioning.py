"""How a network is told the class c, int [B], of what it makes or judges.

At its input: functions (x, c) -> x. In a generator's batch norms: functions (z, c, features)
-> gain and bias [B, features], or None for learned constants.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.types import Array

Condition = Callable[[Array, Array | None], Array]
Modulation = Callable[[Array, Array | None, int], tuple[Array, Array] | None]


def one_hot(c: Array, classes: int) -> Array:
  """One-hot vectors [B, K] of classes, int [B]; mixtures of classes, float [B, K], as they are:
  for pictures of what lies between."""
  return c if jnp.issubdtype(c.dtype, jnp.inexact) else jax.nn.one_hot(c, classes)


def none(x: Array, c: Array | None) -> Array:
  """The network is told nothing."""
  return x


def beside(classes: int) -> Condition:
  """One-hot class beside the noise, [B, Z] -> [B, Z + K] (Mirza & Osindero, 2014,
  arXiv:1411.1784)."""
  return lambda z, c: jnp.concatenate([z, one_hot(c, classes).astype(z.dtype)], axis=1)


def maps(classes: int) -> Condition:
  """One-hot class as constant channels, [B, H, W, C] -> [B, H, W, C + K] (as Perarnau et al.,
  2016, arXiv:1611.06355, at the discriminator's input)."""
  def told(x, c):
    told = one_hot(c, classes).astype(x.dtype)[:, None, None]
    return jnp.concatenate([x, jnp.broadcast_to(told, (*x.shape[:3], classes))], axis=3)
  return told


def unmodulated(z: Array, c: Array | None, features: int) -> None:
  """Batch norm's own gain and bias."""
  return None


def by_class(classes: int) -> Modulation:
  """A gain and a bias a class, 1 and 0 at first (Dumoulin et al., 2017, arXiv:1610.07629)."""
  def modulation(z, c, features):
    gain = nn.Embed(classes, features, embedding_init=nn.initializers.ones)
    bias = nn.Embed(classes, features, embedding_init=nn.initializers.zeros)
    return tuple(one_hot(c, classes) @ table.embedding for table in (gain, bias))
  return modulation


def by_noise(hidden: int = 32) -> Modulation:
  """Gain and bias as functions of the generator's input: self-modulation (Chen et al., 2019,
  arXiv:1810.01365, section 2)."""
  def modulation(z, c, features):
    h = nn.relu(nn.Dense(hidden)(z))
    return 1 + nn.Dense(features)(h), nn.Dense(features)(h)
  return modulation
