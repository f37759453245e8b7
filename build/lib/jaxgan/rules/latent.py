"""Latent optimisation: z is moved towards what D takes for real before the round is played.

LOGAN: Wu et al., 2019, arXiv:1912.00953.
"""
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan import gan as game
from jaxgan.losses.adversarial import per_example
from jaxgan.types import Batch, Key, TrainState


def latent(step: float = .9, damping: float = 5.) -> Callable:
  """A way to play: z + step g / (|g|^2 + damping), g the slope of D(G(z)) at z (eq. 9, natural
  gradient), clipped to [-1, 1], for `priors.uniform`. Both players learn through it. All of z
  is moved, and the paper's penalty on how far is left out. Of logits that are maps, or a
  pytree, D(G(z)) is `adversarial.per_example`.
  """
  def play(gan: game.GAN, state: TrainState, batch: Batch, key: Key):
    first, _ = game.play(gan, state, batch, key)
    c = first.fake.c
    g = jax.grad(lambda z: per_example(first.D(first.G(z, c), c)[0]).sum())(first.z)
    square = (g ** 2).sum(1, keepdims=True)
    better = jnp.clip(first.z + step * g / (square + damping), -1, 1)
    fixed = dataclasses.replace(gan, prior=lambda keys, batch: (better, c))
    return game.play(fixed, state, batch, key)
  return play
