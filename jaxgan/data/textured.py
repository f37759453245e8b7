"""Digits, plain and over photographs: two looks of one thing, for translation without pairs.

A textured digit is |texture - digit|, of a piece of one of scikit-learn's two photographs (as
BSDS textures in MNIST-M: Ganin & Lempitsky, 2015, arXiv:1409.7495, section 4). The way back to
the plain digit has one right answer, so that translations can be scored exactly.
"""
import dataclasses
import functools

import jax
import numpy as np

from jaxgan.data import order, source, tfds
from jaxgan.io.show import pairs
from jaxgan.io.show import show as shown
from jaxgan.types import Batch


@dataclasses.dataclass(frozen=True)
class Unpaired:
  """x = c = {'a': a plain digit, 'b': another one, textured}: what is trained on.

  With `answers` c is so, and x holds what it should become: x['a'] is the plain digit of
  c['b'], and x['b'] the digit c['a'], textured.
  """
  digits: source.Source
  answers: bool

  def __len__(self) -> int:
    return len(self.digits)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    other = order.permutation(len(self), 0, 77)[ids]
    mine, its = self.digits[ids].x, self.digits[other].x
    c = {'a': mine, 'b': textured(its, other)}
    return Batch({'a': its, 'b': textured(mine, ids)} if self.answers else c, c)

  @property
  def known(self) -> dict:
    return source.identity(self.digits) | {'textured': 'unpaired', 'answers': self.answers}


@dataclasses.dataclass(frozen=True)
class OneWay:
  """x: a plain digit in three channels; c: another one, textured, or, in the test set, that of
  x: what `Unpaired` has as 'a' and 'b'."""
  both: Unpaired

  def __len__(self) -> int:
    return len(self.both)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    batch = self.both[ids]
    return Batch(batch.x['a'].repeat(3, -1), batch.c['b'])

  @property
  def known(self) -> dict:
    return self.both.known | {'one way': True}


@functools.cache
def photographs() -> np.ndarray:
  """uint8 [2, 427, 640, 3]: scikit-learn's china.jpg and flower.jpg."""
  from sklearn.datasets import load_sample_images
  return np.stack(load_sample_images().images)


def textured(digits: np.ndarray, ids: np.ndarray) -> np.ndarray:
  """|texture - digit|, uint8 [.., H, W, 3] of digits [.., H, W, 1]. The piece of photograph is
  drawn by the example's place in the data set alone."""
  pictures, (height, width) = photographs(), digits.shape[-3:-1]
  limits = [n - size + 1 for n, size in zip(pictures.shape, (1, height, width))]
  out = np.empty((*digits.shape[:-1], 3), np.uint8)
  flat = digits.reshape(-1, height, width, 1).astype(np.int16)
  for into, digit, i in zip(out.reshape(-1, height, width, 3), flat, np.ravel(ids)):
    draw = order.Draws(int(i), 78)
    which, top, left = (draw.integer(0, n - 1) for n in limits)
    into[...] = np.abs(pictures[which, top:top + height, left:left + width] - digit)
  return out


def unpaired(digits: str = 'mnist', split: str = 'train', test: str = 'test',
             scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """Plain digits of a TFDS set beside other ones, textured; in the test set x is the answer to
  c (`Unpaired`)."""
  single = tfds.load(digits, split)

  def describe(data_dir):
    plain = single.describe(data_dir).x
    both = {'a': plain, 'b': jax.ShapeDtypeStruct((*plain.shape[:2], 3), np.uint8)}
    return Batch(both, both)
  read = lambda data_dir: Unpaired(single.load(data_dir), answers=not test)
  held_out = unpaired(digits, test, '', scale) if test else None
  return source.mixed(describe, read, scale, {'a': True, 'b': True}, test=held_out,
                      name=f'{digits} {split}, plain and textured', unit='images', show=show)


def show(x, c=None, target=None) -> np.ndarray:
  """Plain digits of textured ones, beside the answers; then textured digits of plain ones."""
  if c is None:
    return shown(x, None, target)
  back = pairs([a for a in (c['b'], x['a'], target and target['a']) if a is not None])
  there = pairs([c['a'], x['b']])
  width = max(back.shape[1], there.shape[1])
  wide = [np.pad(a, ((0, 4), (0, width - a.shape[1]), (0, 0)), constant_values=128)
          for a in (back, there)]
  return np.concatenate(wide)


def one_way(digits: str = 'mnist', split: str = 'train', test: str = 'test',
            scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """Textured digits to be made plain: of `unpaired` that way alone, all in three channels."""
  single = tfds.load(digits, split)

  def describe(data_dir):
    one = jax.ShapeDtypeStruct((*single.describe(data_dir).x.shape[:2], 3), np.uint8)
    return Batch(one, one)
  read = lambda data_dir: OneWay(Unpaired(single.load(data_dir), answers=not test))
  held_out = one_way(digits, test, '', scale) if test else None
  return source.images(describe, read, scale, test=held_out, extractor='rand-conv',
                       name=f'{digits} {split}, textured to plain')
