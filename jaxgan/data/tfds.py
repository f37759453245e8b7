"""Data sets of TensorFlow Datasets, read without TensorFlow.

A set prepared on disk as array_record is read by `tfds.data_source`'s machinery; the few
that `data.prepare` can make are made where they are missing.
"""
import contextlib
import difflib
import fcntl
import io
import logging
import os
import threading
from collections.abc import Sequence

import jax
import numpy as np

from jaxgan.data import decoded_cache, folder, source
from jaxgan.data.image_files import WHOLE, Pictures, squared
from jaxgan.io.errors import Failure
from jaxgan.types import Batch

BLOCK = 5000  # examples that are read at a time


def load(name: str, split: str = 'train', image: str = 'image', label: str | None = None,
         scale: tuple[float, float] = (-1., 1.), test: str = 'test', size: int | None = None,
         whole: int = WHOLE) -> source.Dataset:
  """x: the uint8 feature `image` [H, W, C]; c: the integer feature `label`, or None.

  `name` as TFDS has it, 'mnist' or 'mnist:3.0.1'. `size`: the middle square of each image, made
  size x size. Read into memory, or, beyond `whole` bytes of pixels, decoded as it is needed.
  `test` names the split that is held out, if there is one.
  """
  def describe(data_dir):
    features = builder(name, data_dir).info.features
    x = feature(name, features, image)
    shape = of_size(x.shape, size)
    if not all(shape or (None,)):
      raise Failure(f'images of {name} have no one shape ({x.shape}): give tfds.load a size')
    if np.dtype(x.np_dtype) != np.uint8 or x.shape[-1] not in (1, 3, 4):
      raise Failure(f'{image!r} of {name} is {np.dtype(x.np_dtype)} {x.shape}: jaxgan reads '
                    'uint8 images of 1, 3 or 4 channels')
    if label is None:
      return Batch(jax.ShapeDtypeStruct(shape, np.uint8))
    classes(name, label, data_dir)
    return Batch(jax.ShapeDtypeStruct(shape, np.uint8), jax.ShapeDtypeStruct((), np.int32))

  def read(data_dir):
    made, data = opened(name, split, image, data_dir)
    shape = of_size(feature(name, made.info.features, image).shape, size)
    about = known(made, split, label)
    names = None if label is None else tuple(made.info.features[label].names)
    if len(data) * np.prod(shape) <= whole:
      return source.Arrays(examples(name, split, image, label, data_dir, size), about, names)
    lock = threading.Lock()

    def some(ids):
      with lock:
        rows = data.__getitems__(ids)
      return [(row[image], None if label is None else int(row[label])) for row in rows]
    count = None if label is None else made.info.features[label].num_classes
    return Pictures(some, len(data), shape, count, names, about,
                    lambda i: f'example {i} of {name}, split {split!r}, in {made.data_dir}')

  held_out = load(name, test, image, label, scale, '', size, whole) if test else None
  plain = name.split(':')[0].replace('/', '-')
  own = '/' not in name and size is None and test  # what a classifier's name says is all it is
  extractor = f'cnn-{plain}' if own else 'rand-conv'
  return source.images(describe, read, scale, name=f'{plain} {split}', test=held_out,
                       extractor=extractor)


def known(made, split: str, label: str | None) -> dict:
  """What tells a set of TFDS from others: name, version, splits, and what labels mean."""
  return {'name': made.info.full_name, 'split': split,
          'splits': {name: info.num_examples for name, info in made.info.splits.items()},
          'class_names': None if label is None else list(made.info.features[label].names)}


def of_size(shape: tuple[int | None, ...], size: int | None) -> tuple[int | None, ...]:
  return shape if size is None else (size, size, shape[-1])


def opened(name: str, split: str, image: str, data_dir: str | None):
  """-> (TFDS's builder, the examples of a split by index, images encoded). Raises Failure."""
  return opened_whole(name, split, [image], data_dir)


def opened_whole(name: str, split: str, keys: Sequence[str], data_dir: str | None):
  """The same, of several features: those of `keys` that are images stay encoded."""
  import tensorflow_datasets as tfds
  made = prepared(name, data_dir)
  try:  # decoding is ours: TFDS's own is slower, and warns about OpenCV
    features = made.info.features
    decoders = {key: tfds.decode.SkipDecoding() for key in keys
                if isinstance(dict(features).get(key), tfds.features.Image)}
    return made, made.as_data_source(split, decoders=decoders)
  except Exception as e:
    raise Failure(f'cannot read {name}, split {split!r}, in {made.data_dir}: {first_line(e)}'
                  f'; its splits are {", ".join(made.info.splits)}')


def examples(name: str, split: str, image: str, label: str | None, data_dir,
             size: int | None = None) -> Batch:
  """Every example of a split -> Batch(uint8 [N, H, W, C], int32 [N] or None)."""
  made, data = opened(name, split, image, data_dir)
  features = made.info.features
  shape = of_size(feature(name, features, image).shape, size)
  title = f'{name}, split {split!r}, in {made.data_dir}'
  how = dict(data=made.info.full_name, split=split, image=image, label=label, shape=shape)
  batch = decoded_cache.batch(
      made.info.name, made.data_path.iterdir(), how, len(data) * int(np.prod(shape)),
      lambda: read_all(data, title, image, label, shape))
  source.check(batch, None if label is None else features[label].num_classes)
  return batch


