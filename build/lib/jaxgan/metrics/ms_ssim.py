"""MS-SSIM between random pairs of samples: high where a generator repeats itself.

Structural similarity at several scales (Wang et al., 2003), as a measure of diversity (Odena
et al., 2017; Karras et al., 2018). Two images of a window w have at each pixel

  l = (2 m_x m_y + c_1) / (m_x^2 + m_y^2 + c_1)    cs = (2 s_xy + c_2) / (s_x^2 + s_y^2 + c_2)

and MS-SSIM = prod_{s < S} mean(cs_s)^(w_s) mean(l_S cs_S)^(w_S), each scale of half the size.
Five scales need 176 pixels. Smaller images have fewer, with weights that still sum to one:
another measure, so name `scales` beside it.
"""
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgan.types import Array, Key

WEIGHTS = np.array([.0448, .2856, .3001, .2363, .1333])
WINDOW, SIGMA = 11, 1.5
C1, C2 = (.01 * 255) ** 2, (.03 * 255) ** 2


def scales(height: int, width: int) -> int:
  """How many halvings, five at most, leave a window's width; at least one."""
  return max(1, sum(min(height, width) >> s >= WINDOW for s in range(len(WEIGHTS))))


@functools.partial(jax.jit, static_argnames=('pairs', 'batch'))
def diversity(images: Array, key: Key, pairs: int = 10_000, batch: int = 32) -> Array:
  """The mean MS-SSIM of random pairs of different images, uint8 [N, H, W, C], N > 1."""
  first, apart = jax.random.split(key)
  i = jax.random.randint(first, (pairs,), 0, len(images))
  j = (i + jax.random.randint(apart, (pairs,), 1, len(images))) % len(images)
  of_pair = lambda ij: ms_ssim(images[ij[0]], images[ij[1]])
  return lax.map(of_pair, (i, j), batch_size=batch).mean()


def ms_ssim(x: Array, y: Array) -> Array:
  """MS-SSIM of two images, 0..255, [H, W, C] -> scalar, float32; negative factors count 0."""
  count = scales(*x.shape[:2])
  weights = WEIGHTS[:count] / WEIGHTS[:count].sum() if count < len(WEIGHTS) else WEIGHTS
  x, y, found = x.astype(jnp.float32), y.astype(jnp.float32), 1.
  for scale, weight in enumerate(weights, 1):
    luminance, structure = similarity(x, y)
    last = luminance * structure if scale == count else structure
    found *= jnp.maximum(last.mean(), 0) ** weight
    x, y = halved(x), halved(y)
  return found


def similarity(x: Array, y: Array) -> tuple[Array, Array]:
  """(l, cs) of each pixel whose window fits in; small images have a smaller window."""
  size = min(WINDOW, *x.shape[:2])
  mx, my, xx, yy, xy = blurred(jnp.stack([x, y, x * x, y * y, x * y]), size)
  luminance = (2 * mx * my + C1) / (mx * mx + my * my + C1)
  return luminance, (2 * (xy - mx * my) + C2) / (xx - mx * mx + yy - my * my + C2)


def blurred(x: Array, size: int) -> Array:
  """x [K, H, W, C] under a Gaussian window, as sums of shifts: exact float32 everywhere."""
  at = np.arange(size) - (size - 1) / 2
  window = np.exp(-at ** 2 / 2 / (SIGMA * size / WINDOW) ** 2)
  window /= window.sum()
  for axis in (1, 2):
    room = x.shape[axis] - size + 1
    x = sum(float(w) * lax.slice_in_dim(x, s, s + room, axis=axis)
            for s, w in enumerate(window))
  return x


def halved(x: Array) -> Array:
  """Means of 2 x 2 pixels; an odd last row or column is dropped."""
  return lax.reduce_window(x, 0., lax.add, (2, 2, 1), (2, 2, 1), 'valid') / 4
