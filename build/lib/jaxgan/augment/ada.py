"""The augmentation pipeline of StyleGAN2-ADA, its set 'bgc': pixel blits, geometry, colours.

  augment=adaptive(ada.bgc)
  augment=scheduled(ada.pipeline(colour=.5, cutout=1.), p)      # R3GAN

Karras et al., 2020, arXiv:2006.06676, appendix B and its program. Each transformation is
applied to an image with probability p, by itself. One thing differs from the program, for
shapes to be static: it pads by up to the whole image, mirrored, as the batch's geometry asks;
here by half, and places farther out are mirrored back, with them the low-pass filter.
"""
import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan import rng
from jaxgan.types import Array, Key

# The low-pass filter of the wavelet Symlet 6 (Daubechies), as PyWavelets has it.
SYM6 = np.array([
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633,
    0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148])
LOW_PASS = SYM6 / SYM6.sum()
PAD = len(SYM6) // 4  # pixels around the output that the filter reaches


def pipeline(colour: float = 1., cutout: float = 0.) -> Callable[[Key, Array, Array], Array]:
  """-> transform(keys [B], x, p): x [B, H, W, C], C being 1 or 3, in about [-1, 1] -> the same,
  in their dtype. Changes of geometry come with probability p each, of colour with p `colour`, a
  grey square of half the image's size with p `cutout` (R3GAN: .5 and 1)."""
  def one(key, x, p):
    at = lambda name: rng.named(key, name)
    wide = warped(x.astype(jnp.float32), geometry(at('geometry'), p, x.shape))
    wide = recoloured(wide, colours(at('colours'), p * colour, x.shape[2]))
    wide = cut(at('cutout'), p * cutout, wide) if cutout else wide
    return wide.astype(x.dtype)
  return lambda keys, x, p: jax.vmap(one, (0, 0, None))(keys, x, p)


bgc = pipeline()


def cut(key: Key, p: Array, x: Array) -> Array:
  """x [H, W, C] with a square of half its sides, around any place of it, at 0."""
  maybe = drawing(key, 2)
  size = maybe(p, lambda uniform, normal: .5, 0.)
  centre = maybe(1., lambda uniform, normal: uniform, 0.)
  rows, columns = (abs((jnp.arange(n) + .5) / n - at) >= size / 2
                   for n, at in zip(x.shape, centre))
  return x * (rows[:, None] | columns[None])[..., None]


def geometry(key: Key, p: Array, shape: tuple[int, ...]) -> Array:
  """The map [3, 3] from an output's place (x, y, 1), pixels from the centre, to the input's."""
  height, width, _ = shape
  maybe = drawing(key, 8)
  flip = maybe(p, lambda uniform, normal: jnp.floor(2 * uniform[0]), 0)
  turns = maybe(p, lambda uniform, normal: jnp.floor(4 * uniform[0]), 0)
  blit = maybe(p, lambda uniform, normal: (2 * uniform - 1) / 8, 0)
  scale = maybe(p, lambda uniform, normal: jnp.exp2(.2 * normal[0]), 1)
  half = 1 - jnp.sqrt(1 - p)  # so that one rotation or both happen with probability p
  before = maybe(half, angle, 0)
  stretch = maybe(p, lambda uniform, normal: jnp.exp2(.2 * normal[0]), 1)
  after = maybe(half, angle, 0)
  move = maybe(p, lambda uniform, normal: normal / 8, 0)
  return product(
      scaling(1 - 2 * flip, 1), rotation(math.pi / 2 * turns),
      translating(-jnp.round(blit[0] * width), -jnp.round(blit[1] * height)),
      scaling(1 / scale, 1 / scale), rotation(before), scaling(1 / stretch, stretch),
      rotation(after), translating(-move[0] * width, -move[1] * height))


def colours(key: Key, p: Array, channels: int) -> Array:
  """The map [4, 4] of (r, g, b, 1)."""
  maybe = drawing(key, 5)
  luma = jnp.array([1, 1, 1, 0]) / math.sqrt(3)
  along = jnp.outer(luma, luma)
  brightness = maybe(p, lambda uniform, normal: .2 * normal[0], 0)
  contrast = maybe(p, lambda uniform, normal: jnp.exp2(.5 * normal[0]), 1)
  flip = maybe(p, lambda uniform, normal: jnp.floor(2 * uniform[0]), 0)
  found = product(jnp.eye(4) - 2 * flip * along,
                  jnp.diag(jnp.array([contrast, contrast, contrast, 1])),
                  jnp.eye(4).at[:3, 3].set(brightness))
  if channels == 1:
    return found
  hue = maybe(p, angle, 0)
  saturation = maybe(p, lambda uniform, normal: jnp.exp2(normal[0]), 1)
  return product(along + (jnp.eye(4) - along) * saturation, hue_rotation(hue), found)


