"""An augmentation: random and differentiable, of images real and fake alike, with a strength
that may adapt. D never sees an image without it."""
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxgan import axis, rng
from jaxgan.types import Array, Key, Memory, PyTree, Schedule, Terms


class Augment(NamedTuple):
  """A random, differentiable transformation and the strength it adapts, once a move of D.

  Args:
    init: makes the memory: the strength, and what its adaptation remembers.
    apply: (keys [B], x, memory) -> x, what D sees of real and fake.
    update: (memory, D's logits on this device's real examples) -> memory. Its result is
      averaged over the devices: reduce with `axis.mean` before anything nonlinear.
    read: (memory) -> what is logged of it.
    c: (keys [B], c, memory) -> c, what D is told; as it is by default. See `together`.

  Example:
    >>> import jax
    >>> from jaxgan.augment.base import Augment
    >>> def flipped(keys, x, memory):
    ...   one = lambda key, x: jax.lax.select(jax.random.bernoulli(key), x, x[:, ::-1])
    ...   return jax.vmap(one)(keys, x)
    >>> flip = Augment(tuple, flipped, lambda memory, logits: memory)
  """
  init: Callable[[], Memory]
  apply: Callable[[Key, PyTree, Memory], PyTree]  # (keys [B], x, memory) -> x
  update: Callable[[Memory, PyTree], Memory]  # (memory, D's real logits) -> memory
  read: Callable[[Memory], Terms] = lambda memory: {}  # for the log
  c: Callable[[Key, PyTree, Memory], PyTree] = lambda keys, c, memory: c


def together(augment: Augment) -> Augment:
  """Moves conditions that are images of x's size as it moves x, so that pairs stay pairs: for
  transformations that move and cut, and leave colours alone."""
  return augment._replace(c=augment.apply)


def none() -> Augment:
  """The discriminator sees the images as they are."""
  return Augment(tuple, lambda keys, x, memory: x, lambda memory, real_logits: memory)


def fixed(transform: Callable[[Key, PyTree], PyTree]) -> Augment:
  """A transformation (keys [B], x) -> x of one strength, as `diffaugment.of` makes it."""
  return Augment(tuple, lambda keys, x, memory: transform(keys, x),
                 lambda memory, real_logits: memory)


def instance_noise(sigma: Schedule) -> Augment:
  """Adds N(0, sigma(n)^2) to every element, n being the moves that D has made (Sonderby et
  al., 2017, arXiv:1610.04490, section 2.4). It remembers n."""
  def apply(keys, x, n):
    def one(key, x):
      leaves, tree = jax.tree.flatten(x)
      at = lambda i, a: jax.random.normal(rng.named(key, f'{i}'), a.shape, a.dtype)
      return tree.unflatten([a + sigma(n) * at(i, a) for i, a in enumerate(leaves)])
    return jax.vmap(one)(keys, x)
  return Augment(lambda: jnp.zeros(()), apply, lambda n, real_logits: n + 1,
                 lambda n: {'instance_noise': jnp.float32(sigma(n))})


def scheduled(transform: Callable[[Key, PyTree, Array], PyTree], p: Schedule) -> Augment:
  """A transformation (keys [B], x, p) -> x whose probability is p(n), n being the moves that D
  has made. It remembers n."""
  return Augment(lambda: jnp.zeros(()), lambda keys, x, n: transform(keys, x, p(n)),
                 lambda n, real_logits: n + 1, lambda n: {'augment_p': jnp.float32(p(n))})


def adaptive(transform: Callable[[Key, PyTree, Array], PyTree], target: float = .6,
             images: float = 500_000., interval: int = 4) -> Augment:
  """A transformation (keys [B], x, p) -> x whose probability p follows D's overfitting: ADA
  (Karras et al., 2020, arXiv:2006.06676, section 3).

  Every `interval` moves of D: p rises if E sign(D(real)), the mean since the last time, is
  above `target`, else falls, at the speed that takes it from 0 to 1 in so many real images;
  it stays in [0, 1]. Of logits that are a pytree it is the mean of the leaves' means. It
  remembers (p, the sum of sign's means, their number).
  """
  def update(memory, real_logits):
    p, signs, count = memory
    leaves = jax.tree.leaves(real_logits)
    mean = sum(jnp.sign(leaf).mean() for leaf in leaves) / len(leaves)
    signs, count = signs + axis.mean(mean), count + 1
    speed = interval * leaves[0].shape[0] * axis.size() / images
    moved = jnp.clip(p + speed * jnp.sign(signs / count - target), 0, 1)
    due = count >= interval
    return tuple(jnp.where(due, a, b) for a, b in zip((moved, 0., 0.), (p, signs, count)))
  return Augment(lambda: (jnp.zeros(()),) * 3, lambda keys, x, m: transform(keys, x, m[0]),
                 update, lambda m: {'augment_p': m[0]})
