"""Draws images from a run's folder alone: no data set, no flags of the experiment."""
import math
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan.analysis import latents
from jaxgan.analysis.standing import standing
from jaxgan.data.source import Dataset, is_labels
from jaxgan.experiment import Experiment
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
    'n': ('int', 64, 'How many images; with --seeds of each seed, 1 unless you say more.', 1,
          100_000_000),
    'seeds': ('str', None, 'Seeds, as 0,1,4-6: a file for each in the folder --out, '
              'seed0004.png (default: WORKDIR/samples/seeds).'),
    'out': ('str', None, 'A .png grid, a .npz of `images` uint8 [N, H, W, C] and `labels`, if '
            'there are any, a .csv of tables, or a folder for single files, in one of its own '
            'for each class (default: WORKDIR/samples/sample.png).'),
    'truncation': ('float', None, 'Below 1, what is nearer to the average (psi of styles; '
                   'normal z without what is beyond 2 psi, at its own length).', 0.)}
SHARED = ('sample_seed', 'step', 'ema', 'label', 'standing')
LAST = 2**32 - 1  # of seeds


class Request(NamedTuple):
  """What is to be drawn, and where it goes."""
  n: int = 64
  out: str | None = None  # by its ending: .png a grid, .npz arrays, else a folder
  seed: int = 0
  seeds: Sequence[int] = ()  # a file for each
  step: str = 'latest'  # or best, or a number
  ema: bool = True
  label: str | None = None  # a class, 'all', or None for classes as in the data
  truncation: float | None = None  # below 1 draws what is more usual
  standing: int = 0  # batches that batch norm's averages are taken from anew


def run(values, knobs, paths) -> None:
  n = values.n if values['n'].present or values.seeds is None else 1
  sample(folder(values), given(values), Request(
      n, values.out, values.sample_seed, numbers(values.seeds), values.step, values.ema,
      values.label, values.truncation, values.standing))


def numbers(text: str | None) -> list[int]:
  """Seeds as --seeds has them: 0,1,4-6 is 0, 1, 4, 5, 6. Raises Failure."""
  if text is None:
    return []
  found = []
  for part in text.split(','):
    ends = part.split('-')
    if not all(end.isdecimal() for end in ends) or len(ends) > 2:
      raise Failure(f'--seeds={text}: {part!r} is no seed and no range: --seeds=0,1,4-6')
    first, last = int(ends[0]), int(ends[-1])
    if last < first or last > LAST:
      raise Failure(f'--seeds={text}: {part} is no range up to {LAST}: --seeds=0,1,4-6')
    found += range(first, last + 1)
  return found


def sample(folder: pathlib.Path, experiment: str | None, request: Request) -> None:
  """Writes samples of a run's generator. `experiment` is only needed for a run of a user's own
  file, which is not run for being named in a folder. Raises Failure."""
  run, spec, state = trained(folder, experiment, request.step)
  data, n = run.experiment.data, request.n
  default = 'seeds' if request.seeds else 'sample.png'
  where = pathlib.Path(request.out or folder / 'samples' / default).expanduser().absolute()
  check_out(where, spec, data, bool(request.seeds))
  average = state.ema if request.ema else game.averaged(state.g)
  conditions = workdir.read_conditions(folder, spec.c)
  if request.standing:  # of all classes, as training's
    average = standing(run.experiment, average, conditions, request.standing)
  classes = classes_of(folder, conditions)
  if (label := label_of(folder, request.label)) is not None:
    conditions = labelled(label, classes, n)
  used = jax.tree.map(lambda a: a[np.arange(n) % len(a)], conditions)
  draw = drawer(run.experiment, average, n, used, classes, request.truncation)
  if request.seeds:
    for seed in request.seeds:
      save_seed(draw(seed), used, where / f'seed{seed:04}', data)
  else:
    config = workdir.read_config(folder)
    several = classes if label in (None, 'all') else None  # one class needs no folder
    save(draw(request.seed), used, where, data, class_names=folders(config, several))
  of = f' of each of {len(request.seeds)} seeds' * bool(request.seeds)
  say(f'{n} samples{of} of step {int(state.step):,} of {folder}: {where}')


