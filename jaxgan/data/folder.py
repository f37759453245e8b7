"""Images in a folder or a zip, --data_dir=PATH; folders within are classes, if asked for.

  data = folder.load(64, resize=True)

Every file is decoded once before anything is compiled. What fits in memory is kept whole, and
kept as `data.decoded` says; of more, each batch is decoded when it is due, by threads, in an
order that no thread can change.
"""
import collections
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import decoded_cache, source
from jaxgan.data.image_files import LARGEST, WHOLE, Pictures, brought, opened, why
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.types import Batch

# Formats that Pillow knows by name but does not read by itself, or that are no pictures.
OTHERS = {'BUFR', 'EPS', 'GRIB', 'HDF5', 'MPEG', 'WMF'}
LABELS = 'dataset.json'  # of StyleGAN2-ADA's dataset_tool: {"labels": [["a.png", 3], ..]}


class Files(NamedTuple):
  """The image files of a folder or zip, in the order of their names."""
  read: Callable[[str], bytes]
  names: list[str]
  sizes: list[int]  # bytes
  labels: np.ndarray | None = None  # int32 [N]
  class_names: tuple[str, ...] | None = None

  @property
  def known(self) -> dict:
    """What tells these files from others: names, sizes, labels."""
    told = json.dumps([self.names, self.sizes, self.labels is not None and
                       self.labels.tolist()])
    return {'count': len(self.names), 'class_names': self.class_names,
            'fingerprint': hashlib.sha256(told.encode()).hexdigest()}


def load(size: int | tuple[int, int], channels: int = 3, classes: int = 0, resize: bool = False,
         convert: bool = False, whole: int = WHOLE) -> source.Dataset:
  """x: uint8 [H, W, channels], channels 1 to 4, `size` being H and W or both; c: of so many
  `classes` the number of the folder, in the order of their names: of the first folder below
  the root, or of what `dataset.json` says. Images must have that size, or, with `resize`, at
  least it: the largest part of the middle is taken, and made smaller by Lanczos's filter. Files
  of other modes (grey, CMYK, transparent, with palettes) are faults unless `convert` is set. Of
  files with several pictures the first is taken."""
  shape = (*((size, size) if isinstance(size, int) else size), channels)

  def read(data_dir):
    files = found(data_dir, classes)
    look = lambda keep: examined(files, shape, resize, convert, data_dir, keep)
    if (pixels := len(files.names) * int(np.prod(shape))) > whole:
      look(keep=False)
      label = lambda i: int(files.labels[i]) if classes else None
      some = lambda ids: [(files.read(files.names[i]), label(i)) for i in ids]
      return Pictures(some, len(files.names), shape, classes or None, files.class_names,
                      files.known, lambda i: f'{files.names[i]} in {data_dir}')
    path = pathlib.Path(data_dir).expanduser()
    paths = [path / name for name in files.names] if path.is_dir() else [path]
    how = dict(shape=shape, labels=files.known['fingerprint'], resize=resize, convert=convert)
    batch = decoded_cache.batch('images', paths, how, pixels,
                                lambda: Batch(look(keep=True), files.labels))
    source.check(batch, classes or None)
    return source.Arrays(batch, files.known, files.class_names)

  example = Batch(jax.ShapeDtypeStruct(shape, np.uint8),
                  jax.ShapeDtypeStruct((), np.int32) if classes else None)
  return source.images(lambda data_dir: example, read, name='images', extractor='rand-conv')


