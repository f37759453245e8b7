"""Adaptive pseudo augmentation: some real images are fakes, the more the surer D gets.

APA: Jiang et al., 2021, arXiv:2111.06849, section 3.2. For small training sets.
"""
import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import axis, rng
from jaxgan import gan as game
from jaxgan.augment import base
from jaxgan.types import Batch, Key, TrainState


def adaptive(target: float = .6, images: float = 500_000.) -> base.Augment:
  """What remembers the share of fakes, for the field `augment`; D sees images as they are."""
  return base.adaptive(lambda keys, x, p: x, target, images)


def play(gan: game.GAN, state: TrainState, batch: Batch, key: Key):
  """A way to play: each real image is a fake of another z instead, with probability p."""
  p, *_ = state.memory['augment']
  n = jax.tree.leaves(batch)[0].shape[0]
  keys = rng.per_example(rng.named(key, 'pseudo'), axis.example_ids(n))
  z, c = game.drawn(gan, keys, batch)
  fakes, _ = game.forward(gan.generator, state.g, z, c, key=rng.named(key, 'g pseudo'))
  draw = lambda key: jax.random.uniform(rng.named(key, 'share'))
  pseudo = jax.vmap(draw)(keys) < p

  def mixed(fake, real):
    which = pseudo.reshape(-1, *[1] * (real.ndim - 1))
    return jnp.where(which, lax.stop_gradient(fake).astype(real.dtype), real)
  return game.play(gan, state, batch._replace(x=jax.tree.map(mixed, fakes, batch.x)), key)
