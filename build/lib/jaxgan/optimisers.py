"""What optax lacks: transformations of gradients and updates that GANs use.

Already there: RMSProp and Adam, `optimistic_adam_v2` (Daskalakis et al., 2018), clipping
(`clip_by_global_norm`), accumulation (`MultiSteps`).
"""
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import optax

from jaxgan.types import Array, PyTree, Schedule


def clipped_weights(most: float) -> optax.GradientTransformation:
  """Keeps each parameter in [-most, most] after the update: the last of a chain (Arjovsky et
  al., 2017, arXiv:1701.07875, algorithm 1)."""
  def update(updates, state, params):
    held = lambda u, p: jnp.clip(p + u, -most, most) - p
    return jax.tree.map(held, updates, params), state
  return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def orthogonal(strength: float) -> optax.GradientTransformation:
  """Adds the gradient of strength |W^T W * (1 - I)|^2 for each matrix W [.., F]: different
  outputs look at different things (Brock et al., 2019, arXiv:1809.11096, eq. 3). First of a
  chain."""
  def penalty(params: PyTree) -> Array:
    flat = [w.reshape(-1, w.shape[-1]) for w in jax.tree.leaves(params) if w.ndim > 1]
    grams = [w.T @ w for w in flat]
    return strength * sum(((g * (1 - jnp.eye(len(g)))) ** 2).sum() for g in grams)

  def update(updates, state, params):
    return jax.tree.map(jnp.add, updates, jax.grad(penalty)(params)), state
  return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def frozen(tx: optax.GradientTransformation,
           layers: Sequence[str]) -> optax.GradientTransformation:
  """`tx`, but the parameters of these layers stay: FreezeD (Mo et al., 2020, arXiv:2002.10964).

  Layers by the start of their names, 'Conv_0' or 'Conv_0/kernel'. ValueError for one that
  the network has not.
  """
  def label(params: PyTree) -> PyTree:
    names = jax.tree_util.tree_map_with_path(
        lambda path, _: '/'.join(str(key.key) for key in path), params)
    every = jax.tree.leaves(names)
    begins = lambda name, layer: f'{name}/'.startswith(f'{layer}/')
    for layer in layers:
      if not any(begins(name, layer) for name in every):
        raise ValueError(f'no parameter begins with {layer!r}: there are {", ".join(every)}')
    stays = lambda name: 'stays' if any(begins(name, layer) for layer in layers) else 'moves'
    return jax.tree.map(stays, names)
  return optax.partition({'moves': tx, 'stays': optax.set_to_zero()}, label)


def cosine(start: float, end: float, steps: float) -> Schedule:
  """From `start` to `end` in so many steps, along half a cosine, and `end` ever after (in
  0 steps: at once)."""
  def at(step):
    share = jnp.where(step < steps, step / jnp.maximum(steps, 1e-30), 1)
    return end + (start - end) * (1 + jnp.cos(jnp.pi * share)) / 2
  return at


def lazy_adam(lr: float, interval: int, b1: float = 0., b2: float = .99, eps: float = 1e-8):
  """Adam for a player that is regularised every `interval` steps: a step of its own in the
  original, which slows the rates accordingly (Karras et al., 2020, arXiv:1912.04958, appendix
  B). The interval of StyleGAN2's D is 16, of its G 4."""
  share = interval / (interval + 1)
  return optax.adam(lr * share, b1 ** share, b2 ** share, eps)


def in_images(schedule: Callable[[Array], Array], batch: int) -> Schedule:
  """A schedule over images seen, as one over steps of a batch each."""
  return lambda step: schedule(step * batch)
