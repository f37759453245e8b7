"""What the codes of an InfoGAN mean: pictures in which one code changes and the rest stays.

For runs whose prior is `priors.codes`; the codes come first in z. Chen et al., 2016, fig. 2.
"""
import pathlib

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.io import files, pictures
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.modes.shared import folder, given, trained
from jaxgan.types import Batch

SHARED = ('step', 'sample_seed')

ROWS, COLUMNS, RANGE = 10, 10, 2.  # beyond the [-1, 1] of training, as in the paper


def run(values, knobs, paths) -> None:
  codes(folder(values), given(values), values.step, values.sample_seed)


def codes(folder: pathlib.Path, experiment: str | None, step: str, seed: int) -> None:
  """Writes WORKDIR/samples/code_NAME.png: a column a value, a row a z. Raises Failure."""
  run, spec, state = trained(folder, experiment, step)
  check_writable(folder)
  counts = [run.knobs.get(name) for name in ('categories', 'continuous')]
  if None in counts:
    raise Failure(f'{run.name} has no knobs categories and continuous, by which '
                  '--mode=codes finds the codes in z')
  categories, continuous = counts
  keys = rng.per_example(rng.named(rng.root(seed), 'codes'), np.arange(ROWS))
  z, _ = run.experiment.gan.prior(keys, Batch(None))

  @jax.jit
  def draw(z):
    return run.experiment.data.encode(game.sample(run.experiment.gan, state.ema, z, None))

  for name, sheet in sheets(np.asarray(z), categories, continuous).items():
    images = np.asarray(draw(sheet.reshape(-1, sheet.shape[-1])))
    where = folder / 'samples' / f'code_{name}.png'
    values = [f'{value:.2g}' for value in np.linspace(-RANGE, RANGE, COLUMNS)]
    if name == 'category':
      values = [str(i) for i in range(categories)]
    files.write(where, pictures.png(pictures.sheet(
        pictures.grid(images, columns=sheet.shape[1]),
        f'code {name}: a column a value, a row a z', columns=values)))
    say(f'code {name} of step {int(state.step):,}: {where}')


def sheets(z: np.ndarray, categories: int, continuous: int) -> dict[str, np.ndarray]:
  """z [R, Z] with each code in turn put to its values, by name: [R, values, Z]."""
  def put(values, at):
    sheet = np.repeat(z[:, None], len(values), 1)
    sheet[:, :, at] = values
    return sheet
  found = {'category': put(np.eye(categories, dtype=z.dtype), slice(0, categories))}
  steps = np.linspace(-RANGE, RANGE, COLUMNS, dtype=z.dtype)
  for i in range(continuous):
    found[f'{i}'] = put(steps, categories + i)
  return found
