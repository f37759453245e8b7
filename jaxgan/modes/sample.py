"""Draws images from a run's folder alone: no data set, no flags of the experiment."""
import difflib
import io
import pathlib

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan.analysis import latents
from jaxgan.analysis.standing import standing
from jaxgan.data.source import is_labels
from jaxgan.experiment import load
from jaxgan.io import files, pictures, trees
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, workdir
from jaxgan.run.sampling import sampler
from jaxgan.run.states import shapes
from jaxgan.types import Batch, PyTree


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
  check_out(where, spec)
  average = state.ema if ema else game.averaged(state.g)
  conditions = workdir.read_conditions(folder, spec.c)
  if batches:  # of all classes, as training's
    average = standing(run.experiment, average, conditions, batches)
  classes, label = classes_of(folder, conditions), label_of(folder, label)
  if label is not None:
    conditions = labelled(label, classes, n)
  if truncation is None:
    images = sampler(run.experiment)(average, n, seed, Batch(None, conditions))
  else:
    place = latents.space(run.experiment, average)
    c = None if classes is None else conditions[np.arange(n) % len(conditions)]
    near = latents.truncated(place.seeded(n, seed, c), truncation, place.centre)
    images = place.draw(near, c)
  save(images, where)
  say(f'{n} samples of step {int(state.step):,} of {folder}: {where}')


def trained(folder: pathlib.Path, experiment: str | None, step: str):
  """-> (the run of a folder, one example's shapes, the state of a step). Raises Failure."""
  config = workdir.read_config(folder)
  if config is None:
    raise Failure(f'{folder} holds no run (it has no config.json): give the --workdir of a '
                  'run, or train one: python launch.py --experiment=digits')
  run = load(trusted(config['experiment'], experiment), config['knobs'])
  spec = described(config['data'])
  target = shapes(run.experiment, spec)
  states = folder / ('best' if step == 'best' else 'checkpoints')
  state = checkpoint.restore(states, target, chosen(step, folder))
  if state is None:
    raise Failure(f'{states} has no checkpoint yet: train first', code=4)
  return run, spec, state


def trusted(recorded: str, given: str | None) -> str:
  """The experiment to load: a name of ours, or a file that the user named just now."""
  if given is None and recorded.endswith('.py'):
    raise Failure(f'this run is of the experiment file {recorded}, and code is not run for '
                  f'being named in a folder: add --experiment={recorded}')
  return given or recorded


def chosen(step: str, folder: pathlib.Path) -> int | None:
  """--step as a number; None for the latest. Raises Failure."""
  have = checkpoint.steps(folder / 'checkpoints')
  if step == 'latest' or step == 'best' and checkpoint.steps(folder / 'best'):
    return None
  if not step.isdecimal() or int(step) not in have:
    raise Failure(f'--step={step}: {folder} has checkpoints of {have or "no steps"}; '
                  'give one of these, latest or best')
  return int(step)


def label_of(folder: pathlib.Path, label: str | None) -> str | None:
  """--label as a number or 'all'; of a run whose classes have names, it may be one of these.
  Raises Failure."""
  names = (workdir.read_config(folder) or {}).get('class_names') or []
  if label is None or label == 'all' or label.isdecimal() or not names:
    return label
  if label not in names:
    near = difflib.get_close_matches(label, names, 1) or names[:1]
    raise Failure(f'--label={label}: no class of that name; did you mean {near[0]}? There are '
                  f'{", ".join(names[:20])}{" .." * (len(names) > 20)}')
  return str(names.index(label))


def classes_of(folder: pathlib.Path, conditions: PyTree) -> int | None:
  """How many classes a run's generator is told apart; None if it is told no class."""
  if not is_labels(conditions):
    return None
  return workdir.read_config(folder).get('classes') or int(conditions.max()) + 1


def labelled(label: str, classes: int | None, n: int) -> np.ndarray:
  """n labels int32 for --label: one class, or 'all': the classes one after the other, an equal
  share of n each. Raises Failure."""
  if classes is None:
    raise Failure(f'--label={label}: the generator of this run is told no class: leave it out')
  if label == 'all':
    return (np.arange(n) * classes // n).astype(np.int32)
  if not label.isdecimal() or int(label) >= classes:
    raise Failure(f'--label={label}: the classes are 0 to {classes - 1}: give one, or all')
  return np.full(n, int(label), np.int32)


def described(data: dict) -> Batch:
  """One example's shapes and dtypes, from config.json."""
  def stored(tree):
    if tree is None:
      return None
    if isinstance(tree, list):
      return [stored(value) for value in tree]
    if tree.keys() == {'shape', 'dtype'}:
      return jax.ShapeDtypeStruct(tuple(tree['shape']), np.dtype(tree['dtype']))
    if tree.keys() == {'tuple'}:
      return tuple(stored(value) for value in tree['tuple'])
    return {key: stored(value) for key, value in tree.items()}
  return Batch(stored(data['x']), stored(data['c']))


def check_out(where: pathlib.Path, spec: Batch) -> None:
  """Raises Failure, before anything is drawn, for what `save` would refuse."""
  x = jax.tree.map(lambda a: np.zeros((4, *a.shape), a.dtype), spec.x)
  if where.suffix == '.npz':
    return
  if pictures.shown(x) is None:
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(spec.x))
    raise Failure(f'samples {what} are no pictures: use --out=FILE.npz')
  if where.suffix not in ('', '.png') or not where.suffix and not pictures.is_images(x):
    raise Failure(f'--out={where}: give a .png, a .npz, or, for images, a folder')
  if not where.suffix and any(where.glob('*.png')):
    raise Failure(f'--out={where} has pictures already, which would be taken for samples: '
                  'give another folder, or empty it')


def save(images: PyTree, where: pathlib.Path) -> None:
  """Writes uint8 images [N, H, W, C] (or, to .npz, any tree of arrays, each by its path)."""
  if where.suffix == '.npz':
    named = {'images': images} if isinstance(images, np.ndarray) else trees.leaves(images)
    return put(where, packed(**named))
  if where.suffix == '.png':
    return put(where, pictures.png(pictures.shown(images)))
  for i, image in enumerate(images):
    put(where / f'{i:06}.png', pictures.png(image))


def packed(**arrays: np.ndarray) -> bytes:
  """Arrays by name, as a .npz."""
  file = io.BytesIO()
  np.savez_compressed(file, **arrays)
  return file.getvalue()


def put(where: pathlib.Path, content: bytes | str) -> None:
  """Writes a file for --out. Raises Failure."""
  try:
    files.write(where, content)
  except OSError as e:
    raise Failure(f'--out={where} cannot be written ({e.strerror})')


def check_images(spec: Batch) -> None:
  """Raises Failure unless a run's data are images."""
  x = spec.x
  if not (isinstance(x, jax.ShapeDtypeStruct) and x.dtype == np.uint8 and len(x.shape) == 3
          and x.shape[2] in (1, 2, 3, 4)):
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(x))
    raise Failure('this mode is for images of 1 to 4 channels, and the data of this run are '
                  f'{what}')
