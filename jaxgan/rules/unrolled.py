"""Unrolled GANs: G sees what D would do about its move.

Metz et al., 2017, arXiv:1611.02163, section 2.2.
"""
from collections.abc import Callable

import jax
import optax
from jax import lax

from jaxgan import axis, rng
from jaxgan import gan as game
from jaxgan.types import Batch, Key, TrainState


def unrolled(k: int) -> Callable:
  """An order of moves: D moves, then G by its loss after k further moves of D, which are
  forgotten; G's gradient goes through them, and through D's optimiser: give Adam an eps_root,
  as 1e-16, if some of D's gradients may be 0, for the slope of a root there is infinite."""
  def order(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
    state, d_terms, batch = game.d_moves(gan, state, batches, key)
    here, g_key = game.own(gan, state), rng.named(key, 'g')

    def objective(g_params):
      ahead = game.with_params(here, g=g_params)

      def answer(d, i):
        update = game.gradients(gan, ahead.replace(d=d), batch, jax.random.fold_in(g_key, i),
                               'd')
        grads = axis.vary(axis.mean(update.grads))
        updates, opt = game.optimiser(gan, 'd').update(grads, d.opt, d.params)
        return d.replace(params=optax.apply_updates(d.params, updates), opt=opt), None

      d, _ = lax.scan(answer, ahead.d, jax.numpy.arange(k))
      round, stats = gan.play(gan, ahead.replace(d=d), batch, g_key)
      terms, memory = gan.loss.g(round, here.memory['loss'])
      return game.total(terms), (terms, stats['g'], memory)

    grads, (terms, stats, memory) = jax.grad(objective, has_aux=True)(here.g.params)
    memory = {'loss': memory, 'augment': here.memory['augment']}
    update = axis.mean(game.Update(grads, stats, memory, game.prefixed('g', terms)))
    state, g_terms = game.applied(gan, state, 'g', update)
    return state, d_terms | g_terms
  return order