def drawing(key: Key, n: int) -> Callable:
  """-> maybe(p, value, nothing), for n calls: value(two uniform numbers in [0, 1), two normal
  ones) with probability p, else the number that changes nothing.

  All is drawn at once: many small draws of random bits take the compiler long.
  """
  at = lambda name: rng.named(key, name)
  rows = zip(jax.random.uniform(at('happens'), (n,)), jax.random.uniform(at('uniform'), (n, 2)),
             jax.random.normal(at('normal'), (n, 2)))

  def maybe(p, value, nothing):
    happens, uniform, normal = next(rows)
    return jnp.where(happens < p, value(uniform, normal), nothing)
  return maybe


def angle(uniform: Array, normal: Array) -> Array:
  return math.pi * (2 * uniform[0] - 1)


def product(*matrices: Array) -> Array:
  return functools.reduce(
      functools.partial(jnp.matmul, precision=lax.Precision.HIGHEST), matrices)


def scaling(x: Array, y: Array) -> Array:
  return jnp.diag(jnp.array([x, y, 1.]))


def translating(x: Array, y: Array) -> Array:
  return jnp.eye(3).at[:2, 2].set(jnp.array([x, y]))


def rotation(angle: Array) -> Array:
  cos, sin = jnp.cos(angle), jnp.sin(angle)
  return jnp.eye(3).at[:2, :2].set(jnp.array([[cos, -sin], [sin, cos]]))


def hue_rotation(angle: Array) -> Array:
  """About the luma axis, by Rodrigues' formula."""
  v = 1 / math.sqrt(3)
  cross = jnp.array([[0, -v, v], [v, 0, -v], [-v, v, 0]])
  turn = jnp.eye(3) * jnp.cos(angle) + cross * jnp.sin(angle) + (1 - jnp.cos(angle)) / 3
  return jnp.eye(4).at[:3, :3].set(turn)


def warped(x: Array, G: Array) -> Array:
  """x [H, W, C] seen through G: doubled in size, sampled bilinearly there, halved again."""
  height, width, _ = x.shape
  big = between(doubling(height), x, doubling(width))
  size = [2 * (n + 2 * PAD) for n in (width, height)]
  columns, rows = jnp.meshgrid(*(jnp.arange(n) + 1 - n / 2 for n in size))
  place = jnp.stack([columns / 2, rows / 2, jnp.ones_like(rows)])
  source = jnp.einsum('ij,jhw->ihw', G[:2], place, precision=lax.Precision.HIGHEST)
  at = [2 * (near(source[i] + (n - 1) / 2, n) + margin(n))
        for i, n in ((1, height), (0, width))]
  sampled = jax.vmap(functools.partial(
      jax.scipy.ndimage.map_coordinates, coordinates=at, order=1, mode='nearest'), 2, 2)(big)
  return between(halving(height), sampled, halving(width))


def margin(n: int) -> int:
  """Pixels that an image side of n is padded by, at each end."""
  return min(max(n // 2, 2 * PAD), n - 1)


def near(i: Array, n: int) -> Array:
  """Places i, those beyond the margin mirrored back."""
  return jnp.where(abs(i - (n - 1) / 2) <= (n - 1) / 2 + margin(n), i, mirrored(i, n))


def mirrored(i: Array, n: int) -> Array:
  """Places i as they lie in [0, n - 1], folded back at the centres of the outer pixels."""
  period = max(2 * (n - 1), 1)
  return (n - 1) - abs(i % period - (n - 1))


def between(rows: np.ndarray, x: Array, columns: np.ndarray) -> Array:
  """rows x columns^T, of each channel."""
  return jnp.einsum('ah,hwc,bw->abc', rows, x, columns, precision=lax.Precision.HIGHEST)


@functools.cache
def doubling(n: int) -> np.ndarray:
  """[2 (n + 2 margin), n]: zeros put between the pixels, then the filter; mirrored beyond."""
  taps, start = 2 * LOW_PASS[::-1], len(LOW_PASS) // 2
  found = np.zeros((2 * (n + 2 * margin(n)), n), np.float32)
  for k in range(len(found)):
    for j, tap in enumerate(taps):
      if (k - start + j) % 2 == 0:
        found[k, mirrored((k - start + j) // 2 - margin(n), n)] += tap
  return found


@functools.cache
def halving(n: int) -> np.ndarray:
  """[n, 2 (n + 2 PAD)]: the filter at every other place."""
  found = np.zeros((n, 2 * (n + 2 * PAD)), np.float32)
  for m in range(n):
    found[m, 2 * m + 1:2 * m + 1 + len(LOW_PASS)] = LOW_PASS
  return found


def recoloured(x: Array, C: Array) -> Array:
  """x [H, W, C] by a colour map; grey images by the mean of its rows."""
  if x.shape[2] == 1:
    row = C[:3].mean(0)
    return x * row[:3].sum() + row[3]
  return jnp.einsum('ij,hwj->hwi', C[:3, :3], x, precision=lax.Precision.HIGHEST) + C[
      None, None, :3, 3]
