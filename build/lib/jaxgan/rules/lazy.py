"""Lazy regularisation as moves of its own (Karras et al., 2020, arXiv:1912.04958, section 3.1):
as in NVIDIA's program, where every so many steps a player has one more, by its penalty alone.

  loss, penalties = lazy.split(adversarial.non_saturating(), r1(10.) + path_length(2.))
  GAN(.., loss=loss, order=lazy.alternating(penalties, d_every=16, g_every=4),
      g_tx=lazy_adam(2e-3, 4), d_tx=lazy_adam(2e-3, 16))

`losses.base.every` adds the penalty to the step's own move instead, which an optimiser that
normalises by the gradient's size, as Adam does, takes for another thing.
"""
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.losses.base import Loss, Objective, scaled
from jaxgan.types import Batch, Key, TrainState, maybe_played


def split(loss: Loss, penalties: Loss) -> tuple[Loss, Loss]:
  """The two, with one memory, in which each finds its part."""
  def of(i: int, objective: Objective) -> Objective:
    def at(round, memory):
      terms, mine = objective(round, memory[i])
      return terms, tuple(mine if j == i else m for j, m in enumerate(memory))
    return at

  def init():
    return loss.init(), penalties.init()
  both = [dataclasses.replace(one, d=of(i, one.d), g=of(i, one.g), init=init)
          for i, one in enumerate((loss, penalties))]
  return both[0], both[1]


def alternating(penalties: Loss, d_every: int, g_every: int) -> Callable:
  """An order of moves: `gan.alternating`, and in every d_every-th step another move of D, in
  every g_every-th of G, by these penalties, that many times as strong; 0 for never. The log
  leaves out what these moves show in other steps: have log_every a multiple."""
  def order(gan: game.GAN, state: TrainState, batches: Batch, key: Key):
    def penalised(state, batch, role, every, shown):
      if not every:
        return state, shown
      alone = dataclasses.replace(
          gan, loss=scaled(lambda step: float(every), penalties),
          augment=gan.augment._replace(update=lambda memory, real_logits: memory))
      move = lambda: game.update(alone, state, batch, rng.named(key, f'{role} penalties'), role)
      shapes = jax.eval_shape(move)[1]
      blank = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes)
      due = (state.step + 1) % every == 0
      state, terms = lax.cond(due, move, lambda: (state, blank))
      more = {name: term for name, term in terms.items() if name not in shown}
      return state, shown | maybe_played(more, due)

    state, d_terms, batch = game.d_moves(gan, state, batches, key)
    state, d_terms = penalised(state, batch, 'd', d_every, d_terms)
    state, g_terms = game.update(gan, state, batch, rng.named(key, 'g'), 'g')
    state, g_terms = penalised(state, batch, 'g', g_every, g_terms)
    return state, d_terms | g_terms
  return order