def measured(data_dir: str | None, most: int = 1000) -> tuple[int, int]:
  """How many images a folder or zip has, and the shorter side, in pixels, that nine of ten
  reach: of `most` of them, evenly spread. Raises Failure."""
  files = found(data_dir, 0)
  sides = []
  for name in files.names[::-(-len(files.names) // most)]:
    try:
      with opened(files.read(name)) as picture:
        sides.append(min(picture.size))
    except Exception as e:  # Pillow raises anything on damaged files
      raise Failure(f'{name} in {data_dir} cannot be used: {why(e)}: mend it or take it out')
  return len(files.names), int(np.quantile(sides, .1))


def holds_images(data_dir: str | None) -> bool:
  """Whether a path is of a zip, or of a folder with images in it or in a folder of it."""
  path = pathlib.Path(data_dir or '').expanduser()
  if not data_dir or not path.is_dir():
    return bool(data_dir) and zipfile.is_zipfile(path)
  return any(not kind(file.name) for pattern in ('*.*', '*/*.*') for file in path.glob(pattern))


def found(data_dir: str | None, classes: int) -> Files:
  """The images of a folder or zip. It says how many files of which kinds it passed over.
  Raises Failure."""
  path = pathlib.Path(data_dir or '').expanduser()
  if not data_dir or not path.exists():
    raise Failure(f'--data_dir={data_dir or ""} is no folder or zip of images: give one, as '
                  '--data_dir=images')
  if path.is_dir():
    read, every = of_folder(path)
  elif zipfile.is_zipfile(path):
    read, every = of_zip(path)
  else:
    raise Failure(f'--data_dir={data_dir} is neither a folder nor a zip')
  kinds = {name: kind(name) for name in every}
  names = sorted(name for name in every if not kinds[name])
  others = collections.Counter(kinds[name] for name in every if kinds[name] and name != LABELS)
  listed = ', '.join(f'{n:,} {what}' for what, n in others.most_common())
  if not names:
    raise Failure(f'{data_dir} holds no images that Pillow reads (.png, .jpg, .webp, .tif ..)'
                  f': {f"there are {listed}" if listed else "it is empty"}')
  if others:
    say(f'{data_dir}: {len(names):,} images; passed over: {listed}')
  files = Files(read, names, [every[name] for name in names])
  if not classes:
    return files
  labels, class_names = (listed_labels(read(LABELS), names, classes, data_dir)
                         if LABELS in every else folder_labels(names, classes, data_dir))
  return files._replace(labels=labels, class_names=class_names)


def kind(name: str) -> str:
  """What a file is that is no image: 'hidden' or its ending; '' for an image."""
  if any(part.startswith('.') or part == '__MACOSX' for part in pathlib.PurePath(name).parts):
    return 'hidden'
  ending = pathlib.PurePath(name).suffix.lower()
  return '' if ending in endings() else ending or 'without ending'


@functools.cache
def endings() -> frozenset[str]:
  """The endings of files that Pillow reads as pictures."""
  from PIL import Image
  return frozenset(ending for ending, name in Image.registered_extensions().items()
                   if name in Image.OPEN and name not in OTHERS)


def of_folder(path: pathlib.Path) -> tuple[Callable[[str], bytes], dict[str, int]]:
  """-> (how to read a file by its name, the size of each). Links are followed; a folder that is
  there twice is walked once, by the first of its names."""
  seen, sizes = set(), {}

  def walk(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    here = os.stat(folder)
    if (here.st_dev, here.st_ino) in seen:
      say(f'{folder} is the same folder as another, or one around it: passed over')
      return
    seen.add((here.st_dev, here.st_ino))
    for entry in sorted(folder.iterdir()):
      if entry.is_dir():
        yield from walk(entry)
      else:
        yield entry
  for file in walk(path):
    try:
      sizes[file.relative_to(path).as_posix()] = os.stat(file).st_size
    except OSError as e:
      raise Failure(f'{file} cannot be read ({e.strerror}): mend it or take it out')
  return lambda name: (path / name).read_bytes(), sizes


def of_zip(path: pathlib.Path) -> tuple[Callable[[str], bytes], dict[str, int]]:
  """The same of a zip."""
  archive, lock = zipfile.ZipFile(path), threading.Lock()

  def read(name):
    with lock:  # one reader at a time: the archive has one place in the file
      return archive.read(name)
  return read, {info.filename: info.file_size for info in archive.infolist()
                if not info.is_dir()}


def folder_labels(names: Sequence[str], classes: int,
                  data_dir: str) -> tuple[np.ndarray, tuple[str, ...]]:
  """(labels int32 [N], the classes' names): the first folder is the class, below the folders
  that all have in common. Raises Failure."""
  parts = [pathlib.PurePosixPath(name).parts for name in names]
  while classes > 1 and len({p[0] for p in parts}) == 1 and min(map(len, parts)) > 2:
    parts = [p[1:] for p in parts]
  for name, p in zip(names, parts):
    if len(p) == 1:
      raise Failure(f'{name} is in no class folder of {data_dir}: for labels put each image in '
                    'the folder of its class')
  kinds = sorted({p[0] for p in parts})
  if len(kinds) != classes:
    raise Failure(f'{data_dir} has images in {len(kinds)} folders ({", ".join(kinds[:3])}, ..),'
                  f' and the experiment {classes} classes: give the folder above the classes')
  number = {name: i for i, name in enumerate(kinds)}
  return np.array([number[p[0]] for p in parts], np.int32), tuple(kinds)


def listed_labels(text: bytes, names: Sequence[str], classes: int,
                  data_dir: str) -> tuple[np.ndarray, None]:
  """(labels int32 [N], None) of dataset.json. Raises Failure."""
  try:
    pairs = json.loads(text)['labels']
    listed = {} if pairs is None else {name: label for name, label in pairs}
  except (ValueError, KeyError, TypeError) as e:
    raise Failure(f'{LABELS} of {data_dir} is no list of labels ({type(e).__name__}: {e})')
  for name in names:
    label = listed.get(name)
    if type(label) is not int or not 0 <= label < classes:
      raise Failure(f'{LABELS} of {data_dir} has {label if name in listed else "no label"} for '
                    f'{name}, and the experiment classes 0 to {classes - 1}: correct it, or '
                    'take it out for folders to be classes')
  return np.array([listed[name] for name in names], np.int32), None


def examined(files: Files, shape: tuple[int, int, int], resize: bool, convert: bool,
             data_dir: str, keep: bool) -> np.ndarray | None:
  """Decodes every file -> the images uint8 [N, H, W, C], if they are to be kept. Raises Failure
  if one cannot be used, having said of each why."""
  images = np.empty((len(files.names), *shape), np.uint8) if keep else None

  def fault(i):
    if files.sizes[i] > LARGEST:
      return f'{files.sizes[i]:,} bytes are more than {LARGEST:,}'
    try:
      found = brought(files.read(files.names[i]), shape, resize, convert, keep)
    except Exception as e:  # Pillow raises anything on damaged files
      return why(e)
    if keep:
      images[i] = found
    return ''
  with concurrent.futures.ThreadPoolExecutor() as threads:
    found = list(threads.map(fault, range(len(files.names))))
  bad = [f'{name}: {reason}' for name, reason in zip(files.names, found) if reason]
  for line in bad:
    say(line)
  if bad:
    raise Failure(f'{len(bad)} of {len(files.names):,} images in {data_dir} cannot be used, as '
                  f'{bad[0]}: mend them or take them out')
  return images
