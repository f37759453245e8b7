"""Samples of a generator by what one may ask of them: a seed, a class, truncation, the way to
another seed, its fine styles, steps along directions."""
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgan.analysis import latents
from jaxgan.analysis.latents import Space
from jaxgan.io.errors import Failure
from jaxgan.types import PyTree

DIRECTIONS = 6
NEAR = 10_000  # training images that the nearest is looked for among


class Asked(NamedTuple):
  """What is to be shown."""
  seed: int = 0
  n: int = 16
  label: int | None = None  # of generators that are told a class
  truncation: float = 1.
  other: int = 1  # another seed, to go to or to mix with
  way: float = 0.  # from 0, the seed, to 1, the other
  fine: int = 0  # layers, the last ones, that take the other's styles
  steps: tuple[float, ...] = ()  # along each direction


def drawing(place: Space, directions: np.ndarray | None) -> Callable:
  """-> draw(asked, c [n] or None) -> images uint8 [n, H, W, C]."""
  def draw(asked: Asked, c: PyTree) -> np.ndarray:
    a = place.seeded(asked.n, asked.seed, c)
    if asked.way or asked.fine:
      b = place.seeded(asked.n, asked.other, c)
      if asked.way:
        a = place.between(a, b, jnp.full(asked.n, asked.way))
      if asked.fine:
        cut = a.shape[1] - asked.fine
        a = jnp.concatenate([a[:, :cut], b[:, cut:]], axis=1)
    if asked.truncation < 1:
      a = latents.truncated(a, asked.truncation, place.centre)
    if directions is not None and any(asked.steps):
      move = np.float32(asked.steps) @ directions[:len(asked.steps)]
      a = a + jnp.asarray(move, a.dtype).reshape((1,) * (a.ndim - 1) + move.shape)
    return place.draw(a, c)
  return draw


def directions(place: Space, params: PyTree, c: PyTree) -> np.ndarray | None:
  """The strongest SeFa directions [DIRECTIONS, width]; None where there are none."""
  try:
    return np.float32(latents.directions(params, place.seeded(1, 0, c).shape[-1])[:DIRECTIONS])
  except Failure:
    return None


def layers(place: Space, c: PyTree) -> int:
  """How many layers take styles of their own; 0 of generators without styles."""
  return 0 if place.centre is None else place.seeded(1, 0, c).shape[1]


def nearest(images: np.ndarray, known: np.ndarray) -> np.ndarray:
  """For each image the one of `known` with the least squared distance of pixels, uint8."""
  flat = [np.float32(a).reshape(len(a), -1) / 255 for a in (images, known)]
  squared = (flat[1] ** 2).sum(1) - 2 * flat[0] @ flat[1].T
  return known[squared.argmin(1)]
