"""Progressive growing's round: while D's newest layers are faded in, real images are as blurred
as the generator's are (Karras et al., 2018, arXiv:1710.10196, figure 2)."""
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan import gan as game
from jaxgan.nets import resnet
from jaxgan.types import Batch, Key, TrainState


def fading(moves: int) -> Callable:
  """A `GAN.play` for `nets.progressive`, whose D is faded in over so many moves."""
  def play(gan: game.GAN, state: TrainState, batch: Batch, key: Key):
    (done,) = jax.tree.leaves(state.d.stats['progress'])
    alpha = jnp.clip(done / moves, 0, 1)
    low = resnet.doubled(resnet.halved(batch.x))
    return game.play(gan, state, batch._replace(x=low + alpha * (batch.x - low)), key)
  return play if moves else game.play
