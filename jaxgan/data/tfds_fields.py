"""Any features of a TFDS data set as x and c: pairs of images, sounds, vectors."""
from collections.abc import Mapping

import jax
import numpy as np

from jaxgan.data import source, tfds
from jaxgan.data.image_files import squared
from jaxgan.io.errors import Failure
from jaxgan.types import Batch, PyTree

Names = str | Mapping[str, 'Names'] | None  # a feature; some, under keys; none


def load(name: str, x: Names, c: Names = None, split: str = 'train',
         scale: tuple[float, float] = (-1., 1.), test: str = 'test',
         images: bool = True) -> source.Dataset:
  """x and c: features of fixed shape, by name, or dicts of them, read into memory.

  Networks see uint8 images as floats from low to high, `scale`; every other feature as it is
  stored. `images` says whether x is that, and not numbers of other kinds. `test` names the
  split that is held out, if there is one. Raises Failure for features that are not there, or
  whose shape is not fixed.

  Example:
    >>> from jaxgan.data import tfds_fields
    >>> pairs = tfds_fields.load('noto_emoji', x='image', c='edges')
    >>> pairs.name
    'noto_emoji train: image by edges'
  """
  named = Batch(x, c)

  def describe(data_dir):
    features = tfds.builder(name, data_dir).info.features
    found = jax.tree.map(lambda key: spec(name, features, key), named)
    for key, one in zip(jax.tree.leaves(x), jax.tree.leaves(found.x)):
      if source.is_image(one, 3) != images:
        raise Failure(f'{key!r} of {name} is {"no image" if images else "an image"}, '
                      f'{one.dtype} {list(one.shape)}: give images={not images}')
    return found

  def read(data_dir):
    made, data = tfds.opened_whole(name, split, jax.tree.leaves(named), data_dir)
    like = describe(data_dir)
    rows = [row for start in range(0, len(data), tfds.BLOCK)
            for row in data.__getitems__(range(start, min(start + tfds.BLOCK, len(data))))]
    gather = lambda key, one: column(rows, key, one, f'{name}, split {split!r}')
    known = {'name': made.info.full_name, 'split': split, 'x': x, 'c': c}
    return source.Arrays(jax.tree.map(gather, named, like), known, class_names(made, c))

  held_out = load(name, x, c, test, scale, '', images) if test else None
  title = f'{name} {split}: {words(x)}' + (f' by {words(c)}' if c else '')
  return source.mixed(describe, read, scale, images, name=title, test=held_out)


def words(names: Names) -> str:
  return ', '.join(jax.tree.leaves(names))


def spec(name: str, features, key: str) -> jax.ShapeDtypeStruct:
  """One example's shape and dtype. Raises Failure if it has none."""
  found = tfds.feature(name, features, key)
  if None in found.shape or np.dtype(found.np_dtype).kind not in 'biuf':
    raise Failure(f'{key!r} of {name} is {np.dtype(found.np_dtype)} {found.shape}: jaxgan '
                  'reads numbers of fixed shape; for others write a Dataset (CONTRIBUTING.md)')
  dtype = np.dtype(found.np_dtype)  # JAX has no 64 bits
  return jax.ShapeDtypeStruct(found.shape, np.int32 if dtype == np.int64 else
                              np.float32 if dtype == np.float64 else dtype)


def column(rows: list[dict], key: str, like: jax.ShapeDtypeStruct, title: str) -> np.ndarray:
  """A feature of all examples. Raises Failure for an image that cannot be read."""
  out = np.empty((len(rows), *like.shape), like.dtype)
  for i, row in enumerate(rows):
    try:
      out[i] = squared(row[key], like.shape) if isinstance(row[key], bytes) else row[key]
    except Exception as e:
      raise Failure(f'{key!r} of example {i} of {title} cannot be read: {tfds.first_line(e)}')
  return out


def class_names(made, c: PyTree) -> tuple[str, ...] | None:
  """The names of classes, if c is a class label."""
  found = made.info.features[c] if isinstance(c, str) else None
  return tuple(found.names) if hasattr(found, 'num_classes') else None
