"""Images with holes: what is known of an example is its condition.

  data = masks.holes(tfds.load('mnist'), [masks.boxes(.3, .6), masks.strokes()],
                     test=[masks.centre(.5)])
"""
import dataclasses
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxgan.data import order, source
from jaxgan.data.derived import Wrapped
from jaxgan.types import Batch

Hole = Callable[[order.Draws, int, int], np.ndarray]  # (draws, H, W) -> bool [H, W], the hole


def centre(share: float) -> Hole:
  """The middle, `share` of each side."""
  def hole(draw, height, width):
    out = np.zeros((height, width), bool)
    sides = [(round(n * (1 - share) / 2), round(n * (1 + share) / 2)) for n in (height, width)]
    out[slice(*sides[0]), slice(*sides[1])] = True
    return out
  return hole


def boxes(least: float, most: float) -> Hole:
  """A box anywhere, each of its sides from `least` to `most` of the image's."""
  def hole(draw, height, width):
    out = np.zeros((height, width), bool)
    sides = []
    for n in (height, width):
      size = draw.integer(round(n * least), round(n * most))
      start = draw.integer(0, n - size)
      sides.append(slice(start, start + size))
    out[tuple(sides)] = True
    return out
  return hole


def strokes(count: int = 3, bends: int = 4, thick: float = .14) -> Hole:
  """Up to `count` brush strokes of up to `bends` bends, up to `thick` of the image's width, as
  DeepFill has them (Yu et al., 2019, arXiv:1806.03589, algorithm 1)."""
  def hole(draw, height, width):
    from PIL import Image, ImageDraw
    picture = Image.new('1', (width, height))
    pen = ImageDraw.Draw(picture)
    for _ in range(draw.integer(1, count)):
      at = np.array([draw.uniform(0, width), draw.uniform(0, height)])
      size = max(1, round(width * draw.uniform(thick / 3, thick)))
      angle = draw.uniform(0, 2 * np.pi)
      for _ in range(draw.integer(1, bends)):
        angle += draw.uniform(np.pi * .6, np.pi * 1.4)  # back and forth
        step = draw.uniform(.1, .5) * np.array([width, height])
        to = np.clip(at + step * [np.cos(angle), np.sin(angle)], 0, [width, height])
        pen.line([*at, *to], fill=1, width=size)
        at = to
    return np.array(picture)
  return hole


@dataclasses.dataclass(frozen=True)
class Holed(Wrapped):
  """c: {'image': x, 0 in the hole; 'mask': 1 where x is known, uint8 [H, W, 1]}. Each time an
  example comes round it has another hole, of one of `kinds`."""
  kinds: Sequence[Hole]

  def __len__(self) -> int:
    return len(self.source)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    return self.drawn(ids, ids, 0)

  def drawn(self, ids: np.ndarray, at: np.ndarray, seed: int) -> Batch:
    x, places = self.source[ids].x, np.ravel(at)
    height, width = x.shape[-3:-1]
    mask = np.empty((len(places), height, width, 1), np.uint8)
    for one, place in zip(mask, places):
      draw = order.Draws(place, seed)
      hole = self.kinds[draw.integer(0, len(self.kinds) - 1)]
      one[..., 0] = ~hole(draw, height, width)
    mask = mask.reshape(*np.shape(at), height, width, 1)
    return Batch(x, {'image': x * mask, 'mask': mask})

  @property
  def known(self) -> dict:
    return source.identity(self.source) | {'holes': len(self.kinds)}


def holes(data: source.Dataset, kinds: Sequence[Hole],
          test: Sequence[Hole] | None = None) -> source.Dataset:
  """A set of images as one of images to complete; their own conditions go. The test set's holes
  are of the kinds `test`, or as in training, and an example has one for good.

  Networks see c['mask'] as floats 0 and 1, and c['image'] in the scale of x, 0 in the hole.
  """
  def describe(data_dir):
    x = data.describe(data_dir).x
    return Batch(x, {'image': x, 'mask': jax.ShapeDtypeStruct((*x.shape[:2], 1), np.uint8)})

  def decode(batch):
    x = None if batch.x is None else data.decode(Batch(batch.x)).x
    if batch.c is None:
      return Batch(x)
    mask = batch.c['mask'].astype(np.float32)
    return Batch(x, {'image': data.decode(Batch(batch.c['image'])).x * mask, 'mask': mask})
  return dataclasses.replace(
      data, describe=describe, load=lambda data_dir: Holed(data.load(data_dir), kinds),
      decode=decode, name=f'{data.name}, with holes', whole=data.whole or data, show=show,
      test=holes(data.test, test or kinds) if data.test else None)


def show(x, c=None, target=None) -> np.ndarray | None:
  """Rows of what is known, with the hole in grey, what was made of it, and the image itself."""
  from jaxgan.io.show import show as plain
  if c is None:
    return plain(x, None, target)
  seen = np.where(c['mask'] > 0, c['image'], 128).astype(np.uint8)
  return plain(x, seen, target)
