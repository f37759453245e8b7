"""Scores saved samples against saved real images, from any codebase."""
import json
import pathlib
import zipfile

import numpy as np

from jaxgan import log
from jaxgan.data import order
from jaxgan.data.pictures import upright
from jaxgan.errors import Failure
from jaxgan.metrics import features, moments
from jaxgan.metrics.extractors.base import check_images
from jaxgan.metrics.reference import Reference
from jaxgan.metrics.suite import MEASURES, Sides
from jaxgan.modes import scores
from jaxgan.types import Places

KNOWN = tuple(name for name in MEASURES if name not in ('intra-fd', 'cas', 'memory'))


def evaluate_arrays(real: str | None, fake: str | None, metrics: str | None, extractor: str,
                    seed: int, out: str | None, places: Places) -> None:
  """Prints each measure; `out`, a .jsonl file, gets them as records. Raises Failure.

  `real` and `fake`: a .npz (its `images`, or its only array), a .npy, or a folder of
  pictures; uint8 [N, H, W, C], of one size.
  """
  images = {name: read(path, name) for name, path in (('real', real), ('fake', fake))}
  sizes = {name: x.shape[1:] for name, x in images.items()}
  if sizes['real'] != sizes['fake']:
    raise Failure(f'--real={real} holds images {list(sizes["real"])} and --fake={fake} '
                  f'{list(sizes["fake"])}: bring them to one size and number of channels')
  network = features.extractor(extractor, places)
  asked = scores.asked(metrics or 'fd,kd,prdc' + ',cs' * (extractor != 'rand-conv'), KNOWN)
  scores.check(asked, network, len(images['fake']), 'arrays')
  with log.progress(len(images['real']) + len(images['fake']), 'image') as tick:
    of_real, of_fake = (features.extract(network, images[k], tick) for k in ('real', 'fake'))
  ids = order.permutation(len(of_real.pool), 0, 0)  # files may stand by class
  against = Reference(real, moments.of(of_real.pool), ids, of_real.pool[ids], 'arrays')
  sides = Sides(network, against, of_fake, images['fake'], seed)
  found = [score for name in asked for score in MEASURES[name](sides)]
  records = [scores.record(s, network, of='samples', seed=seed, reference=real, fake=fake)
             for s in found]
  if out:
    where = pathlib.Path(out).expanduser().absolute()
    try:
      log.write(where, ''.join(json.dumps(r) + '\n' for r in records))
    except OSError as e:
      raise Failure(f'--out={where} cannot be written ({e.strerror})')
  log.say(scores.table(records))


def read(path: str | None, flag: str) -> np.ndarray:
  """Images uint8 [N, H, W, C] of a file or a folder. Raises Failure."""
  if path is None:
    raise Failure(f'--{flag} is missing: give a .npz or .npy of uint8 images [N, H, W, C], or '
                  'a folder of pictures')
  where = pathlib.Path(path).expanduser()
  try:
    found = folder(where) if where.is_dir() else arrays(where)
  except FileNotFoundError:
    raise Failure(f'--{flag}={path} does not exist: give a .npz, a .npy or a folder')
  except (OSError, ValueError, EOFError, zipfile.BadZipFile) as e:
    raise Failure(f'--{flag}={path} cannot be read as images ({type(e).__name__}: '
                  f'{str(e).splitlines()[0]})')
  if found.ndim == 3:
    found = found[..., None]
  check_images(found, f'--{flag}={path}')
  return found


def arrays(path: pathlib.Path) -> np.ndarray:
  """The array of a .npy; of a .npz `images`, or its only one."""
  loaded = np.load(path, allow_pickle=False)
  if isinstance(loaded, np.ndarray):
    return loaded
  name = 'images' if 'images' in loaded.files else loaded.files[0]
  if name != 'images' and len(loaded.files) > 1:
    raise ValueError(f'it has {", ".join(loaded.files)} and no `images`')
  return loaded[name]


def folder(path: pathlib.Path) -> np.ndarray:
  """Every PNG of a folder, by name: all of one size."""
  from PIL import Image
  files = sorted(path.glob('*.png'))
  if not files:
    raise ValueError('the folder holds no .png: lossy formats would be scored for their losses')
  pictures = []
  for file in files:
    with Image.open(file) as picture:
      mode = 'L' if picture.mode in ('L', '1') else 'RGB'
      pictures.append(np.asarray(upright(picture, mode)))
  shapes = {p.shape for p in pictures}
  if len(shapes) > 1:
    raise ValueError(f'pictures of several sizes: {sorted(map(str, shapes))[:2]}')
  return np.stack(pictures)
