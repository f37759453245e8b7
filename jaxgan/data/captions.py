"""Digits and what is said of them: size, colour, digit, row, column, background.

A caption is six words, as 'small red seven top left black'. The image shows it: a digit of
MNIST made small or large, tinted, put in one of nine places, before one of two backgrounds. A
tenth of the 1,440 captions is held out: training never sees them.
"""
import dataclasses
import difflib
import functools
from collections.abc import Sequence

import jax
import numpy as np

from jaxgan.data import derived, order, source, tfds
from jaxgan.io.errors import Failure
from jaxgan.types import Batch

SIDE = 32
SIZES = {'small': 10, 'large': 16}
COLOURS = {'red': (235, 60, 60), 'green': (60, 200, 80), 'blue': (80, 120, 255),
           'yellow': (245, 225, 60)}
DIGITS = ('zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine')
ROWS, COLUMNS = ('top', 'middle', 'bottom'), ('left', 'centre', 'right')
GROUNDS = {'black': (0, 0, 0), 'grey': (120, 120, 120)}
PLACES = (tuple(SIZES), tuple(COLOURS), DIGITS, ROWS, COLUMNS, tuple(GROUNDS))
WORDS = tuple(word for words in PLACES for word in words)
STARTS = np.cumsum([0, *map(len, PLACES)])[:-1]  # of each place's words in WORDS
COUNT = int(np.prod([len(words) for words in PLACES]))


