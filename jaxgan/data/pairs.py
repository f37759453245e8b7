"""Pairs of images on disk, --data_dir=PATH: c is one, x the other.

  data = pairs.aligned(256)               # one picture holds both, side by side: facades, maps
  data = pairs.folders(256, 'A', 'B')     # of one name in two folders
  data = pairs.unpaired(256)              # no pairs: folders trainA, trainB, testA, testB

Below PATH are folders `train` and `test`; `split` and `test` call them otherwise, '' is PATH
itself, or no test set.
"""
import dataclasses
import pathlib

import jax
import numpy as np

from jaxgan.data import folder, order, source
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


@dataclasses.dataclass(frozen=True)
class Halves:
  """Of a source of pictures A|B: x is one half, c the other."""
  whole: source.Source
  right: bool  # whether x is the right one

  def __len__(self) -> int:
    return len(self.whole)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    left, right = np.split(self.whole[ids].x, 2, axis=-2)
    return Batch(right, left) if self.right else Batch(left, right)

  @property
  def known(self) -> dict:
    return source.identity(self.whole) | {'x': 'right' if self.right else 'left'}


@dataclasses.dataclass(frozen=True)
class Zipped:
  """x of one source, and c of another."""
  x: source.Source
  c: source.Source

  def __len__(self) -> int:
    return len(self.x)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return Batch(self.x[ids].x, self.c[ids].x)

  @property
  def known(self) -> dict:
    return {'x': source.identity(self.x), 'c': source.identity(self.c)}


@dataclasses.dataclass(frozen=True)
class Unpaired:
  """x = c = {'a': of one source, 'b': of another}, in no relation. As many as the larger has;
  of the other some come twice."""
  a: source.Source
  b: source.Source

  def __len__(self) -> int:
    return max(len(self.a), len(self.b))

  def __getitem__(self, ids: np.ndarray) -> Batch:
    others = order.permutation(len(self), 0, 77)[ids]
    x = {'a': self.a[ids % len(self.a)].x, 'b': self.b[others % len(self.b)].x}
    return Batch(x, x)

  @property
  def known(self) -> dict:
    return {'a': source.identity(self.a), 'b': source.identity(self.b)}


def unpaired(size: int, a: str = 'trainA', b: str = 'trainB',
             test: tuple[str, str] | None = ('testA', 'testB'),
             channels: tuple[int, int] = (3, 3), resize: bool = False,
             scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """Images of two folders that are no pairs, uint8: x and c are {'a', 'b'}."""
  one, other = (folder.load(size, n, resize=resize) for n in channels)
  image = lambda n: jax.ShapeDtypeStruct((size, size, n), np.uint8)
  example = dict(zip('ab', map(image, channels)))
  read = lambda data_dir: Unpaired(one.load(below(data_dir, a)), other.load(below(data_dir, b)))
  held_out = unpaired(size, *test, None, channels, resize, scale) if test else None
  return source.mixed(lambda data_dir: Batch(example, example), read, scale,
                      {'a': True, 'b': True}, test=held_out, name=f'{a} and {b}', unit='images')


def aligned(size: int, right: bool = True, split: str = 'train', test: str = 'test',
            channels: int = 3, resize: bool = False,
            scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """Pictures A|B of size x 2 size pixels, uint8; x is B, or, with right=False, A. `resize` as
  `folder.load` has it."""
  whole = folder.load((size, 2 * size), channels, resize=resize)
  read = lambda data_dir: Halves(whole.load(below(data_dir, split)), right)
  held_out = aligned(size, right, test, '', channels, resize, scale) if test else None
  return of_two(size, channels, channels, read, scale, held_out, f'pairs {split}'.strip())


def folders(size: int, condition: str, image: str, split: str = 'train', test: str = 'test',
            channels: tuple[int, int] = (3, 3), resize: bool = False,
            scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """c: an image of the folder `condition` of the split; x: that of the same name, whatever its
  ending, of the folder `image`. `channels` of c and x. Raises Failure, in reading, for names
  that only one of them has."""
  one, other = (folder.load(size, n, resize=resize) for n in channels)

  def read(data_dir):
    c, x = (below(below(data_dir, split), name) for name in (condition, image))
    check_names(c, x)
    return Zipped(other.load(x), one.load(c))
  held_out = (folders(size, condition, image, test, '', channels, resize, scale)
              if test else None)
  name = f'{image} by {condition} {split}'.strip()
  return of_two(size, *channels, read, scale, held_out, name)


def of_two(size: int, of_c: int, of_x: int, read, scale, test, name: str) -> source.Dataset:
  """The data set of sources of two images, of so many channels."""
  image = lambda channels: jax.ShapeDtypeStruct((size, size, channels), np.uint8)
  return source.images(lambda data_dir: Batch(image(of_x), image(of_c)), read, scale, name=name,
                       test=test, extractor='rand-conv')


def below(data_dir: str | None, name: str) -> str | None:
  """A folder of --data_dir. Raises Failure if it is not there."""
  if data_dir is None or not name:
    return data_dir
  path = pathlib.Path(data_dir).expanduser() / name
  if not path.is_dir():
    raise Failure(f'{data_dir} has no folder {name!r}: --data_dir is that which holds it')
  return str(path)


def check_names(c: str, x: str) -> None:
  """Raises Failure unless two folders hold files of the same names but for their endings."""
  stem = lambda name: str(pathlib.PurePath(name).with_suffix(''))
  names = [[stem(name) for name in folder.found(path, 0).names] for path in (c, x)]
  for mine, path in zip(names, (c, x)):
    if len(set(mine)) < len(mine):
      twice = next(name for name in mine if mine.count(name) > 1)
      raise Failure(f'{path} has two images {twice!r}: pairs are found by their names')
  if alone := sorted(set(names[0]) ^ set(names[1])):
    has, lacks = (c, x) if alone[0] in names[0] else (x, c)
    raise Failure(f'{has} has an image {alone[0]!r} and {lacks} has none of that name '
                  f'({len(alone)} such): pairs need both')
  if names[0] != names[1]:
    raise Failure(f'{c} and {x} have the same names in another order: name the files alike')
