"""DiffAugment (Zhao et al., 2020, arXiv:2006.10738): for some thousand training images.

  augment=fixed(diffaugment.of(diffaugment.color, diffaugment.translation, diffaugment.cutout))

Each of the transformations is of one image: (key, x [H, W, C]) -> x, differentiable in x to
any order. Strengths are the authors' program's.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import rng
from jaxgan.types import Array, Key

OneImage = Callable[[Key, Array], Array]


def of(*transforms: OneImage) -> Callable[[Key, Array], Array]:
  """These one after the other: (keys [B], x [B, H, W, C]) -> x."""
  def one(key, x):
    for i, transform in enumerate(transforms):
      x = transform(rng.named(key, f'{i}'), x)
    return x
  return jax.vmap(one)


def color(key: Key, x: Array) -> Array:
  """Brightness +- 1/2, saturation times 0 to 2, contrast times 1/2 to 3/2."""
  at = lambda name: jax.random.uniform(rng.named(key, name), dtype=x.dtype)
  x = x + at('brightness') - .5
  grey = x.mean(2, keepdims=True)
  x = grey + (x - grey) * 2 * at('saturation')
  mean = x.mean(keepdims=True)
  return mean + (x - mean) * (at('contrast') + .5)


def translation(key: Key, x: Array, share: float = 1 / 8, border: str = 'constant') -> Array:
  """By up to a share of each side; zeros come in, or what jnp.pad's `border` says."""
  most = [int(n * share + .5) for n in x.shape[:2]]
  start = [jax.random.randint(rng.named(key, name), (), 0, 2 * n + 1)
           for name, n in zip(('rows', 'columns'), most)]
  padded = jnp.pad(x, [(n, n) for n in most] + [(0, 0)], mode=border)
  return lax.dynamic_slice(padded, (*start, 0), x.shape)


def flip(key: Key, x: Array) -> Array:
  """Half of the images mirrored, left to right."""
  return jnp.where(jax.random.bernoulli(key), x[:, ::-1], x)


def shift(key: Key, x: Array) -> Array:
  """A translation that mirrors the border in; with `flip` what CR-GAN is consistent under
  (Zhang et al., 2020, arXiv:1910.12027, section 3.2)."""
  return translation(key, x, border='reflect')


def cutout(key: Key, x: Array, share: float = .5) -> Array:
  """A rectangle of zeros, of this share of each side, its centre anywhere in the image."""
  def inside(name, n):
    length = int(n * share + .5)
    centre = jax.random.randint(rng.named(key, name), (), 0, n + 1 - length % 2)
    start = centre - length // 2
    return (jnp.arange(n) >= start) & (jnp.arange(n) < start + length)
  rows, columns = inside('rows', x.shape[0]), inside('columns', x.shape[1])
  return jnp.where((rows[:, None] & columns[None])[..., None], 0, x)
