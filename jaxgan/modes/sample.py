"""Draws images from a run's folder alone: no data set, no flags of the experiment."""
import pathlib
from collections.abc import Iterable

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan.analysis import latents
from jaxgan.analysis.standing import standing
from jaxgan.data.source import Dataset
from jaxgan.io import pictures, trees
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.io.write import examples
from jaxgan.modes.shared import (
  classes_of,
  folder,
  given,
  label_of,
  labelled,
  packed,
  put,
  trained,
)
from jaxgan.run import workdir
from jaxgan.run.sampling import sampler
from jaxgan.types import Batch, PyTree

FLAGS = {
    'n': ('int', 64, 'How many images.', 1, 100_000_000),
    'out': ('str', None, 'A .png grid, a .npz of `images` uint8 [N, H, W, C], or a folder for '
            'single files: PNGs of images (default: WORKDIR/samples/sample.png).'),
    'truncation': ('float', None, 'Below 1, what is nearer to the average (psi of styles; '
                   'normal z without what is beyond 2 psi, at its own length).', 0.)}
SHARED = ('sample_seed', 'step', 'ema', 'label', 'standing')


def run(values, knobs, paths) -> None:
  sample(folder(values), given(values), values.n, values.out, values.sample_seed, values.step,
         values.ema, values.label, values.truncation, values.standing)


def sample(folder: pathlib.Path, experiment: str | None, n: int, out: str | None, seed: int,
           step: str, ema: bool, label: str | None, truncation: float | None = None,
           batches: int = 0) -> None:
  """Writes n samples to `out`, by its ending: .png a grid, .npz `images`, else a folder.

  `step` is 'latest', 'best' or a number, `label` a class, 'all', or None for classes as in
  the data; `experiment` only needed for a run of a user's own file, which is not run for
  being named in a folder. `truncation` below 1 draws what is more usual; with `batches`, batch
  norm's averages are taken anew from so many. Raises Failure.
  """
  run, spec, state = trained(folder, experiment, step)
  where = pathlib.Path(out or folder / 'samples' / 'sample.png').expanduser().absolute()
  check_out(where, spec, run.experiment.data)
  average = state.ema if ema else game.averaged(state.g)
  conditions = workdir.read_conditions(folder, spec.c)
  if batches:  # of all classes, as training's
    average = standing(run.experiment, average, conditions, batches)
  classes, label = classes_of(folder, conditions), label_of(folder, label)
  if label is not None:
    conditions = labelled(label, classes, n)
  used = jax.tree.map(lambda a: a[np.arange(n) % len(a)], conditions)
  if truncation is None:
    images = sampler(run.experiment)(average, n, seed, Batch(None, conditions))
  else:
    place = latents.space(run.experiment, average)
    c = None if classes is None else used
    near = latents.truncated(place.seeded(n, seed, c), truncation, place.centre)
    images = place.draw(near, c)
  save(images, used, where, run.experiment.data)
  say(f'{n} samples of step {int(state.step):,} of {folder}: {where}')


def check_out(where: pathlib.Path, spec: Batch, data: Dataset) -> None:
  """Raises Failure, before anything is drawn, for what `save` would refuse."""
  x, c = jax.tree.map(lambda a: np.zeros((4, *a.shape), a.dtype), spec)
  if where.suffix == '.npz':
    return
  if where.suffix not in ('', '.png'):
    raise Failure(f'--out={where}: give a .png, a .npz, or a folder')
  if where.suffix and data.show(x, c) is None:
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(spec.x))
    raise Failure(f'samples {what} are no pictures: use --out=FILE.npz, or a folder')
  if not where.suffix:
    ending, _ = data.write(examples(x)[0])
    if any(where.glob(f'*{ending}')):
      raise Failure(f'--out={where} has files *{ending} already, which would be taken for '
                    'samples: give another folder, or empty it')


def save(x: PyTree, c: PyTree, where: pathlib.Path, data: Dataset,
         names: Iterable[str] | None = None) -> None:
  """Writes samples x [N, ..], made from c: a picture, a .npz, or a folder of a file for each,
  by these names, or numbered."""
  if where.suffix == '.npz':
    named = {'images': x} if isinstance(x, np.ndarray) else trees.leaves(x)
    return put(where, packed(**named))
  if where.suffix == '.png':
    return put(where, pictures.png(data.show(x, c)))
  each = examples(x)
  for name, one in zip(names or map('{:06}'.format, range(len(each))), each):
    ending, content = data.write(one)
    put(where / f'{name}{ending}', content)
