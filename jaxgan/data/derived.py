"""Data sets made of another: a part of it, mirror images, shifted copies, pairs of examples.

  data = derived.mirrored(tfds.load('cifar10'))
"""
import dataclasses
import hashlib

import jax
import numpy as np

from jaxgan.data import order, source
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


def subset(data: source.Dataset, n: int) -> source.Dataset:
  """n examples, spread evenly over a data set, to train on; samples are scored against the
  whole of it. `load` raises Failure if there are fewer."""
  def read(data_dir):
    every = data.load(data_dir)
    if not 1 <= n <= len(every):
      raise Failure(f'{data.name} has {len(every):,} examples, of which a part may be 1 to '
                    f'all, not {n:,}')
    return source.Arrays(every[np.arange(n) * len(every) // n])
  return dataclasses.replace(data, load=read, name=f'{data.name}, {n} of it',
                             whole=data.whole or data)


def split(data: source.Dataset, every: int = 10) -> source.Dataset:
  """A data set whose every tenth example, or as `every` says, is its test set, which training
  never sees. `load` raises Failure if there are fewer."""
  def read(test):
    def load(data_dir):
      whole = data.load(data_dir)
      if len(whole) < every:
        raise Failure(f'{data.name} has {len(whole):,} examples, and a test set of every '
                      f'{every}th needs {every}')
      ids = np.arange(len(whole))
      return Chosen(whole, ids[ids % every == 0] if test else ids[ids % every != 0])
    return load
  test = dataclasses.replace(data, load=read(True), name=f'{data.name}, held out')
  return dataclasses.replace(data, load=read(False), test=test)


@dataclasses.dataclass(frozen=True)
class Wrapped:
  """A source made of another, with its classes. Raises Failure for one that draws anew."""
  source: source.Source

  def __post_init__(self):
    if hasattr(self.source, 'drawn'):
      raise Failure('what is drawn each time, a partner or a hole, comes last: '
                    'partnered(mirrored(data)), not the other way round')

  @property
  def classes(self) -> int | None:
    return getattr(self.source, 'classes', None)

  @property
  def class_names(self) -> tuple[str, ...] | None:
    return getattr(self.source, 'class_names', None)


@dataclasses.dataclass(frozen=True)
class Chosen(Wrapped):
  """Some examples of a source: those of these ids, int [N]."""
  ids: np.ndarray

  def __len__(self) -> int:
    return len(self.ids)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return self.source[self.ids[ids]]

  @property
  def known(self) -> dict:
    digest = hashlib.sha256(self.ids.astype('<i8').tobytes()).hexdigest()
    return source.identity(self.source) | {'chosen': digest}


@dataclasses.dataclass(frozen=True)
class Mirrored(Wrapped):
  """A source of uint8 images and, after them, their mirror images: those of x and of c turn
  together."""

  def __len__(self) -> int:
    return 2 * len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    batch, ids = self.source[ids % len(self.source)], np.asarray(ids)

    def turned(a):  # an image, be it of x or of c; labels and the like stay
      if a.dtype != np.uint8 or a.ndim < ids.ndim + 3:
        return a
      late = (ids >= len(self.source)).reshape(*ids.shape, *[1] * (a.ndim - ids.ndim))
      return np.where(late, a[..., ::-1, :], a)
    return jax.tree.map(turned, batch)

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'mirrored': True}


def mirrored(data: source.Dataset) -> source.Dataset:
  """A data set of twice the size, for training: left may be right. Samples are scored against
  the images as they are."""
  return dataclasses.replace(data, load=lambda data_dir: Mirrored(data.load(data_dir)),
                             name=f'{data.name}, mirrored', whole=data.whole or data)


@dataclasses.dataclass(frozen=True)
class Shifted(Wrapped):
  """A source and, after it, copies of it moved by up to `most` pixels each way: the images of x
  and of c together. What comes in is the border's own pixels."""
  most: int
  copies: int

  def __len__(self) -> int:
    return (1 + self.copies) * len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    ids = np.asarray(ids)
    batch, flat = self.source[ids % len(self.source)], ids.ravel()
    drawn = [order.Draws(int(i), 200) for i in flat]  # by the place in the source alone
    draw = [(one.integer(-self.most, self.most), one.integer(-self.most, self.most))
            if i >= len(self.source) else (0, 0) for i, one in zip(flat, drawn)]

    def moved(a):
      if a.dtype != np.uint8 or a.ndim < ids.ndim + 3:
        return a
      each = a.reshape(len(flat), *a.shape[ids.ndim:])
      out = [shift(one, *by) for one, by in zip(each, draw)]
      return np.stack(out).reshape(a.shape) if out else a
    return jax.tree.map(moved, batch)

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'shifted': [self.most, self.copies]}


