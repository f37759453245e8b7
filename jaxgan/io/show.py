"""Examples of any kind as one picture: of which kind they are is told by dtype and shape.

  uint8 [N, H, W, 1 to 4]                images
  uint8 [N, T, H, W, 1 to 4]             films
  floats [N, H, W], [N, H, W, C]         fields
  floats [N, 2]                          points
  numbers [N, T, C up to 8], [N, T], T at least 64    signals
  integers [N, L]                        tokens
  numbers [N, F]                         a table
  a dict, a tuple, a list of these       one below the other

A data set whose examples are to be shown otherwise has a `show` of its own.
"""
import math

import jax
import numpy as np

from jaxgan.io import pictures, plots
from jaxgan.io.pictures import grid, is_images, opaque

PAIRS = 24  # at most, in a picture of pairs
LONG = 64  # samples of a row that is a signal, and not one of a table


def show(x, c=None, target=None) -> np.ndarray | None:
  """Examples x as one picture, uint8 [H, W, 3]; None for what is of no kind above.

  Where conditions c are images of x's size, each x is beside its condition, and its target, if
  it has one: input | output | target. Of tables and points `target` are real ones.
  """
  if not isinstance(x, np.ndarray):
    return tree(x, target)
  if is_images(x) and is_images(c) and c.shape[:3] == x.shape[:3]:
    return pairs([a for a in (c, x, target) if a is not None])
  number = x.dtype.kind in 'iuf'
  if is_images(x):
    return grid(x)
  if x.dtype == np.uint8 and x.ndim == 5 and x.shape[4] <= 4:
    return plots.films(x)
  if x.dtype.kind == 'f' and (x.ndim == 4 or x.ndim == 3 and x.shape[2] > 8):
    return plots.fields(x)
  if x.dtype.kind == 'f' and x.ndim == 2 and x.shape[1] == 2:
    return pictures.scatter(x, target)
  if number and (x.ndim == 3 and x.shape[2] <= 8 or
                 x.ndim == 2 and x.shape[1] >= LONG and x.dtype not in (np.int32, np.int64)):
    return plots.signals(x)
  if number and x.ndim == 2:
    return plots.tokens(x) if x.dtype.kind in 'iu' else plots.tables(x, target)
  return None


def pairs(columns: list[np.ndarray]) -> np.ndarray:
  """Images [N, H, W, C] of several kinds, those of one row side by side."""
  columns = [opaque(a[:PAIRS]) for a in columns]
  columns = [np.broadcast_to(a, (*a.shape[:3], 3)) for a in columns]
  across = max(1, round(math.sqrt(len(columns[0]) / len(columns))))
  return grid(np.stack(columns, 1).reshape(-1, *columns[0].shape[1:]),
              columns=across * len(columns))


def tree(x, target) -> np.ndarray | None:
  """The pictures of a pytree's leaves, one below the other; None if one has none."""
  targets = [None] * len(jax.tree.leaves(x)) if target is None else jax.tree.leaves(target)
  found = [show(a, None, b) for a, b in zip(jax.tree.leaves(x), targets)]
  if not found or any(picture is None for picture in found):
    return None
  width = max(picture.shape[1] for picture in found)
  padded = [np.pad(picture, ((0, 4), (0, width - picture.shape[1]), (0, 0)),
                   constant_values=128) for picture in found]
  return np.concatenate(padded)[:-4]