def read_all(data, title: str, image: str, label: str | None, shape) -> Batch:
  """The examples of TFDS's data source, decoded. Raises Failure, by the set's `title`."""
  x, c = np.empty((len(data), *shape), np.uint8), np.empty(len(data), np.int32)
  for start in range(0, len(data), BLOCK):
    try:
      rows = data.__getitems__(list(range(start, min(start + BLOCK, len(data)))))
    except Exception as e:
      raise Failure(f'cannot read {title}: {first_line(e)}')
    for i, row in enumerate(rows, start):
      try:
        x[i] = squared(row[image], shape)
      except Exception as e:
        raise Failure(f'example {i} of {title} is no readable image: {first_line(e)}')
    if label is not None:
      c[start:start + len(rows)] = [row[label] for row in rows]
  return Batch(x, None if label is None else c)


def builder(name: str, data_dir: str | None):
  """TFDS's builder: what it knows of a data set, on disk or not. Raises Failure."""
  import tensorflow_datasets as tfds
  logging.getLogger('absl').setLevel(logging.ERROR)  # it warns where nothing is wrong
  tfds.disable_progress_bar()
  where = root(data_dir)
  try:
    return tfds.builder(name, data_dir=where, file_format='array_record')
  except tfds.core.DatasetNotFoundError:
    check_no_images(name, data_dir)
    known = set(tfds.list_builders(with_community_datasets=False))
    near = difflib.get_close_matches(name.split('/')[0].split(':')[0], sorted(known), 3)
    hint = f': did you mean {" or ".join(near)}?' if near else ''
    raise Failure(f'no data set {name!r}, neither in {where} '
                  f'nor in TFDS\'s catalogue{hint}; give its folder with --data_dir')
  except Exception as e:
    raise Failure(f'TFDS cannot open {name!r} in {where}: '
                  f'{first_line(e)}; jaxgan reads the file format array_record: prepare it '
                  f'with tfds.builder({name!r}, file_format="array_record") in a folder of '
                  'its own, and give that with --data_dir')


def check_no_images(name: str, data_dir: str | None) -> None:
  """Raises Failure for a folder or zip of images, which is where no data set of TFDS is."""
  if folder.holds_images(data_dir):
    raise Failure(f'{data_dir} holds images, and this experiment learns from the data set '
                  f'{name}: jaxgan train own_images --data_dir={data_dir} takes images of your '
                  'own; leave out --data_dir for the data set')


def root(data_dir: str | None) -> str:
  """The folder that data sets are looked for in, as TFDS has it."""
  return data_dir or os.environ.get('TFDS_DATA_DIR') or '~/tensorflow_datasets'


def prepared(name: str, data_dir: str | None):
  """The builder of a data set that is on disk: found, or made there. Raises Failure."""
  from jaxgan.data import prepare
  found = builder(name, data_dir)
  if found.is_prepared():
    return found
  check_no_images(name, data_dir)
  make = prepare.builder(found)
  if make is None:
    raise Failure(
        f'{name} is not in {root(data_dir)}, and preparing it needs TensorFlow, once, in any '
        f'Python: pip install tensorflow tensorflow-datasets && python -c "import '
        f'tensorflow_datasets as tfds; tfds.builder({name!r}, data_dir={root(data_dir)!r}, '
        'file_format=\'array_record\').download_and_prepare()"; or give the folder that '
        'holds it with --data_dir')
  prepare.check_network(make)
  try:
    with alone(make.data_path.parent.parent):
      if not builder(name, data_dir).is_prepared():  # by now, perhaps, by another process
        print(f'{name} is not in {make.data_dir}: downloading and preparing it, once',
              flush=True)
        with contextlib.redirect_stdout(io.StringIO()):
          make.download_and_prepare()
  except Exception as e:
    raise Failure(f'preparing {name} in {make.data_dir} failed: {first_line(e)}; '
                  'run the same command to try again')
  return builder(name, data_dir)


@contextlib.contextmanager
def alone(folder):
  """Only one process at a time makes data sets in a folder."""
  folder.mkdir(parents=True, exist_ok=True)
  with (folder / '.jaxgan.lock').open('a') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def classes(name: str, label: str, data_dir: str | None) -> int:
  """How many classes a feature tells apart. Raises Failure if it is no class label."""
  features = builder(name, data_dir).info.features
  found = feature(name, features, label)
  if not hasattr(found, 'num_classes'):
    labels = [key for key, f in features.items() if hasattr(f, 'num_classes')]
    raise Failure(f'{label!r} of {name} is no class label: {", ".join(labels) or "none"} is')
  return found.num_classes


def classifiable(name: str, data_dir: str | None) -> bool:
  """Whether a classifier can be trained and tested on a set: it has labels, and both splits."""
  info = builder(name, data_dir).info
  splits = set(info.splits)  # none of a set that is not on disk yet
  return ('label' in info.features and hasattr(info.features['label'], 'num_classes')
          and (not splits or {'train', 'test'} <= splits))


def feature(name: str, features, key: str):
  """A feature by name. Raises Failure."""
  if key not in features:
    raise Failure(f'{name} has no feature {key!r}, but {", ".join(features)}')
  return features[key]


def first_line(error: Exception) -> str:
  """An exception in a line."""
  return f'{type(error).__name__}: {(str(error).strip().splitlines() or [""])[0]}'