def drawer(experiment: Experiment, average: PyTree, n: int, c: PyTree, classes: int | None,
           truncation: float | None) -> Callable[[int], PyTree]:
  """-> draw(seed): n samples for conditions c [n, ..]."""
  if truncation is None:
    draw = sampler(experiment)
    return lambda seed: draw(average, n, seed, Batch(None, c))
  place = latents.space(experiment, average)
  told = None if classes is None else c
  return lambda seed: place.draw(
      latents.truncated(place.seeded(n, seed, told), truncation, place.centre), told)


def folders(config: dict, classes: int | None) -> list[str] | None:
  """A folder's name for each class, in the order of their numbers: '3' or '3-Dress'."""
  if classes is None:
    return None
  digits, names = len(str(classes - 1)), config.get('class_names') or [''] * classes
  plain = lambda name: ''.join(c if c.isalnum() or c in '-_. ' else '-' for c in name)
  return [f'{i:0{digits}}-{plain(name)}'.strip('-') for i, name in enumerate(names)]


def check_out(where: pathlib.Path, spec: Batch, data: Dataset, seeds: bool = False) -> None:
  """Raises Failure, before anything is drawn, for what cannot be written there."""
  x, c = jax.tree.map(lambda a: np.zeros((4, *a.shape), a.dtype), spec)
  if seeds:
    if where.suffix:
      raise Failure(f'--out={where}: with --seeds give a folder, for a file of each seed')
    return
  if where.suffix == '.npz':
    return
  if where.suffix == '.csv':
    if data.write(examples(x)[0])[0] != '.csv':
      raise Failure(f'--out={where}: samples of this run are no rows of a table: give a .png, '
                    'a .npz, or a folder')
    return
  if where.suffix not in ('', '.png'):
    raise Failure(f'--out={where}: give a .png, a .npz, or a folder')
  if where.suffix and data.show(x, c) is None:
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(spec.x))
    raise Failure(f'samples {what} are no pictures: use --out=FILE.npz, or a folder')
  if not where.suffix:
    ending, _ = data.write(examples(x)[0])
    if any(where.rglob(f'*{ending}')):
      raise Failure(f'--out={where} has files *{ending} already, which would be taken for '
                    'samples: give another folder, or empty it')


def save(x: PyTree, c: PyTree, where: pathlib.Path, data: Dataset,
         names: Iterable[str] | None = None, class_names: Sequence[str] | None = None) -> None:
  """Writes samples x [N, ..], made from c: a picture, a .npz, or a folder of a file for each,
  by these names, or numbered; of labels c in a folder for each class."""
  if where.suffix == '.npz':
    named = {'images': x} if isinstance(x, np.ndarray) else trees.leaves(x)
    return put(where, packed(**named, **({'labels': c} if is_labels(c) else {})))
  if where.suffix == '.png':
    return put(where, pictures.png(pictures.sheet(data.show(x, c), rows=row_labels(c))))
  each = examples(x)
  if where.suffix == '.csv':  # each row's file has the line of names
    files = [data.write(one)[1].split(b'\n', 1) for one in each]
    return put(where, b'\n'.join([files[0][0], b''.join(rest for _, rest in files)]))
  for i, name in enumerate(names or map('{:06}'.format, range(len(each)))):
    ending, content = data.write(each[i])
    among = where / class_names[c[i]] if class_names else where
    put(among / f'{name}{ending}', content)


def row_labels(c: PyTree) -> list[str]:
  """Which class is in each row of a square grid of samples; none where rows have several."""
  if not is_labels(c):
    return []
  columns = math.ceil(math.sqrt(len(c)))
  rows = [set(c[i:i + columns].tolist()) for i in range(0, len(c), columns)]
  return [f'class {min(row)}' for row in rows] if max(map(len, rows)) == 1 else []


def save_seed(x: PyTree, c: PyTree, where: pathlib.Path, data: Dataset) -> None:
  """Writes the samples of a seed as `where` with an ending: one as a file of its kind, several
  as a picture, or a .npz of what has none."""
  if len(each := examples(x)) == 1:
    ending, content = data.write(each[0])
    return put(where.with_suffix(ending), content)
  kind = '.npz' if data.show(x, c) is None else '.png'
  save(x, c, where.with_suffix(kind), data)
