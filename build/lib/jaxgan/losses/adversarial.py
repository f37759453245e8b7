"""Adversarial losses: what D's judgement of real and of fake is worth to each player.

Logits are float32 [B], or of any shape [B, ..], as a critic of patches has them, or a pytree of
such: the mean is taken over all elements of a leaf, the sum over leaves.
"""
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import relu, sigmoid, softplus

from jaxgan import axis
from jaxgan.losses.base import Loss
from jaxgan.types import Array, PyTree, Schedule


def adversarial(d: Callable[[Array, Array], Array], g: Callable[[Array, Array], Array],
                read: Callable[[Array], Array] = lambda logits: logits) -> Loss:
  """A loss from two functions (real logits, fake logits) -> elementwise values.

  Terms: 'adversarial' for each player. `read` maps logits to what the log shows of them
  as 'real' and 'fake', beside 'ranking'.
  """
  def objective(value):
    def of_round(round, memory):
      each = jax.tree.map(lambda r, f: value(f32(r), f32(f)).mean(),
                          round.on_real[0], round.on_fake[0])
      return {'adversarial': sum(jax.tree.leaves(each))}, memory
    return of_round

  def reading(round, memory):
    real, fake = round.on_real[0], round.on_fake[0]
    return {'real': tree_mean(read, real), 'fake': tree_mean(read, fake),
            'ranking': tree_mean(lambda right: right, jax.tree.map(ranking, real, fake))}

  return Loss(d=objective(d), g=objective(g), read=reading)


def minimax() -> Loss:
  """The original game: G minimises what D maximises (Goodfellow et al., 2014, eq. 1).

  D minimises -log D(x) - log(1 - D(G(z))), and G log(1 - D(G(z))), which saturates where D
  is sure of a fake. With D = sigmoid(logit): log(1 - D) = -softplus(logit).
  """
  return adversarial(d=lambda real, fake: softplus(-real) + softplus(fake),
                     g=lambda real, fake: -softplus(fake), read=sigmoid)


def non_saturating(smoothing: float = 0.) -> Loss:
  """G minimises -log D(G(z)) instead (Goodfellow et al., 2014, section 3).

  `smoothing` a > 0: D's target for real examples is 1 - a, for fakes still 0 (one-sided label
  smoothing: Salimans et al., 2016, arXiv:1606.03498, section 3.4).
  """
  return adversarial(d=lambda real, fake: softplus(-real) + smoothing * real + softplus(fake),
                     g=lambda real, fake: softplus(-fake), read=sigmoid)


def least_squares() -> Loss:
  """Targets 1 for real, 0 for fake, and 1 for G (Mao et al., 2017, arXiv:1611.04076, eq. 9)."""
  return adversarial(d=lambda real, fake: ((real - 1) ** 2 + fake ** 2) / 2,
                     g=lambda real, fake: (fake - 1) ** 2 / 2)


def hinge() -> Loss:
  """Geometric GAN (Lim & Ye, 2017, arXiv:1705.02894, eq. 14-16); Miyato et al., 2018, eq.
  16-17."""
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


def relativistic_average() -> Loss:
  """Each against the mean of the other kind, over all devices: RaGAN (Jolicoeur-Martineau,
  2018, eq. 10-11 with f1 = softplus(-.), as RaSGAN). Its gradient goes through the means."""
  mean = lambda logits: axis.vary(axis.mean(logits.mean()))

  def sides(up, down):  # the side that is to rise, the one that is to fall
    return softplus(mean(down) - up) + softplus(down - mean(up))
  return adversarial(d=sides, g=lambda real, fake: sides(fake, real))


def energy_based(margin: float) -> Loss:
  """-logit is an energy, at least 0: D lowers it on real examples and lifts it on fakes up to
  the margin (Zhao et al., 2017, arXiv:1609.03126, eq. 1-2). D may be an `mlp.Autoencoder`."""
  return adversarial(d=lambda real, fake: -real + relu(margin + fake),
                     g=lambda real, fake: -fake)


def boundary_equilibrium(diversity: float = .5, rate: float = 1e-3) -> Loss:
  """BEGAN: D minimises E(x) - k E(G(z)), G minimises E(G(z)), and k in [0, 1], remembered,
  rises by rate (diversity E(x) - E(G(z))) (Berthelot et al., 2017, arXiv:1703.10717, section
  3.4). -logit is the energy E of an `mlp.Autoencoder`. The log shows 'convergence', M, by
  which the paper judges training.
  """
  def energies(round):
    return tuple(-tree_sum(logits) for logits in (round.on_real[0], round.on_fake[0]))

  def d(round, k):
    real, fake = energies(round)
    ahead = lax.stop_gradient(axis.mean(diversity * real - fake))
    return {'adversarial': real - k * fake}, jnp.clip(k + rate * ahead, 0, 1)

  def g(round, k):
    return {'adversarial': -tree_sum(round.on_fake[0])}, k

  def read(round, k):
    real, fake = axis.mean(energies(round))
    mean = lambda logits: tree_mean(lambda a: a, logits)
    return {'real': mean(round.on_real[0]), 'fake': mean(round.on_fake[0]),
            'k': k, 'convergence': real + jnp.abs(diversity * real - fake)}
  return Loss(d=d, g=g, init=lambda: jnp.zeros(()), read=read)


def top_k(share: Schedule, loss: Loss) -> Loss:
  """G learns from the share(step) of the fakes that D takes for most real (Sinha et al., 2020,
  arXiv:2002.06224, section 3): the mean of an elementwise `loss` over these alone. Examples are
  ranked by the mean of their logits."""
  def g(round, memory):
    real, fake = round.on_real[0], round.on_fake[0]
    ranked = per_example(fake)  # [b]

    def alone(real, fake):  # the loss of one pair
      pair = jax.tree.map(lambda a: a[None], (real, fake))
      one = round._replace(on_real=(pair[0], {}), on_fake=(pair[1], {}))
      return loss.g(one, memory)[0]
    everyone = jnp.sort(axis.gather(ranked))
    count = jnp.clip(jnp.ceil(share(round.step) * everyone.size).astype(int), 1, everyone.size)
    threshold = lax.stop_gradient(everyone[everyone.size - count])
    chosen = ranked >= threshold  # of equal ones, all
    weight = chosen * (everyone.size / (everyone >= threshold).sum())
    return jax.tree.map(lambda a: (weight * a).mean(), jax.vmap(alone)(real, fake)), memory
  return dataclasses.replace(loss, g=g)


def ranking(real: Array, fake: Array) -> Array:
  """How often D's logit of a real example is above that of the fake beside it: .5 of a D that
  knows nothing, 1 of one that G cannot fool; whatever the loss takes logits for."""
  return (real > fake).mean()


def f32(a: Array) -> Array:
  """Losses are taken in float32, whatever the network computes in."""
  return a.astype(jnp.float32)


def tree_sum(logits: PyTree) -> Array:
  """The sum over leaves of their means."""
  return sum(f32(leaf).mean() for leaf in jax.tree.leaves(logits))


def per_example(logits: PyTree) -> Array:
  """The mean over leaves of each example's mean logit, [B]."""
  means = [f32(leaf).reshape(leaf.shape[0], -1).mean(1) for leaf in jax.tree.leaves(logits)]
  return sum(means) / len(means)


def tree_mean(f: Callable[[Array], Array], tree: PyTree) -> Array:
  """The mean over leaves of the mean of f."""
  means = [f(f32(leaf)).mean() for leaf in jax.tree.leaves(tree)]
  return sum(means) / len(means)
