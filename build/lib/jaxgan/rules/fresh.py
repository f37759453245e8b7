"""G judges by real examples of its own: for relativistic losses, as R3GAN's program plays them
(Huang et al., 2024, arXiv:2501.05441)."""
import jax

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.types import Batch, Key, TrainState


def alternating(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
  """D moves on each of the batches but the last, then G on the last: take d_steps = 2 for one
  move of D's and one of G's."""
  if gan.d_steps < 2:
    raise ValueError('G has a batch of its own here: take d_steps=2 for one move of D')
  own, last = jax.tree.map(lambda a: a[:-1], batches), jax.tree.map(lambda a: a[-1], batches)
  state, d_terms, _ = game.d_moves(gan, state, own, key)
  state, g_terms = game.update(gan, state, last, rng.named(key, 'g'), 'g')
  return state, d_terms | g_terms
