"""Penalties on the discriminator's slope: what keeps the game stable.

Each plays D again through `r.D`, augmentation included, and moves no statistics. D's slope
at x is the gradient of its logit of x in x; where D's examples see each other (batch norm),
in the sum of all logits. Slopes are float32, whatever the networks compute in.
"""
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan import axis, rng
from jaxgan.losses.adversarial import tree_sum
from jaxgan.losses.base import Loss
from jaxgan.types import Array, Batch, PyTree, Round


def gradient_penalty(weight: float = 10., one_sided: bool = False, pack: int = 1) -> Loss:
  """weight (|slope| - 1)^2 between real and fake (Gulrajani et al., 2017, arXiv:1704.00028,
  eq. 3): at e real + (1 - e) fake, one e ~ U[0, 1) an example. One-sided: slopes above 1 only.
  Of a D that judges packs of successive examples, e and the slope are a pack's.
  """
  def d(r: Round, memory):
    there = slope(r.D, between(r, pack))
    packed = jax.tree.map(lambda a: a.reshape(a.shape[0] // pack, -1), there)
    excess = norm(packed) - 1
    excess = jnp.maximum(excess, 0) if one_sided else excess
    return {'gradient_penalty': weight * (excess ** 2).mean()}, memory
  return Loss(d=d)


def dragan(weight: float = 10., spread: float = .5) -> Loss:
  """weight (|slope| - 1)^2 around real examples (Kodali et al., 2017, arXiv:1705.07215, eq. 3):
  at x + a spread std(x) u, with u ~ U[0, 1) an element and a ~ U[0, 1) an example, std over
  all elements of the batch, as the authors' program has it.
  """
  def d(r: Round, memory):
    return {'dragan': weight * ((norm(slope(r.D, near(r, spread))) - 1) ** 2).mean()}, memory
  return Loss(d=d)


def near(r: Round, spread: float) -> Batch:
  """A random point near each real example."""
  n = jax.tree.leaves(r.real.x)[0].shape[0]
  keys = rng.per_example(rng.named(r.key, 'near'), axis.example_ids(n))

  def moved(i, x):
    mean = axis.mean(x.mean())
    std = jnp.sqrt(axis.mean(((x - mean) ** 2).mean()))
    far = lambda key: (jax.random.uniform(rng.named(key, 'share'))
                       * jax.random.uniform(rng.named(key, f'{i}'), x.shape[1:]))
    return x + spread * std * jax.vmap(far)(keys).astype(x.dtype)
  leaves, tree = jax.tree.flatten(r.real.x)
  return Batch(tree.unflatten([moved(i, x) for i, x in enumerate(leaves)]), r.real.c)


def r1(weight: float) -> Loss:
  """weight / 2 |slope|^2 at real examples (Mescheder et al., 2018, arXiv:1801.04406, eq. 9)."""
  return Loss(d=zero_centred('r1', weight, 'real'))


def r2(weight: float) -> Loss:
  """weight / 2 |slope|^2 at fakes (Mescheder et al., 2018, eq. 10)."""
  return Loss(d=zero_centred('r2', weight, 'fake'))


def drift(weight: float = 1e-3) -> Loss:
  """weight D(x)^2, which keeps a Wasserstein critic's outputs near 0 (Karras et al., 2018,
  arXiv:1710.10196, appendix A.1)."""
  def d(r: Round, memory):
    squares = jax.tree.map(lambda a: a.astype(jnp.float32) ** 2, r.on_real[0])
    return {'drift': weight * tree_sum(squares)}, memory
  return Loss(d=d)


def zero_centred(name: str, weight: float, where: str) -> Callable:
  """weight / 2 |slope|^2 at the examples `where`, 'real' or 'fake'. D's draws are those of its
  pass over them, so that XLA computes the two as one."""
  def d(r: Round, memory):
    D = functools.partial(r.D, draws=where)
    return {name: weight / 2 * squared(slope(D, getattr(r, where))).mean()}, memory
  return d


def between(r: Round, pack: int = 1) -> Batch:
  """A random point between each real and its fake, with the real's condition; of successive
  examples in packs the same share of the way."""
  n = jax.tree.leaves(r.real.x)[0].shape[0]
  ids = axis.example_ids(n)
  keys = rng.per_example(rng.named(r.key, 'between'), ids if pack == 1 else ids // pack * pack)
  share = jax.vmap(jax.random.uniform)(keys)

  def mixed(real, fake):
    e = share.reshape(-1, *[1] * (real.ndim - 1)).astype(real.dtype)
    return e * real + (1 - e) * fake
  return Batch(jax.tree.map(mixed, r.real.x, r.fake.x), r.real.c)


def slope(D: Callable, batch: Batch) -> PyTree:
  """D's slope at each example: like x, float32; summed over a pytree of logits."""
  x = jax.tree.map(lambda a: a.astype(jnp.float32), batch.x)
  total = lambda x: sum(a.astype(jnp.float32).sum() for a in jax.tree.leaves(D(x, batch.c)[0]))
  return jax.grad(total)(x)


def squared(tree: PyTree) -> Array:
  """The squared norm of each example, over all its elements: [B]."""
  return sum((a ** 2).reshape(a.shape[0], -1).sum(1) for a in jax.tree.leaves(tree))


def norm(tree: PyTree) -> Array:
  """The norm of each example [B], whose gradient at 0 is 0 and not NaN."""
  square = squared(tree)
  safe = jnp.where(square > 0, square, 1)
  return jnp.where(square > 0, jnp.sqrt(safe), 0)
