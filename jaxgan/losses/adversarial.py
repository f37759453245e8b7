"""Adversarial losses: what D's judgement of real and of fake is worth to each player.

Logits are float32 [B] (or any shape, or a pytree of them: the mean is taken over all
elements of a leaf, the sum over leaves).
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.nn import sigmoid, softplus

from jaxgan.losses.base import Loss
from jaxgan.types import Array, PyTree


def adversarial(d: Callable[[Array, Array], Array], g: Callable[[Array, Array], Array],
                read: Callable[[Array], Array] = lambda logits: logits) -> Loss:
  """A loss from two functions (real logits, fake logits) -> elementwise values.

  Terms: 'adversarial' for each player. `read` maps logits to what the log shows of them
  as 'real' and 'fake'.
  """
  def objective(value):
    def of_round(round, memory):
      each = jax.tree.map(lambda r, f: value(f32(r), f32(f)).mean(),
                          round.on_real[0], round.on_fake[0])
      return {'adversarial': sum(jax.tree.leaves(each))}, memory
    return of_round

  def reading(round):
    return {'real': tree_mean(read, round.on_real[0]),
            'fake': tree_mean(read, round.on_fake[0])}

  return Loss(d=objective(d), g=objective(g), read=reading)


def minimax() -> Loss:
  """The original game: G minimises what D maximises (Goodfellow et al., 2014, eq. 1).

  D minimises -log D(x) - log(1 - D(G(z))), and G log(1 - D(G(z))), which saturates where D
  is sure of a fake. With D = sigmoid(logit): log(1 - D) = -softplus(logit).
  """
  return adversarial(d=lambda real, fake: softplus(-real) + softplus(fake),
                     g=lambda real, fake: -softplus(fake), read=sigmoid)


def non_saturating() -> Loss:
  """G minimises -log D(G(z)) instead (Goodfellow et al., 2014, section 3)."""
  return adversarial(d=lambda real, fake: softplus(-real) + softplus(fake),
                     g=lambda real, fake: softplus(-fake), read=sigmoid)


def f32(a: Array) -> Array:
  """Losses are taken in float32, whatever the network computes in."""
  return a.astype(jnp.float32)


def tree_mean(f: Callable[[Array], Array], tree: PyTree) -> Array:
  """The mean over leaves of the mean of f."""
  means = [f(f32(leaf)).mean() for leaf in jax.tree.leaves(tree)]
  return sum(means) / len(means)
