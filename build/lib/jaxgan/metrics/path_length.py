"""Perceptual path length: how evenly a generator's images change (Karras et al., 2019, 2020).

  PPL = E |embed(G(at(t + eps))) - embed(G(at(t)))|^2 / eps^2

with at(t) between two latents, t = 0 (their ends) or uniform. Published values take W, LPIPS of
VGG16 as the embedding, 50,000 paths and eps = 1e-4.
"""
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array

Between = Callable[[Array, Array, Array], Array]


def path_length(draw: Callable[[Array], Array], embed: Callable[[Array], Array],
                z0: Array, z1: Array, t: Array, between: Between, eps: float = 1e-4) -> Array:
  """One value [B] for each path from z0 to z1, [B, ...], at t [B]; see `mean` for their mean.

  `draw` gives images of latents, `embed` vectors [B, F] whose squared difference is the
  perceptual distance. Images must be floats, or Failure is raised: a step of eps moves few
  pixels by a whole grey level, and rounding, divided by eps^2, gives 1147 where 31 is right.
  """
  images = [draw(between(z0, z1, at)) for at in (t, t + eps)]
  if not jnp.issubdtype(images[0].dtype, jnp.floating):
    raise Failure(f'path length needs images of floats, not {images[0].dtype}: give it the '
                  "generator's output before it is rounded")
  a, b = map(embed, images)
  return ((a - b) ** 2).sum(1) / eps ** 2


def lerp(a: Array, b: Array, t: Array) -> Array:
  """The line between a and b [B, ...] at t [B]: for W."""
  t = t.reshape(-1, *[1] * (a.ndim - 1))
  return a + t * (b - a)


def slerp(a: Array, b: Array, t: Array) -> Array:
  """The great circle's arc from a to b [B, d], not opposite, at t [B], for normal z: lengths in
  between are as probable as at the ends (Shoemake, 1985; White, 2016, arXiv:1609.04468).
  Of ends in one direction it is the line."""
  unit = lambda v: v / jnp.maximum(jnp.linalg.norm(v, axis=1, keepdims=True), 1e-30)
  angle = jnp.arccos(jnp.clip((unit(a) * unit(b)).sum(1, keepdims=True), -1 + 1e-6, 1))
  t, apart = t[:, None], angle > 1e-4
  sin = jnp.where(apart, jnp.sin(angle), 1)
  share = lambda t: jnp.where(apart, jnp.sin(t * angle) / sin, t)
  return share(1 - t) * a + share(t) * b


def mean(lengths: np.ndarray) -> float:
  """PPL: the mean of all paths' lengths [N] from the 1st to the 99th percentile of them. Raises
  Failure without any, or if one is not finite."""
  lengths = np.asarray(lengths, np.float64)
  if not lengths.size or not np.isfinite(lengths).all():
    raise Failure(f'{lengths.size} path lengths, {(~np.isfinite(lengths)).sum()} of them not '
                  'finite, have no mean: look at the images')
  low = np.percentile(lengths, 1, method='lower')
  high = np.percentile(lengths, 99, method='higher')
  return float(lengths[(lengths >= low) & (lengths <= high)].mean())
