"""What an experiment's data set offers: its description, its examples, its pixel scale."""
import dataclasses
import functools
import hashlib
from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.io.show import show
from jaxgan.io.write import write
from jaxgan.types import Array, Batch, PyTree

UNNAMED = 'data'
TOLD = 2 ** 16  # examples that tell a data set from others


class Source(Protocol):
  """Examples by random access, as NumPy.

  It may have `drawn(ids, at, seed)`, if an example is not the same each time it comes round:
  `at` are the places in the course of a run. It may have `known`, a dict for JSON that tells
  its data from others (see `identity`), `classes`, how many there are, and `class_names`, in
  the order of their labels.
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
    extractor: what gives the features to judge samples by: a name (`metrics.features`), an
      `Extractor`, or a classifier to be `Trained`. '' of numbers with class labels and a test
      set: a classifier of them; of others: the experiment's own metrics must do.
    whole: of a `subset`, what samples are scored against.
    show: (x, c, target) as stored -> one picture uint8 [H, W, C], or None; c and target may be
      None. `io.show` by default.
    unit: what examples are called in the log: 'images', 'clips'.
    text: of data that are told words: a line of them -> an example's c as stored, or Failure.
    write: one example's x -> (the ending, the bytes) of a file of its kind. `io.write` by
      default; `write.sound(rate)` and `write.text(words)` for those.

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
  extractor: Any = ''
  whole: 'Dataset | None' = None
  show: Callable[..., np.ndarray | None] = show
  write: Callable[[PyTree], tuple[str, bytes]] = write
  unit: str = 'examples'
  text: Callable[[str], PyTree] | None = None


def images(describe, load, scale: tuple[float, float] = (-1., 1.), **fields) -> Dataset:
  """A data set of uint8 images [H, W, C]; the networks see 0..255 as `scale` (low, high)."""
  fields = {'unit': 'images'} | fields
  return mixed(describe, load, scale, True, pixels=lambda x: to_pixels(x, *scale), **fields)


def mixed(describe, load, scale: tuple[float, float], image: PyTree, **fields) -> Dataset:
  """A data set of any arrays. `image` says of each array of x, in its tree or once for all,
  whether it is of uint8 images or films. Networks see those, and those of c, as floats from low
  to high, `scale`; all else as it is stored."""
  low, high = scale
  to_stored = lambda image, a: to_uint8(a, low, high) if image else a

  def encode(x):
    return jax.tree.map(lambda image, part: jax.tree.map(
        functools.partial(to_stored, image), part), image, x)
  return Dataset(describe, load, decode=functools.partial(decoded, low, high), encode=encode,
                 **fields)


def is_image(a, ndim: int) -> bool:
  """Whether an array is of uint8 images or films; one of images has `ndim` axes."""
  return a.dtype == np.uint8 and len(a.shape) >= ndim


def decoded(low: float, high: float, batch: Batch) -> Batch:
  """A stored batch with uint8 images [B, .., H, W, C] as floats from low to high."""
  return jax.tree.map(lambda a: to_float(a, low, high) if is_image(a, 4) else a, batch)


def arrays(batch: Batch, classes: int | None = None,
           scale: tuple[float, float] | None = (-1., 1.),
           test: Dataset | None = None) -> Dataset:
  """Arrays in memory: x and c are pytrees of arrays [N, ..].

  Of class labels, `classes` says how many there are. Networks see uint8 images in x and in c as
  floats from low to high, `scale`; numbers of other kinds as they are. One array of floats
  [N, H, W, 1 to 4] may be images that were forgotten to be scaled: it needs scale=None. `test`
  is a set like this one that training never sees.

  Raises Failure for arrays of different lengths, and for labels out of range.

  Example:
    >>> import numpy as np
    >>> from jaxgan.data import source
    >>> from jaxgan.types import Batch
    >>> waves = source.arrays(Batch(np.zeros((100, 256, 1), np.float32)))
    >>> waves.describe(None).x.shape
    (256, 1)
  """
  batch = Batch(*jax.tree.map(np.asarray, tuple(batch)))
  check(batch, classes, scale)
  example = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), batch)
  made = lambda data_dir: example, lambda data_dir: Arrays(batch), scale or (-1., 1.)
  if isinstance(batch.x, np.ndarray) and is_image(batch.x, 4) and batch.x.ndim == 4:
    return images(*made, extractor='rand-conv', test=test)
  return mixed(*made, jax.tree.map(lambda a: is_image(a, 4), batch.x), test=test)


def scored_on(data: Dataset, data_dir: str | None, split: str | None = None) -> Dataset:
  """The set whose conditions samples are drawn for, and whose examples they are compared with.

  By default the test set, if there is one like it and conditions are more than class labels: a
  source image, a caption. Else the training set. `split` is 'train' or 'test' to have it so.
  Raises Failure where there is no test set, or its conditions are of another kind.
  """
  example = data.describe(data_dir)
  alike = data.test is not None and data.test.describe(data_dir) == example
  if split == 'test' and not alike:
    raise Failure(f'{data.name} has no test set with its conditions: --split=train')
  c = example.c
  labels = c is None or (getattr(c, 'shape', None) == () and np.issubdtype(c.dtype, np.integer))
  by_default = 'test' if alike and not labels else 'train'
  return data.test if (split or by_default) == 'test' else data


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
  for name, a in named_leaves(batch):
    if np.issubdtype(a.dtype, np.inexact):
      bad = ~np.isfinite(a).reshape(*ids.shape, -1).all(-1)
      if bad.any():
        raise Failure(f'example {ids[bad][0]} of the data is not finite (NaN or infinity in '
                      f'{name}; {bad.sum()} '
                      f'such among {ids.size:,}): mend it or take it out')


def maybe_images(x: PyTree) -> bool:
  """Whether x may be images that are not uint8 [N, H, W, C] by mistake."""
  if not isinstance(x, np.ndarray):
    return False
  return x.ndim == 3 if x.dtype == np.uint8 else x.ndim == 4 and x.shape[3] <= 4


def named_leaves(batch: Batch) -> list[tuple[str, np.ndarray]]:
  """(x/KEY, array) of every array."""
  return [(jax.tree_util.keystr(path, simple=True, separator='/'), a)
          for path, a in jax.tree.leaves_with_path(batch)]


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


def check(batch: Batch, classes: int | None,
          scale: tuple[float, float] | None = (-1., 1.)) -> None:
  """Raises Failure for arrays of different lengths or none, for what may be images and is not
  uint8, and for labels that are not integers 0 .. classes-1."""
  x, c = batch
  lengths = {a.shape[:1] for a in jax.tree.leaves(batch)}
  if len(lengths) != 1 or () in lengths:
    shapes = ', '.join(f'{path} {list(a.shape)}' for path, a in named_leaves(batch))
    raise Failure(f'every array needs as many examples, along its first axis: {shapes}')
  if any(a.dtype.kind not in 'biuf' for a in jax.tree.leaves(batch)):
    kinds = ', '.join(f'{path} {a.dtype}' for path, a in named_leaves(batch))
    raise Failure(f'arrays must be of numbers: {kinds}')
  if maybe_images(x) and scale is not None:
    where = f'; its values go from {x.min():g} to {x.max():g}' if x.size else ''
    raise Failure(f'images must be uint8 [N, H, W, C] with pixels 0 to 255, not {x.dtype} '
                  f'{list(x.shape)}{where}: scale and round them first; or, for numbers '
                  'that are no pixels, scale=None')
  if lengths == {(0,)}:
    raise Failure('the data set holds no examples')
  if classes is None or c is None:
    return
  if not np.issubdtype(c.dtype, np.integer) or c.shape != (len(x),):
    raise Failure(f'labels must be integers [{len(x)}], not {c.dtype} {list(c.shape)}')
  if classes > 1 and (c == c[0]).all():
    say(f'warning: all {len(c):,} labels are {c[0]}, of {classes} classes')
  if (wrong := np.flatnonzero((c < 0) | (c >= classes))).size:
    raise Failure(f'label {c[wrong[0]]} of example {wrong[0]} is not one of the '
                  f'{classes} classes 0 to {classes - 1} ({wrong.size} such labels): '
                  'correct the labels or the number of classes')
