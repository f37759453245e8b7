"""Patches that stand at one place belong together (CUT: Park et al., 2020, arXiv:2007.15651).

For a generator that gives the vectors of an image's pixels (`nets.translator.Contrasted`); c is
the image to translate, x one of the kind that is wanted.
"""
import math

import jax
import jax.numpy as jnp
import optax

from jaxgan import axis, rng
from jaxgan.losses.base import Loss
from jaxgan.types import Array, Round


def contrastive(weight: float = 1., temperature: float = .07, count: int = 256) -> Loss:
  """weight (L(c -> G(c)) + L(x -> G(x))) / 2, eq. 4 and 5: each pixel of what G made should be
  nearer to the same pixel of what it was made of than to others of that image. The second half
  keeps what is of the wanted kind as it is."""
  def g(r, memory):
    source, wanted = r.fake.c, r.real.x
    keys = rng.per_example(rng.named(r.key, 'patches'), axis.example_ids(len(source)))
    pixels = math.prod(source.shape[1:3])
    noise = jax.vmap(lambda key: jax.random.uniform(key, (pixels,)))(keys)
    value = lambda made, of: cross_entropy(r, made, of, noise, temperature, count)
    same = value(r.G(r.z, wanted), wanted)
    return {'patches': weight * (value(r.fake.x, source) + same) / 2}, memory
  return Loss(g=g)


def cross_entropy(r: Round, made: Array, of: Array, noise: Array, temperature: float,
                  count: int) -> Array:
  """The mean over stages and pixels; the vectors of `of` are a target."""
  vectors = lambda image: r.G(r.z, r.fake.c, of=image, noise=noise, count=count)
  found = []
  for query, key in zip(vectors(made), jax.lax.stop_gradient(vectors(of))):
    logits = jnp.einsum('bnd,bmd->bnm', query, key) / temperature
    right = jnp.arange(logits.shape[1])[None].repeat(len(logits), 0)
    found.append(optax.softmax_cross_entropy_with_integer_labels(logits, right).mean())
  return sum(found) / len(found)
