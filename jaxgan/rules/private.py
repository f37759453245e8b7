"""Differentially private GANs: what D learns of any one training example is bounded.

DP-GAN: Xie et al., 2018, arXiv:1802.06739, with the Gaussian mechanism of Abadi et al., 2016,
arXiv:1607.00133: each example's gradient is clipped, and noise is added to their sum. G's
moves see no real example, and so it is as private as D is; what it is told, c, is not.
"""
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import gammaln, logsumexp

from jaxgan import axis, rng
from jaxgan import gan as game
from jaxgan.losses.base import Loss
from jaxgan.types import Batch, Key, PyTree, TrainState

ORDERS = np.arange(2, 257)  # of Renyi divergence


def private(clip: float, noise: float) -> Callable:
  """An order of moves: `gan.alternating`, where D's gradient is the mean over examples of
  theirs, each clipped to norm `clip`, plus N(0, (noise clip / B)^2).

  An example's gradient is that of a batch of one pair, so neither player may mix examples, nor
  may D's loss; noise within D or its penalties depends on the devices. ValueError for batch
  norm, and for augmentations that adapt.
  """
  def update(gan: game.GAN, state: TrainState, batch: Batch, key: Key, role: str):
    if 'batch_stats' in state.g.stats | state.d.stats or jax.tree.leaves(gan.augment.init()):
      raise ValueError('a private D looks at one example at a time: take networks without '
                       'batch norm, and an augmentation that does not adapt')
    here = game.own(gan, state)
    n = jax.tree.leaves(batch)[0].shape[0]
    ids = axis.example_ids(n)
    z, c = game.drawn(gan, rng.per_example(rng.named(key, 'z'), ids), batch)
    keys = rng.per_example(rng.named(key, 'examples'), ids)

    def alone(key, example):
      (z, c), batch = jax.tree.map(lambda a: a[None], example)
      fixed = dataclasses.replace(gan, prior=lambda keys, batch: (z, c))
      return game.gradients(fixed, here, batch, key, role)

    each = jax.vmap(alone)(keys, ((z, c), batch))
    grads, _ = optax.per_example_global_norm_clip(each.grads, clip)
    rest = jax.tree.map(lambda a: a.mean(0), each._replace(grads=None))
    update = axis.mean(rest._replace(grads=jax.tree.map(lambda a: a / n, grads)))
    sigma = noise * clip / (n * axis.size())
    update = update._replace(grads=noisy(rng.named(key, 'noise'), update.grads, sigma))
    return game.applied(gan, state, role, update)

  def order(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
    state, d_terms, batch = game.d_moves(gan, state, batches, key, update)
    blind = batch._replace(x=jax.tree.map(jnp.zeros_like, batch.x))
    state, g_terms = game.update(gan, state, blind, rng.named(key, 'g'), 'g')
    return state, d_terms | g_terms
  return order


def noisy(key: Key, tree: PyTree, sigma: float) -> PyTree:
  """Adds N(0, sigma^2) to every element."""
  leaves, treedef = jax.tree.flatten(tree)
  keys = jax.random.split(key, len(leaves))
  return treedef.unflatten([a + sigma * jax.random.normal(key, a.shape)
                            for a, key in zip(leaves, keys)])


def accountant(share: float, noise: float, delta: float, d_steps: int = 1) -> Loss:
  """Logs 'epsilon', what the training so far has spent, for batches of a `share` of the data.
  ValueError without noise, or if a batch is all of the data."""
  if noise <= 0 or not 0 < share < 1:
    raise ValueError('epsilon is known for noise above 0 and batches of a part of the data, '
                     f'not for noise={noise} and a share of {share}')
  per_move = jnp.asarray(renyi(share, noise), jnp.float32)
  epsilon = lambda step: spent(per_move * d_steps * (step + 1), delta).min()
  return Loss(read=lambda r, memory: {'epsilon': epsilon(r.step)})


def epsilon(share: float, noise: float, delta: float, moves: int) -> float:
  """The epsilon of (epsilon, delta)-differential privacy after so many moves of D.

  For batches in which each example is with probability `share`, independently. Ours are
  slices of a shuffled epoch, of which this is the usual approximation. NumPy, float64.
  """
  return float(spent(renyi(share, noise) * moves, delta).min())


def spent(divergence, delta: float):
  """Epsilon by each of ORDERS (Canonne et al., 2020, arXiv:2004.00010, proposition 12)."""
  a = ORDERS.astype(np.float64)
  return divergence + (np.log1p(-1 / a) - (np.log(delta) + np.log(a)) / (a - 1)).astype(
      divergence.dtype)


def renyi(share: float, noise: float) -> np.ndarray:
  """Renyi divergence of one move, by ORDERS a (Mironov et al., 2019, arXiv:1908.10530, section
  3.3): log(sum_k binom(a, k) (1 - q)^(a - k) q^k exp(k (k - 1) / (2 noise^2))) / (a - 1)."""
  def of(a):
    k = np.arange(a + 1)
    binomial = gammaln(a + 1) - gammaln(k + 1) - gammaln(a - k + 1)
    chosen = binomial + k * np.log(share) + (a - k) * np.log1p(-share)
    return logsumexp(chosen + k * (k - 1) / (2 * noise ** 2)) / (a - 1)
  return np.array([of(a) for a in ORDERS])