def shift(image: np.ndarray, down: int, right: int) -> np.ndarray:
  """An image [.., H, W, C] moved; the border is repeated."""
  rows, columns = (np.clip(np.arange(size) - by, 0, size - 1)
                   for size, by in zip(image.shape[-3:-1], (down, right)))
  return image[..., rows[:, None], columns, :]


def shifted(data: source.Dataset, most: int, copies: int = 8) -> source.Dataset:
  """A data set with `copies` of each example, moved by up to `most` pixels, for training.
  Samples are scored against the images as they are."""
  return dataclasses.replace(
      data, load=lambda data_dir: Shifted(data.load(data_dir), most, copies),
      name=f'{data.name}, shifted', whole=data.whole or data)


@dataclasses.dataclass(frozen=True)
class Partnered(Wrapped):
  """A source whose conditions are {'c': the example's own, 'partner': another example}."""

  def __len__(self) -> int:
    return len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return self.drawn(ids, ids, 0)

  def drawn(self, ids: np.ndarray, at: np.ndarray, seed: int) -> Batch:
    """The examples `ids`, at the places `at` of a run's course. Partners are drawn by (seed,
    place), and are new each time an example comes round."""
    batch = self.source[ids]
    draw = [order.Draws(i, seed).integer(0, len(self) - 1) for i in np.ravel(at)]
    partners = self.source[np.array(draw, np.int64).reshape(np.shape(at))]
    return Batch(batch.x, {'c': batch.c, 'partner': partners})

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'partnered': True}


def partnered(data: source.Dataset) -> source.Dataset:
  """A data set in which each example brings another, drawn at random: for a caption that does
  not match, the attributes of someone else, a second image. It is the last thing to be done to
  a data set. Samples are scored against the examples as they are.

  Conditions become {'c': c, 'partner': Batch}: the partner's x and c, decoded as the others.
  """
  def describe(data_dir):
    one = data.describe(data_dir)
    return Batch(one.x, {'c': one.c, 'partner': one})

  def decode(batch):
    if batch.c is None:
      return data.decode(batch)
    own = data.decode(Batch(batch.x, batch.c['c']))
    return Batch(own.x, {'c': own.c, 'partner': data.decode(batch.c['partner'])})

  def text(line):  # of no partner, which only D looks at
    one = data.describe(None)
    nobody = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), one)
    return {'c': data.text(line), 'partner': nobody}
  return dataclasses.replace(
      data, describe=describe, load=lambda data_dir: Partnered(data.load(data_dir)),
      text=text if data.text else None,
      decode=decode, name=f'{data.name}, partnered', whole=data.whole or data,
      test=partnered(data.test) if data.test else None)


@dataclasses.dataclass(frozen=True)
class Lowered(Wrapped):
  """A source of images whose condition is the image at a `by`-th of its size: the means of
  by x by pixels, rounded."""
  by: int

  def __len__(self) -> int:
    return len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    x = self.source[ids].x
    return Batch(x, averaged(x, self.by))

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'lowered': self.by}


def averaged(x: np.ndarray, by: int) -> np.ndarray:
  """uint8 [.., H, W, C] -> [.., H / by, W / by, C]."""
  *first, height, width, channels = x.shape
  squares = x.reshape(*first, height // by, by, width // by, by, channels)
  return np.rint(squares.mean((-4, -2), dtype=np.float32)).astype(np.uint8)


def lowered(data: source.Dataset, by: int) -> source.Dataset:
  """A set of images as one for super-resolution: c is x at a `by`-th of its height and width,
  which it must divide by. Its own conditions go."""
  def describe(data_dir):
    x = data.describe(data_dir).x
    height, width, channels = x.shape
    if height % by or width % by:
      raise Failure(f'{data.name} has images of {height}x{width}, which do not divide by {by}')
    return Batch(x, jax.ShapeDtypeStruct((height // by, width // by, channels), x.dtype))

  def decode(batch):
    return Batch(*(None if a is None else data.decode(Batch(a)).x for a in batch))

  def show(x, c=None, target=None):
    large = None if c is None else c.repeat(by, 1).repeat(by, 2)
    return data.show(x, large, target)
  return dataclasses.replace(
      data, describe=describe, load=lambda data_dir: Lowered(data.load(data_dir), by),
      decode=decode, show=show, name=f'{data.name}, a {by}th', whole=data.whole or data,
      test=lowered(data.test, by) if data.test else None)
