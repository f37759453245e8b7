"""What an experiment's data set offers: its description, its examples, its pixel scale."""
import dataclasses
import hashlib
from collections.abc import Callable
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.types import Array, Batch, PyTree

UNNAMED = 'data'
TOLD = 2 ** 16  # examples that tell a data set from others


class Source(Protocol):
  """Examples by random access, as NumPy.

  It may have `known`, a dict for JSON that tells its data from others (see `identity`),
  `classes`, how many there are, and `class_names`, in the order of their labels.
  """

  def __len__(self) -> int: ...

  def __getitem__(self, ids: np.ndarray) -> Batch: ...  # ids of any shape: it comes first


@dataclasses.dataclass(frozen=True)
class Arrays:
  """A source that is in memory. Raises Failure for a number that is not finite."""
  batch: Batch  # of NumPy arrays [N, ...]
  known: dict | None = None
  class_names: tuple[str, ...] | None = None

  def __post_init__(self):
    check_finite(self.batch, np.arange(len(self)))

  def __len__(self) -> int:
    return len(jax.tree.leaves(self.batch)[0])

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return jax.tree.map(lambda a: a[ids], self.batch)

  @property
  def classes(self) -> int | None:
    """How many classes labels tell apart; None of other conditions."""
    c = self.batch.c
    return len(self.class_names or ()) or int(c.max()) + 1 if is_labels(c) else None


@dataclasses.dataclass(frozen=True)
class Dataset:
  """A data set as an experiment declares it. Nothing is read before it is asked for.

  Args:
    describe: (data_dir) -> one example's shapes and dtypes, a Batch of ShapeDtypeStruct,
      without the data on disk.
    load: (data_dir) -> the Source.
    decode: stored examples -> what networks take, in the compiled step.
    encode: networks' output -> what is stored, for pictures and metrics.
    pixels: of images: networks' output -> floats from 0 to 255.
    name: sets of one name are taken for the same.
    test: the same set's examples that training never sees.
    extractor: the features to judge samples by (`metrics.features`); '' where the experiment's
      own metrics must do.
    whole: of a `part`, what samples are scored against.

  Example:
    >>> import numpy as np
    >>> from jaxgan.data import source
    >>> from jaxgan.types import Batch
    >>> data = source.arrays(Batch(np.zeros((100, 32, 32, 3), np.uint8)))
    >>> data.describe(None).x.shape, len(data.load(None))
    ((32, 32, 3), 100)
  """
  describe: Callable[[str | None], Batch]
  load: Callable[[str | None], Source]
  decode: Callable[[Batch], Batch] = lambda batch: batch
  encode: Callable[[PyTree], PyTree] = lambda x: x
  pixels: Callable[[Array], Array] | None = None  # of images: output -> float 0..255
  name: str = UNNAMED
  test: 'Dataset | None' = None
  extractor: str = ''
  whole: 'Dataset | None' = None


def subset(data: Dataset, n: int) -> Dataset:
  """n examples, spread evenly over a data set, to train on; samples are scored against the
  whole of it. `load` raises Failure if there are fewer."""
  def read(data_dir):
    every = data.load(data_dir)
    if not 1 <= n <= len(every):
      raise Failure(f'{data.name} has {len(every):,} examples, of which a part may be 1 to '
                    f'all, not {n:,}')
    return Arrays(every[np.arange(n) * len(every) // n])
  return dataclasses.replace(data, load=read, name=f'{data.name}, {n} of it',
                             whole=data.whole or data)


@dataclasses.dataclass(frozen=True)
class Mirrored:
  """A source of uint8 images and, after them, their mirror images."""
  source: Source

  def __len__(self) -> int:
    return 2 * len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    batch, ids = self.source[ids % len(self.source)], np.asarray(ids)
    turned = (ids >= len(self.source))[..., None, None, None]
    return batch._replace(x=np.where(turned, batch.x[..., ::-1, :], batch.x))

  @property
  def classes(self) -> int | None:
    return getattr(self.source, 'classes', None)

  @property
  def class_names(self) -> tuple[str, ...] | None:
    return getattr(self.source, 'class_names', None)

  @property
  def known(self) -> dict:
    return identity(self.source) | {'mirrored': True}


def mirrored(data: Dataset) -> Dataset:
  """A data set of twice the size, for training: left may be right. Samples are scored against
  the images as they are."""
  return dataclasses.replace(data, load=lambda data_dir: Mirrored(data.load(data_dir)),
                             name=f'{data.name}, mirrored', whole=data.whole or data)


def images(describe, load, scale: tuple[float, float] = (-1., 1.), **fields) -> Dataset:
  """A data set of uint8 images [H, W, C]; the networks see 0..255 as `scale` (low, high)."""
  low, high = scale
  to_range = lambda batch: batch._replace(
      x=jax.tree.map(lambda x: to_float(x, low, high), batch.x))
  return Dataset(describe, load, decode=to_range, encode=lambda x: to_uint8(x, low, high),
                 pixels=lambda x: to_pixels(x, low, high), **fields)


def arrays(batch: Batch, classes: int | None = None,
           scale: tuple[float, float] = (-1., 1.)) -> Dataset:
  """Images in memory: x uint8 [N, H, W, C], c None or integer labels [N] below `classes`.

  Raises Failure on other dtypes, and on labels out of range.
  """
  batch = Batch(*jax.tree.map(np.asarray, tuple(batch)))
  check(batch, classes)
  example = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), batch)
  return images(lambda data_dir: example, lambda data_dir: Arrays(batch), scale,
                extractor='rand-conv')


