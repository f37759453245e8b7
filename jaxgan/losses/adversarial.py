"""Adversarial losses: what D's judgement of real and of fake is worth to each player.

Logits are float32 [B] (or any shape, or a pytree of them: the mean is taken over all
elements of a leaf, the sum over leaves).
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.nn import relu, sigmoid, softplus

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


def least_squares() -> Loss:
  """Targets 1 for real, 0 for fake, and 1 for G (Mao et al., 2017, arXiv:1611.04076, eq. 9)."""
  return adversarial(d=lambda real, fake: ((real - 1) ** 2 + fake ** 2) / 2,
                     g=lambda real, fake: (fake - 1) ** 2 / 2)


def hinge() -> Loss:
  """Lim & Ye, 2017, arXiv:1705.02894, eq. 14-16; Miyato et al., 2018, eq. 16-17."""
  return adversarial(d=lambda real, fake: relu(1 - real) + relu(1 + fake),
                     g=lambda real, fake: -fake)


def wasserstein() -> Loss:
  """The critic's gap (Arjovsky et al., 2017, arXiv:1701.07875, eq. 2-3): it is a distance only
  of a critic that is held 1-Lipschitz, by `penalties.gradient_penalty` or clipped weights."""
  return adversarial(d=lambda real, fake: fake - real, g=lambda real, fake: -fake)


def relativistic() -> Loss:
  """Real and fake of one pair against each other: RpGAN (Jolicoeur-Martineau, 2018,
  arXiv:1807.00734, eq. 7-8), the loss of R3GAN (Huang et al., 2024, arXiv:2501.05441)."""
  return adversarial(d=lambda real, fake: softplus(fake - real),
                     g=lambda real, fake: softplus(real - fake))


def f32(a: Array) -> Array:
  """Losses are taken in float32, whatever the network computes in."""
  return a.astype(jnp.float32)


def tree_mean(f: Callable[[Array], Array], tree: PyTree) -> Array:
  """The mean over leaves of the mean of f."""
  means = [f(f32(leaf)).mean() for leaf in jax.tree.leaves(tree)]
  return sum(means) / len(means)
