"""G rests in some steps, so that D has more moves then: WGAN's well trained critic."""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.types import Array, Batch, Key, TrainState, maybe_played


def alternating(rests: Callable[[Array], Array]) -> Callable:
  """An order of moves: `gan.alternating`, in which G stays where rests(step); the log leaves
  its terms out then (`types.maybe_played`)."""
  def order(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
    state, d_terms, batch = game.d_moves(gan, state, batches, key)

    def move():
      return game.update(gan, state, batch, rng.named(key, 'g'), 'g')

    def rest():
      _, terms = jax.eval_shape(move)
      return state, jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), terms)
    still = rests(state.step)
    state, g_terms = lax.cond(still, rest, move)
    return state, d_terms | maybe_played(g_terms, ~still)
  return order


def wgan(step: Array) -> Array:
  """When G rests in the program of Arjovsky et al., 2017, for d_steps=5: D has 100 moves
  before each of G's first 25 and before every 500th, else 5. 100 are 20 steps, 19 of rest.
  """
  begun = 25 * 20
  later = begun + 475  # G's 500th move is due
  return jnp.where(step < begun, step % 20 != 19,
                   (step >= later) & ((step - later) % (20 + 499) < 19))
