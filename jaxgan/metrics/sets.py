"""Sets of features, float [N, d]: checked where they enter, and cut into blocks."""
from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from jaxgan.errors import Failure
from jaxgan.types import Array


def check(measure: str, least: int, **sets: Array) -> None:
  """Raises Failure unless each set is finite, [N, d], N >= least, and all have one d."""
  for name, x in sets.items():
    shape = list(np.shape(x))
    if len(shape) != 2:
      raise Failure(f'{measure}: {name} must be [N, d], one row an example, not {shape}: '
                    'flatten or pool each example first')
    if shape[0] < least:
      raise Failure(f'{measure}: {name} has {shape[0]} examples and needs at least {least}: '
                    'draw more, or ask for less of them (k, size, splits)')
    bad = np.flatnonzero(~np.isfinite(x).all(1))
    if len(bad):
      raise Failure(f'{measure}: NaN or infinity in {len(bad)} of the {shape[0]} examples of '
                    f'{name}, first in number {bad[0]}: look at it, and at the parameters '
                    'that made it')
  widths = {name: np.shape(x)[1] for name, x in sets.items()}
  if len(set(widths.values())) > 1:
    raise Failure(f'{measure}: sets of {widths} features: take all from one extractor')


def blocks(x: np.ndarray, size: int, first: int = 0) -> Iterator[tuple[Array, Array]]:
  """x [N, d] in float32 blocks of one shape [B, d], B <= size, each with ids [B], int32.

  Ids number the examples from `first`; -1 marks the zeros that fill up the last block. One
  shape means one compilation.
  """
  size = min(size, len(x))
  for at in range(0, len(x), size):
    rows = np.asarray(x[at:at + size], np.float32)
    ids = np.arange(at, at + len(rows), dtype=np.int32) + first
    spare = size - len(rows)
    yield (jnp.asarray(np.pad(rows, ((0, spare), (0, 0)))),
           jnp.asarray(np.pad(ids, (0, spare), constant_values=-1)))
