"""Sets of features, float [N, d]: checked where they enter."""
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array


def check(measure: str, least: int, **sets: Array) -> None:
  """Raises Failure unless each set is finite, real, [N, d], N >= least, with one d for all."""
  for name, x in sets.items():
    shape = list(np.shape(x))
    if len(shape) != 2 or not shape[1]:
      raise Failure(f'{measure}: {name} must be [N, d], one row an example, not {shape}: '
                    'flatten or pool each example first')
    if np.iscomplexobj(x):
      raise Failure(f'{measure}: {name} is {np.asarray(x).dtype}: give real numbers, as the '
                    'absolute values')
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
    each = ', '.join(f'{name} has {width}' for name, width in widths.items())
    raise Failure(f'{measure}: sets of different widths, {each} features an example: take all '
                  'from one extractor')


def at_least(measure: str, **values: tuple[int, int]) -> None:
  """Raises Failure for a number, given with the least that it may be, that is less."""
  for name, (value, least) in values.items():
    if value < least:
      raise Failure(f'{measure}: {name}={value} must be at least {least}')
