"""Consistency: D should say the same of an image and of the image slightly changed."""
from collections.abc import Callable

import jax

from jaxgan import axis, rng
from jaxgan.losses.adversarial import f32, tree_sum
from jaxgan.losses.base import Loss
from jaxgan.types import Array, Batch, Key, PyTree, Round

Transform = Callable[[Key, PyTree], PyTree]  # (keys [B], x) -> x


def consistency(weight: float, transform: Transform) -> Loss:
  """weight |D(x) - D(T(x))|^2 on real examples: CR-GAN (Zhang et al., 2020, arXiv:1910.12027,
  eq. 3)."""
  return Loss(d=lambda r, memory: (
      {'consistency': weight * gap(r, r.on_real[0], r.real, transform, 'real')}, memory))


def balanced_consistency(real: float, fake: float, transform: Transform) -> Loss:
  """The same on real examples and on fakes: bCR (Zhao et al., 2021, arXiv:2002.04724)."""
  def d(r, memory):
    return {'consistency': real * gap(r, r.on_real[0], r.real, transform, 'real'),
            'consistency_fake': fake * gap(r, r.on_fake[0], r.fake, transform, 'fake')}, memory
  return Loss(d=d)


def latent_consistency(d_weight: float, g_weight: float, sigma: float = .03) -> Loss:
  """zCR (ibid.): D should say the same of G(z) and of G(z + N(0, sigma^2)), which G
  should make different: d_weight |D(G(z)) - D(G(z'))|^2, and -g_weight |G(z) - G(z')|^2, the
  means over examples, of squares summed over elements.
  """
  def other(r: Round) -> Batch:
    shift = jax.vmap(lambda key, z: z + sigma * jax.random.normal(key, z.shape))
    return Batch(r.G(shift(keys(r, 'shift'), r.z), r.fake.c), r.fake.c)

  def d(r, memory):
    apart = squares(r.on_fake[0], r.D(*other(r))[0])
    return {'latent_consistency': d_weight * tree_sum(apart)}, memory

  def g(r, memory):
    apart = jax.tree.map(lambda a: a.reshape(len(a), -1).sum(1),
                         squares(r.fake.x, other(r).x))
    return {'latent_consistency': -g_weight * sum(jax.tree.leaves(apart)).mean()}, memory
  return Loss(d=d, g=g)


def gap(r: Round, logits: PyTree, batch: Batch, transform: Transform, name: str) -> Array:
  """The mean square of what D says of a batch, less what it says of it transformed."""
  again, _ = r.D(transform(keys(r, f'transform {name}'), batch.x), batch.c)
  return tree_sum(squares(logits, again))


def squares(a: PyTree, b: PyTree) -> PyTree:
  """(a - b)^2, element by element."""
  return jax.tree.map(lambda a, b: (f32(a) - f32(b)) ** 2, a, b)


def keys(r: Round, name: str) -> Key:
  """A key an example."""
  n = jax.tree.leaves(r.real.x)[0].shape[0]
  return rng.per_example(rng.named(r.key, name), axis.example_ids(n))
