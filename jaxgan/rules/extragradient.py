"""Extragradient: each player moves by where both would go, not by where they are.

Korpelevich, 1976; for GANs Gidel et al., 2019, arXiv:1802.10551: with Adam, their ExtraAdam.
"""
import jax

from jaxgan import axis, rng
from jaxgan import gan as game
from jaxgan.types import Batch, Key, TrainState


def extragradient(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
  """A simultaneous step ahead; then, from where they stood, both players' moves by the
  gradients found there, with fresh noise. Optimisers and statistics count both. ValueError
  unless d_steps is 1."""
  if gan.d_steps != 1:
    raise ValueError(f'extragradient has one move each, not d_steps={gan.d_steps}')
  ahead, _ = game.simultaneous(gan, state, batches, rng.named(key, 'ahead'))
  batch = jax.tree.map(lambda a: a[0], batches)
  updates = axis.mean(game.both(gan, game.own(gan, ahead), batch, key))
  state = game.with_params(ahead, g=state.g.params, d=state.d.params)
  return game.applied_both(gan, state, updates)
