"""What a score would be of real examples: without it, a newcomer cannot read the number."""
from collections.abc import Callable

import numpy as np

from jaxgan.data import order
from jaxgan.data.source import Dataset
from jaxgan.io.console import say
from jaxgan.types import Batch, Metric, Paths


def telling(metric: Metric, data: Dataset, paths: Paths, floors: dict[str, float]) -> Callable:
  """A metric's score(real, fake) that says, the first time, what n real examples get, and adds
  it to `floors`. Of pairs it says nothing, for other examples are no pairs, nor of
  what asks for latents, which they have not."""
  score, n, told = metric.prepare(paths), metric.n, metric.paired or metric.latents

  def scored(real, fake):
    nonlocal told
    found = score(real, fake)
    if not told:
      told = True
      what, examples = held_out(data, n, paths)
      if examples is not None:
        values = {name: float(value) for name, value in score(real, examples).items()
                  if np.isfinite(value)}
        floors.update(values)
        shown = '  '.join(f'{name} {value:.3g}' for name, value in values.items())
        say(f'to compare: {n:,} {what} have {shown}')
    return found
  return scored


def held_out(data: Dataset, n: int, paths: Paths) -> tuple[str, Batch | None]:
  """n examples that training does not see; where there are not so many, of those it sees."""
  for what, one in (('test examples', data.test), ('training examples', data)):
    source = one and one.load(paths.data_dir)
    if source is not None and len(source) >= n:
      ids = order.ids(len(source), 0, 0, len(source))
      return what, source[np.sort(ids[-n:])]
  return '', None
