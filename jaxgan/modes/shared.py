"""What modes on a trained run share: flags, how it is found and restored, how files are put."""
import difflib
import io
import pathlib

import jax
import numpy as np

from jaxgan.data.image_files import MODES, opened, upright, why
from jaxgan.data.source import is_labels
from jaxgan.experiment import load
from jaxgan.io import files
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, workdir
from jaxgan.run.states import shapes
from jaxgan.types import Batch, PyTree

FLAGS = {
    'step': ('str', 'latest', 'Which checkpoint: a step, latest or best.'),
    'ema': ('bool', True, 'The averaged generator.'),
    'sample_seed': ('int', 0, '(First) seed of the latents that are drawn.', 0, 4_294_967_295),
    'label': ('str', None, "Of which class, by number or name; 'all' (sample): the classes in "
              'turn, so that --n=100 shows ten classes a row each.'),
    'standing': ('int', 0, "Batch norm's averages anew from as many batches of samples.", 0,
                 100_000_000),
    'eval_metrics': ('str', None, "own (the experiment's), fd, fid, fd-infinity, kd, kid, cs, "
                     'prdc, memory, ms-ssim, ppl, intra-fd, cas, class-accuracy (default: by '
                     'the data).'),
    'extractor': ('str', None, 'rand-conv, cnn-DATASET, inception or inception.clean (default: '
                  'by the data).'),
    'inception': ('str', None, 'Your Inception weights: .npz, .safetensors or the public '
                  '.pth.'),
    'device_map': (['shard_map', 'pmap'], 'shard_map', 'How the step is put on the devices; '
                   'the results are the same.'),
    'divide_state': ('bool', False, "Optimisers' states and averages are divided over the "
                     'devices, for models that do not fit otherwise.')}


def folder(values) -> pathlib.Path:
  """The run's folder: --workdir, or runs/NAME of the experiment."""
  name = pathlib.Path(values.experiment).stem
  return pathlib.Path(values.workdir or f'runs/{name}').expanduser().absolute()


def given(values) -> str | None:
  """--experiment, if the user named one; config.json names it else."""
  return values.experiment if values['experiment'].present else None


def trained(folder: pathlib.Path, experiment: str | None, step: str):
  """-> (the run of a folder, one example's shapes, the state of a step). Raises Failure."""
  config = workdir.read_config(folder)
  if config is None:
    raise Failure(f'{folder} holds no run (it has no config.json): give the --workdir of a '
                  'run, or train one: python launch.py --experiment=digits')
  if not config['experiment']:
    raise Failure(f'{folder} was trained in Python, and only Python has its Experiment: '
                  f'jaxgan.sample(experiment, jaxgan.restore(experiment, {str(folder)!r}), 64)')
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
    if tree.keys() == {'batch'}:
      return Batch(*map(stored, tree['batch']))
    if tree.keys() == {'tuple'}:
      return tuple(stored(value) for value in tree['tuple'])
    return {key: stored(value) for key, value in tree.items()}
  return Batch(stored(data['x']), stored(data['c']))


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


def pixels(image: str | pathlib.Path | None, shape: tuple[int, ...]) -> np.ndarray:
  """An image file, uint8 `shape` [H, W, C]. Raises Failure if it has another size."""
  if image is None:
    raise Failure('this mode needs --image=FILE')
  try:
    with opened(image) as picture:
      found = np.asarray(upright(picture, MODES[shape[-1]]))
  except Exception as e:  # Pillow raises anything on damaged files
    raise Failure(f'--image={image} cannot be read ({why(e)})')
  if found.shape[:2] != tuple(shape[:2]):
    raise Failure(f'--image={image} is {found.shape[1]}x{found.shape[0]}, and the run is of '
                  f'{shape[1]}x{shape[0]}: give it that size')
  return found.reshape(shape)


def check_images(spec: Batch) -> None:
  """Raises Failure unless a run's data are images."""
  x = spec.x
  if not (isinstance(x, jax.ShapeDtypeStruct) and x.dtype == np.uint8 and len(x.shape) == 3
          and x.shape[2] in (1, 2, 3, 4)):
    what = ', '.join(f'{a.dtype} {list(a.shape)}' for a in jax.tree.leaves(x))
    raise Failure('this mode is for images of 1 to 4 channels, and the data of this run are '
                  f'{what}')
