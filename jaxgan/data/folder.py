"""Images in a folder or a zip, --data_dir=PATH; folders within are classes, if asked for.

  data = folder.load(64, resize=True)

Every file is looked at before anything is compiled. What fits in memory is read whole, and kept
as `data.decoded` says; of more, each batch is decoded when it is due, by threads, in an order
that no thread can change.
"""
import concurrent.futures
import io
import pathlib
import threading
import zipfile
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxgan import log
from jaxgan.data import decoded, source
from jaxgan.data.pictures import MODES, WHOLE, Pictures, upright
from jaxgan.errors import Failure
from jaxgan.types import Batch

ENDINGS = ('.png', '.jpg', '.jpeg', '.webp', '.bmp')


def load(size: int, channels: int = 3, classes: int = 0, resize: bool = False,
         convert: bool = False, whole: int = WHOLE) -> source.Dataset:
  """x: uint8 [size, size, channels], channels 1 or 3; c: of so many `classes` the number of the
  folder, in the order of their names. Images must have that size, or, with `resize`, at least
  it: the largest square in the middle is taken, and made smaller by Lanczos's filter. Files of
  other modes (grey, CMYK, transparent, with palettes) are faults unless `convert` is set."""
  shape = (size, size, channels)

  def read(data_dir):
    opened, names, numbers = found(data_dir, classes)
    some = lambda ids: [(opened(names[i]), numbers[i] if classes else None) for i in ids]
    files = Pictures(some, len(names), shape, classes or None)
    look = lambda: check(opened, names, shape, size if resize else None, convert, data_dir)
    if (pixels := len(files) * int(np.prod(shape))) > whole:
      look()
      return files

    def make():
      look()
      return files[np.arange(len(files))]

    path = pathlib.Path(data_dir).expanduser()
    paths = [path / name for name in names] if path.is_dir() else [path]
    how = dict(shape=shape, classes=classes, resize=resize, convert=convert)
    return source.Arrays(decoded.batch('images', paths, how, pixels, make))

  example = Batch(jax.ShapeDtypeStruct(shape, np.uint8),
                  jax.ShapeDtypeStruct((), np.int32) if classes else None)
  return source.images(lambda data_dir: example, read, name='images', extractor='rand-conv')


def found(data_dir: str | None, classes: int):
  """-> (how to read a name, the names of the images in order, their labels or None). Raises
  Failure."""
  path = pathlib.Path(data_dir or '').expanduser()
  if not data_dir or not path.exists():
    raise Failure(f'--data_dir={data_dir or ""} is no folder or zip of images: give one, as '
                  '--data_dir=images')
  if path.is_dir():
    every = sorted(str(file.relative_to(path)) for file in path.rglob('*') if file.is_file())
    read = lambda name: (path / name).read_bytes()
  elif zipfile.is_zipfile(path):
    archive, lock = zipfile.ZipFile(path), threading.Lock()
    every = sorted(name for name in archive.namelist() if not name.endswith('/'))

    def read(name):
      with lock:  # one reader at a time: the archive has one place in the file
        return archive.read(name)
  else:
    raise Failure(f'--data_dir={data_dir} is neither a folder nor a zip')
  names = [name for name in every if name.lower().endswith(ENDINGS)]
  if not names:
    raise Failure(f'{data_dir} holds no images ({", ".join(ENDINGS)}) among its {len(every)} '
                  'files')
  if not classes:
    return read, names, None
  folders = [str(pathlib.PurePath(name).parent) for name in names]
  kinds = sorted(set(folders))
  if '.' in kinds:
    raise Failure(f'{names[folders.index(".")]} is in no class folder of {data_dir}: for '
                  'labels put each image in the folder of its class')
  if len(kinds) != classes:
    raise Failure(f'{data_dir} has images in {len(kinds)} folders ({", ".join(kinds[:3])}, ..),'
                  f' and the experiment {classes} classes: give the folder above the classes')
  number = {kind: i for i, kind in enumerate(kinds)}
  return read, names, np.array([number[folder] for folder in folders], np.int32)


def check(read: Callable[[str], bytes], names: Sequence[str], shape, least: int | None,
          convert: bool, data_dir: str) -> None:
  """Looks at every file; raises Failure if one cannot be used, having said of each why."""
  with concurrent.futures.ThreadPoolExecutor() as threads:
    found = list(threads.map(lambda name: fault(read, name, shape, least, convert), names))
  bad = [f'{name}: {why}' for name, why in zip(names, found) if why]
  for line in bad:
    log.say(line)
  if bad:
    raise Failure(f'{len(bad)} of {len(names):,} images in {data_dir} cannot be used, as '
                  f'{bad[0]}: mend them or take them out')


def fault(read: Callable[[str], bytes], name: str, shape, least: int | None,
          convert: bool) -> str:
  """What is wrong with an image file, '' if nothing is. All of it is decoded."""
  from PIL import Image
  try:
    with Image.open(io.BytesIO(read(name))) as picture:
      mode, size = picture.mode, upright(picture, MODES[shape[2]]).size
  except Exception as e:  # PIL raises anything on damaged files
    return f'unreadable ({str(e).splitlines()[0] if str(e) else type(e).__name__})'
  if mode != MODES[shape[2]] and not convert:
    return f'its mode is {mode}, not {MODES[shape[2]]} (convert=True takes all)'
  if least is None and size != shape[:2]:
    return f'{size[0]}x{size[1]} pixels, not {shape[1]}x{shape[0]} (resize=True takes larger)'
  if least is not None and min(size) < least:
    return f'{size[0]}x{size[1]} pixels are too few for {shape[1]}x{shape[0]}'
  return ''
