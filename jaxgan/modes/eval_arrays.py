"""Scores saved samples against saved real images, from any codebase."""
import json
import pathlib

import numpy as np

from jaxgan.data import folder as folders
from jaxgan.data import order
from jaxgan.data.image_files import opened, upright, why
from jaxgan.io import archives, console, files
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, measures, moments
from jaxgan.metrics.extractors.base import check_images
from jaxgan.metrics.reference import Reference
from jaxgan.metrics.suite import MEASURES, Sides
from jaxgan.modes import scores
from jaxgan.run import memory
from jaxgan.types import Paths

FLAGS = {
    'real': ('str', None, '.npz, .npy or folder of PNGs.'),
    'fake': ('str', None, 'The same, to be scored.'),
    'out': ('str', None, 'A .json or .jsonl for the scores.')}
SHARED = ('sample_seed', 'eval_metrics', 'extractor', 'inception')

KNOWN = tuple(name for name in MEASURES if name not in ('intra-fd', 'cas', 'memory'))


def run(values, knobs, paths) -> None:
  extractor = values.extractor or 'rand-conv'
  evaluate_arrays(values.real, values.fake, values.eval_metrics, extractor, values.sample_seed,
                  values.out, paths)


def evaluate_arrays(real: str | None, fake: str | None, metrics: str | None, extractor: str,
                    seed: int, out: str | None, paths: Paths) -> None:
  """Prints each measure; `out`, a .json or .jsonl file, gets them as records. Raises Failure;
  what was computed before is shown and written.

  `real` and `fake`: a .npz (its `images`, or its only array), a .npy, or a folder of PNGs, and
  folders in it; uint8 [N, H, W, C], of one size.
  """
  where = None if out is None else destination(out)
  asked = measures.parsed(metrics or 'fd,kd,prdc' + ',cs' * (extractor != 'rand-conv'), KNOWN)
  images = {name: read(path, name) for name, path in (('real', real), ('fake', fake))}
  sizes = {name: x.shape[1:] for name, x in images.items()}
  if sizes['real'] != sizes['fake']:
    raise Failure(f'--real={real} holds images {list(sizes["real"])} and --fake={fake} '
                  f'{list(sizes["fake"])}: bring them to one size and number of channels')
  scores.check_inception(paths, extractor)
  network = features.extractor(extractor, paths)
  n_real, n_fake = (len(images[name]) for name in ('real', 'fake'))
  scores.check(asked, network, n_fake, n_real, 'arrays')
  with console.progress(n_real + n_fake, 'image') as tick:
    of_real, of_fake = (features.extract(network, images[k], tick) for k in ('real', 'fake'))
  ids = order.permutation(n_real, 0, 0)  # files may stand by class
  against = Reference(real, moments.of(of_real.pool, 'real'), ids, of_real.pool[ids], 'arrays')
  sides = Sides(network, against, of_fake, images['fake'], seed)
  records = []
  try:
    for name in asked:
      records += [scores.record(s, network, of='samples', seed=seed, reference=real, fake=fake)
                  for s in MEASURES[name](sides)]
  finally:
    if where and records:
      rows = [files.strict(record) for record in records]
      text = '\n'.join(rows) if where.suffix == '.jsonl' else f'[{", ".join(rows)}]'
      try:
        files.write(where, text + '\n')
      except OSError as e:
        raise Failure(f'--out={where} cannot be written ({e.strerror})')
    scores.show(records, of_real.pool.shape[1])


def destination(out: str) -> pathlib.Path:
  """--out as a path. Raises Failure if it is no place for scores."""
  where = pathlib.Path(out).expanduser().absolute()
  if where.suffix not in ('.json', '.jsonl') or where.is_dir():
    raise Failure(f'--out={out}: scores go to a .json or .jsonl file: try '
                  f'--out={pathlib.Path(out).with_suffix(".jsonl")}')
  if where.exists():
    try:
      json.loads(where.read_bytes().splitlines()[0] if where.suffix == '.jsonl' else
                 where.read_bytes())
    except (ValueError, IndexError, OSError):
      raise Failure(f'--out={out} is there, and holds no JSON: it is not written over; give '
                    'another name')
  return where


def read(path: str | None, flag: str) -> np.ndarray:
  """Images uint8 [N, H, W, C] of a file or a folder. Raises Failure."""
  if path is None:
    raise Failure(f'--{flag} is missing: give a .npz or .npy of uint8 images [N, H, W, C], or '
                  'a folder of pictures')
  where = pathlib.Path(path).expanduser()
  try:
    found = folder(where, path) if where.is_dir() else arrays(where)
  except FileNotFoundError:
    raise Failure(f'--{flag}={path} does not exist: give a .npz, a .npy or a folder')
  except (OSError, ValueError) as e:
    raise Failure(f'--{flag}={path} cannot be read as images ({why(e)})')
  if found.ndim == 3 and found.shape[-1] in (3, 4):
    raise Failure(f'--{flag}={path} is {list(found.shape)}, which may be one image in colour '
                  f'or {found.shape[0]} grey ones: give [1, H, W, C] or [N, H, W, 1]')
  if found.ndim == 3:
    found = found[..., None]
  check_images(found, f'--{flag}={path}')
  if found.max() <= 1:
    say(f'warning: all pixels of --{flag}={path} are 0 or 1, of 0 to 255, and are scored '
        'as black: multiply them by 255 if 1 is white')
  return found


def arrays(path: pathlib.Path) -> np.ndarray:
  """The array of a .npy; of a .npz `images`, or its only one."""
  loaded = archives.read(path, memory.available() or 2 ** 40)
  if 'images' in loaded or len(loaded) == 1:
    return loaded.get('images', next(iter(loaded.values())))
  raise ValueError(f'it has {", ".join(loaded)} and no `images`')


def folder(path: pathlib.Path, title: str) -> np.ndarray:
  """Every PNG of a folder and the folders in it, by name: all of one size."""
  bytes_of, sizes = folders.of_folder(path)
  files = sorted(name for name in sizes
                 if name.lower().endswith('.png') and not folders.kind(name))
  if not files:
    raise ValueError('the folder holds no .png: lossy formats would be scored for their losses')
  if others := len(sizes) - len(files):
    say(f'{title}: {len(files):,} images; passed over: {others:,} hidden files or no .png')
  pictures = []
  for file in files:
    try:
      with opened(bytes_of(file)) as picture:
        mode = 'L' if picture.mode in ('L', '1') else 'RGB'
        pictures.append(np.asarray(upright(picture, mode)))
    except Exception as e:  # Pillow raises anything on damaged files
      raise ValueError(f'{file}: {why(e)}')
  shapes = {p.shape for p in pictures}
  if len(shapes) > 1:
    raise ValueError(f'pictures of several sizes: {sorted(map(str, shapes))[:2]}')
  return np.stack(pictures)
