"""Digits in several looks: plain, inverted, over photographs, tinted. A digit of one look is
asked for in another, for translation among many domains by one generator (StarGAN).

c is {'image': a digit in a look, 'look': which, 'to': the look that is wanted}, x the image; in
the test set x is the answer: the same digit as it is asked for.
"""
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.data import order, source, tfds
from jaxgan.data.textured import textured
from jaxgan.io.show import pairs
from jaxgan.io.show import show as shown
from jaxgan.types import Batch

LOOKS = ('plain', 'inverted', 'textured', 'tinted')


def dressed(digits: np.ndarray, places: np.ndarray, look: int) -> np.ndarray:
  """Digits uint8 [N, H, W, 1] in a look, uint8 [N, H, W, 3]. What a look draws, it draws by the
  example's place in the data alone."""
  if LOOKS[look] == 'textured':
    return textured(digits, places)
  wide = digits.repeat(3, -1)
  if LOOKS[look] == 'tinted':
    draw = [order.Draws(int(i), 83) for i in places]
    tint = np.array([[d.uniform(.3, 1) for _ in range(3)] for d in draw])[:, None, None]
    return np.rint(wide * tint).astype(np.uint8)
  return 255 - wide if LOOKS[look] == 'inverted' else wide


@dataclasses.dataclass(frozen=True)
class Looks:
  """Each digit in one look, by its place; the look that is wanted is drawn each time."""
  digits: source.Source
  answers: bool

  def __len__(self) -> int:
    return len(self.digits)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return self.drawn(ids, ids, 0)

  def drawn(self, ids: np.ndarray, at: np.ndarray, seed: int) -> Batch:
    flat, shape = np.ravel(ids), np.shape(ids)
    digits, count = self.digits[flat].x, len(LOOKS) - 1
    look = np.array([order.Draws(int(i), 81).integer(0, count) for i in flat], np.int32)
    to = np.array([order.Draws(int(i), seed + 82).integer(0, count) for i in np.ravel(at)],
                  np.int32)
    made = lambda which: np.concatenate([dressed(digits[i:i + 1], flat[i:i + 1], k)
                                         for i, k in enumerate(which)])
    image = made(look)
    x = made(to) if self.answers else image
    whole = lambda a: a.reshape(*shape, *a.shape[1:])
    return Batch(whole(x), {'image': whole(image), 'look': whole(look), 'to': whole(to)})

  @property
  def known(self) -> dict:
    return source.identity(self.digits) | {'looks': list(LOOKS), 'answers': self.answers}


def load(digits: str = 'mnist', split: str = 'train', test: str = 'test',
         scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """Digits of a TFDS set in all looks; networks see a look as one-hot floats [4]."""
  single = tfds.load(digits, split)

  def describe(data_dir):
    image = jax.ShapeDtypeStruct((*single.describe(data_dir).x.shape[:2], 3), np.uint8)
    look = jax.ShapeDtypeStruct((), np.int32)
    return Batch(image, {'image': image, 'look': look, 'to': look})

  def decode(batch):
    x = None if batch.x is None else source.to_float(batch.x, *scale)
    if batch.c is None:
      return Batch(x)
    c = {'image': source.to_float(batch.c['image'], *scale)}
    c |= {name: jax.nn.one_hot(batch.c[name], len(LOOKS), dtype=jnp.float32)
          for name in ('look', 'to')}
    return Batch(x, c)
  read = lambda data_dir: Looks(single.load(data_dir), answers=not test)
  plain = source.images(describe, read, scale, name=f'{digits} {split}, in looks',
                        test=load(digits, test, '', scale) if test else None)
  return dataclasses.replace(plain, decode=decode, show=show)


def show(x, c=None, target=None) -> np.ndarray | None:
  """What G was given | what it made | the answer."""
  return shown(x) if c is None else pairs([a for a in (c['image'], x, target) if a is not None])