def is_labels(c: PyTree) -> bool:
  """Whether conditions are class labels, integers [N]."""
  return isinstance(c, np.ndarray) and c.ndim == 1 and np.issubdtype(c.dtype, np.integer)


def fingerprint(source: Source, ids: np.ndarray | None = None) -> str:
  """sha256 of every example, or of these, in order: two sources with one fingerprint are the
  same data."""
  ids = np.arange(len(source)) if ids is None else ids
  sha = hashlib.sha256(str(len(ids)).encode())
  for start in range(0, len(ids), 4096):
    for a in jax.tree.leaves(source[ids[start:start + 4096]]):
      sha.update(f'{a.dtype}{list(a.shape)}'.encode())
      sha.update(np.ascontiguousarray(a).data)
  return sha.hexdigest()


def identity(source: Source) -> dict:
  """What tells a source's data from others, for JSON: what it says itself, or its size and the
  fingerprint of up to `TOLD` examples, spread over it."""
  if (known := getattr(source, 'known', None)) is not None:
    return known
  n = len(source)
  some = np.arange(min(n, TOLD)) * n // max(min(n, TOLD), 1)
  return {'count': n, 'fingerprint': fingerprint(source, some)}


def check_finite(batch: Batch, ids: np.ndarray) -> None:
  """Raises Failure, naming the first, if examples hold NaN or infinities. Their ids are of any
  shape: it comes first in each array."""
  for path, a in jax.tree.leaves_with_path(batch):
    if np.issubdtype(a.dtype, np.inexact):
      bad = ~np.isfinite(a).reshape(*ids.shape, -1).all(-1)
      if bad.any():
        raise Failure(f'example {ids[bad][0]} of the data is not finite (NaN or infinity in '
                      f'{jax.tree_util.keystr(path, simple=True, separator="/")}; {bad.sum()} '
                      f'such among {ids.size:,}): mend it or take it out')


def to_float(x: Array, low: float, high: float) -> Array:
  """uint8 0..255 -> float32 low..high."""
  scaled = x.astype(jnp.float32) / 255 * (high - low) + low
  return jnp.minimum(scaled, high)  # XLA may multiply by 1/255, which overshoots by a bit


def to_pixels(x: Array, low: float, high: float) -> Array:
  """float low..high -> float 0..255."""
  return (x - low) * (255 / (high - low))


def to_uint8(x: Array, low: float, high: float) -> Array:
  """float low..high -> uint8 0..255, rounded and clipped: undoes `to_float` exactly."""
  return jnp.clip(jnp.round(to_pixels(x, low, high)), 0, 255).astype(jnp.uint8)


def check(batch: Batch, classes: int | None) -> None:
  """Raises Failure unless x is uint8 [N, H, W, C] and labels are integers 0 .. classes-1."""
  x, c = batch
  if x.dtype != np.uint8 or x.ndim != 4:
    where = f'; its values go from {x.min():g} to {x.max():g}' if x.size else ''
    raise Failure(f'images must be uint8 [N, H, W, C] with pixels 0 to 255, not {x.dtype} '
                  f'{list(x.shape)}{where}: scale and round them first')
  if len(x) == 0:
    raise Failure('the data set holds no examples')
  if classes is None or c is None:
    return
  if not np.issubdtype(c.dtype, np.integer) or c.shape != x.shape[:1]:
    raise Failure(f'labels must be integers [{len(x)}], not {c.dtype} {list(c.shape)}')
  if classes > 1 and (c == c[0]).all():
    say(f'warning: all {len(c):,} labels are {c[0]}, of {classes} classes')
  if (wrong := np.flatnonzero((c < 0) | (c >= classes))).size:
    raise Failure(f'label {c[wrong[0]]} of example {wrong[0]} is not one of the '
                  f'{classes} classes 0 to {classes - 1} ({wrong.size} such labels): '
                  'correct the labels or the number of classes')