def held_out() -> np.ndarray:
  """bool [COUNT]: which captions training never sees."""
  out = np.zeros(COUNT, bool)
  out[order.permutation(COUNT, 0, 79)[:COUNT // 10]] = True
  return out


def number(attributes: Sequence[np.ndarray]) -> np.ndarray:
  """Which of COUNT captions it is, of each place's choice."""
  return np.ravel_multi_index(tuple(attributes), [len(words) for words in PLACES])


def ids(attributes: Sequence[np.ndarray]) -> np.ndarray:
  """The words, int32 [.., 6] in WORDS."""
  return (np.stack(attributes, -1) + STARTS).astype(np.int32)


def attributes(ids: np.ndarray) -> list[np.ndarray]:
  """Each place's choice [..] of words [.., 6]."""
  return list(np.moveaxis(ids - STARTS, -1, 0))


def caption(ids: np.ndarray) -> str:
  return ' '.join(WORDS[i] for i in ids)


def parsed(line: str) -> np.ndarray:
  """A caption's words, int32 [6]. Raises Failure for other words, or in another order."""
  words = line.lower().split()
  if len(words) != len(PLACES):
    raise Failure(f'{line!r} has {len(words)} words, and a caption six, as '
                  f'{caption(ids([np.int64(0)] * len(PLACES)))!r}')
  for word, known in zip(words, PLACES):
    if word not in known:
      near = difflib.get_close_matches(word, known, 1) or known[:1]
      raise Failure(f'{line!r}: {word!r} is none of {", ".join(known)}: did you mean '
                    f'{near[0]}?')
  return ids([np.int64(known.index(word)) for word, known in zip(words, PLACES)])


@functools.cache
def choices(digit: int, unseen: bool) -> np.ndarray:
  """int [K, 6]: the captions of a digit that are, or are not, held out."""
  sizes = [len(words) for words in PLACES]
  every = np.stack(np.unravel_index(np.arange(COUNT), sizes), 1)
  return every[(every[:, 2] == digit) & (held_out() == unseen)]


def painted(digit: np.ndarray, size: int, colour: int, row: int, column: int,
            ground: int) -> np.ndarray:
  """uint8 [32, 32, 3] of a digit uint8 [28, 28]."""
  from PIL import Image
  side = SIZES[PLACES[0][size]]
  small = Image.fromarray(digit[3:25, 3:25]).resize((side, side), Image.Resampling.BILINEAR)
  ink = np.asarray(small, np.float32)[..., None] / 255
  back = np.array(GROUNDS[PLACES[5][ground]], np.float32)
  out = np.broadcast_to(back, (SIDE, SIDE, 3)).copy()
  top, left = (8 + 8 * place - side // 2 for place in (row, column))
  part = out[top:top + side, left:left + side]
  part += ink * (np.array(COLOURS[PLACES[1][colour]], np.float32) - back)
  return np.rint(out).astype(np.uint8)


@dataclasses.dataclass(frozen=True)
class Captioned:
  """x: an image, uint8 [32, 32, 3]; c: its caption, int32 [6]. What is said beside the digit
  is drawn by the example's place in the data alone. With `unseen`, every second caption is one
  that training never sees. With `labels` c is the digit instead."""
  digits: source.Source
  unseen: bool
  labels: bool = False

  def __len__(self) -> int:
    return len(self.digits)

  @property
  def classes(self) -> int | None:
    return 10 if self.labels else None

  def __getitem__(self, ids_: np.ndarray) -> Batch:
    flat = np.ravel(ids_)
    found = self.digits[flat]
    x, words = np.empty((len(flat), SIDE, SIDE, 3), np.uint8), np.empty((len(flat), 6), int)
    for i, (place, label) in enumerate(zip(flat, found.c)):
      every = choices(int(label), self.unseen and bool(place % 2))
      size, colour, _, row, column, ground = words[i] = every[
          order.Draws(int(place), 80).integer(0, len(every) - 1)]
      x[i] = painted(found.x[i, ..., 0], size, colour, row, column, ground)
    c = found.c if self.labels else ids(list(words.T))
    shape = np.shape(ids_)
    return Batch(x.reshape(*shape, SIDE, SIDE, 3), c.reshape(*shape, *c.shape[1:]))

  @property
  def known(self) -> dict:
    return source.identity(self.digits) | {'captioned': COUNT, 'unseen': self.unseen,
                                           'labels': self.labels}


def load(digits: str = 'mnist', split: str = 'train', test: str = 'test',
         scale: tuple[float, float] = (-1., 1.), labels: bool = False) -> source.Dataset:
  """Images and captions of a TFDS set of digits; networks see a caption as one-hot words,
  floats [6, 24]. With `labels`: images and digits, to train a classifier with."""
  single = tfds.load(digits, split, label='label')

  def describe(data_dir):
    single.describe(data_dir)
    c = jax.ShapeDtypeStruct(() if labels else (len(PLACES),), np.int32)
    return Batch(jax.ShapeDtypeStruct((SIDE, SIDE, 3), np.uint8), c)

  def decode(batch):
    told = batch.c is not None and not labels
    c = jax.nn.one_hot(batch.c, len(WORDS)) if told else batch.c
    x = None if batch.x is None else source.to_float(batch.x, *scale)
    return Batch(x, c)
  read = lambda data_dir: Captioned(single.load(data_dir), unseen=not test, labels=labels)
  plain = source.images(describe, read, scale, name=f'{digits} {split}, captioned',
                        test=load(digits, test, '', scale, labels) if test else None)
  return dataclasses.replace(plain, decode=decode, text=None if labels else parsed)


@dataclasses.dataclass(frozen=True)
class Mismatched(derived.Wrapped):
  """Captioned images whose conditions are {'c': the caption, 'partner': one that is wrong}: any
  of those that are so in one word, drawn by (seed, place)."""

  def __len__(self) -> int:
    return len(self.source)

  def __getitem__(self, ids_: np.ndarray) -> Batch:
    return self.drawn(ids_, ids_, 0)

  def drawn(self, ids_: np.ndarray, at: np.ndarray, seed: int) -> Batch:
    batch = self.source[ids_]
    wrong = batch.c.copy()
    others = len(WORDS) - len(PLACES)
    for place, words in zip(np.ravel(at), wrong.reshape(-1, len(PLACES))):
      other = order.Draws(int(place), seed).integer(0, others - 1)
      new = [i for i in range(len(WORDS)) if i not in words][other]
      words[np.searchsorted(STARTS, new, 'right') - 1] = new
    return Batch(batch.x, {'c': batch.c, 'partner': Batch(None, wrong)})

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'mismatched': 1}


def mismatched(data: source.Dataset) -> source.Dataset:
  """Captioned images, each with a caption that is wrong in one word. With a caption of another
  image (`derived.partnered`) D need never look at the digit: a colour or a place is nearly
  always wrong too."""
  def describe(data_dir):
    one = data.describe(data_dir)
    return Batch(one.x, {'c': one.c, 'partner': Batch(None, one.c)})

  def decode(batch):
    if batch.c is None:
      return data.decode(batch)
    own = data.decode(Batch(batch.x, batch.c['c']))
    return Batch(own.x, {'c': own.c, 'partner': data.decode(batch.c['partner'])})

  def text(line):
    words = data.text(line)
    return {'c': words, 'partner': Batch(None, words)}  # which only D looks at
  return dataclasses.replace(
      data, describe=describe, load=lambda data_dir: Mismatched(data.load(data_dir)), text=text,
      decode=decode, name=f'{data.name}, mismatched', whole=data.whole or data,
      test=mismatched(data.test) if data.test else None)
