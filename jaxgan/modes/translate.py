"""What a run makes of your own inputs: of images, of the rows of a .npz.

  python launch.py translate runs/emoji --image=drawing.png
  python launch.py translate runs/emoji --image=drawings/ --out=coloured/
  python launch.py translate runs/captions --image=captions.txt
"""
import pathlib

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan.data.folder import kind
from jaxgan.data.source import Dataset, check_finite
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.sample import check_out, save
from jaxgan.modes.shared import folder, given, pixels, trained
from jaxgan.run.sampling import sampler
from jaxgan.types import Batch, PyTree

FLAGS = {
    'image': ('str', None, 'An image file, a folder of them, a .txt of lines of words, or a '
              '.npz of conditions, [N, ..] each.'),
    'out': ('str', None, 'A .png of inputs beside outputs, a .npz of `images`, or a folder for '
            'single files (default: WORKDIR/samples/translate.png).')}
SHARED = ('sample_seed', 'step', 'ema')


def run(values, knobs, paths) -> None:
  translate(folder(values), given(values), values.image, values.out, values.sample_seed,
            values.step, values.ema)


def translate(folder: pathlib.Path, experiment: str | None, image: str | None, out: str | None,
              seed: int, step: str, ema: bool) -> None:
  """Writes what the generator of a run makes of each input to `out`, by its ending. Raises
  Failure."""
  run, spec, state = trained(folder, experiment, step)
  where = pathlib.Path(out or folder / 'samples' / 'translate.png').expanduser().absolute()
  if not any(a.shape for a in jax.tree.leaves(spec.c)):  # nothing, or labels
    raise Failure(f'{folder} is of a generator that is given no input but noise or a class: '
                  'use --mode=sample')
  if image is None:
    raise Failure('--mode=translate needs --image=FILE, a folder of images, a .txt of words or '
                  'a .npz')
  check_out(where, spec, run.experiment.data)
  c, names = inputs(pathlib.Path(image).expanduser(), spec.c, run.experiment.data)
  average = state.ema if ema else game.averaged(state.g)
  n = len(jax.tree.leaves(c)[0])
  x = sampler(run.experiment)(average, n, seed, Batch(None, c))
  save(x, c, where, run.experiment.data, names)
  say(f'{n} of {image} by step {int(state.step):,} of {folder}: {where}')


def inputs(path: pathlib.Path, spec: PyTree, data: Dataset) -> tuple[PyTree, list[str]]:
  """Conditions [N, ..] of `spec`'s shapes, and a name for each. Raises Failure."""
  if path.suffix == '.txt':
    return words(path, data)
  if path.suffix == '.npz':
    c = conditions(path, spec)
    return c, [f'{i:06}' for i in range(len(jax.tree.leaves(c)[0]))]
  if not (isinstance(spec, jax.ShapeDtypeStruct) and spec.dtype == np.uint8
          and len(spec.shape) == 3):
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(spec))
    raise Failure(f'--image={path}: the conditions of this run are {what}, no images: give a '
                  '.npz')
  files = [path]
  if path.is_dir():
    files = sorted(file for file in path.iterdir() if not kind(file.name))
  if not files:
    raise Failure(f'--image={path} holds no images')
  names = [file.stem for file in files]
  if len(set(names)) < len(names):
    twice = next(name for name in names if names.count(name) > 1)
    raise Failure(f'--image={path} has two images {twice!r}, and outputs have their names: '
                  'rename one')
  return np.stack([pixels(file, spec.shape) for file in files]), names


def words(path: pathlib.Path, data: Dataset) -> tuple[PyTree, list[str]]:
  """The conditions of a file's lines, and a name for each. Raises Failure."""
  if data.text is None:
    raise Failure(f'--image={path}: this run is not told words: give images or a .npz')
  try:
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
  except (OSError, UnicodeDecodeError) as e:
    raise Failure(f'--image={path} cannot be read ({type(e).__name__}: {e})')
  if not lines:
    raise Failure(f'--image={path} has no line of words')
  c = jax.tree.map(lambda *each: np.stack(each), *map(data.text, lines))
  return c, [f'{i:06}' for i in range(len(lines))]


def conditions(path: pathlib.Path, spec: PyTree) -> PyTree:
  """The arrays of a .npz in the tree of `spec`: by their paths there, or in order, as a run's
  conditions.npz has them. Raises Failure."""
  try:
    with np.load(path, allow_pickle=False) as saved:
      arrays = dict(saved)
  except Exception as e:
    raise Failure(f'--image={path} cannot be read ({type(e).__name__}: {e})')
  flat, treedef = jax.tree_util.tree_flatten_with_path(spec)
  names = [jax.tree_util.keystr(at, simple=True, separator='/') for at, _ in flat]
  if list(arrays) == [f'arr_{i}' for i in range(len(names))] or len(names) == len(arrays) == 1:
    arrays = dict(zip(names, arrays.values()))
  if arrays.keys() != set(names):
    raise Failure(f'--image={path} has {", ".join(arrays) or "no arrays"}, and the conditions '
                  f'of this run are {", ".join(names)}')
  for name, (_, one) in zip(names, flat):
    a = arrays[name]
    if a.shape[1:] != one.shape or a.dtype != one.dtype or not len(a):
      raise Failure(f'--image={path}: {name or "the array"} is {a.dtype} {list(a.shape)}, not '
                    f'{one.dtype} [N{"".join(f", {size}" for size in one.shape)}]')
  if len({len(a) for a in arrays.values()}) > 1:
    raise Failure(f'--image={path}: its arrays are of different lengths')
  c = treedef.unflatten([arrays[name] for name in names])
  check_finite(Batch(None, c), np.arange(len(arrays[names[0]])))
  return c
