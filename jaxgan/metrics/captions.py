"""Whether images show what their captions say (`data.captions`): read off exactly, but for the
digit, which a classifier tells."""
import functools

import numpy as np

from jaxgan.data import captions
from jaxgan.metrics import features, naming
from jaxgan.metrics.extractors.classifier import Trained
from jaxgan.types import Batch, Metric, Paths


def read(x: np.ndarray) -> list[np.ndarray]:
  """Images uint8 [N, 32, 32, 3] -> size, colour, row, column, ground, int [N] each."""
  found = [read_one(image.astype(np.float32)) for image in x]
  return list(np.array(found).T)


def read_one(image: np.ndarray) -> tuple[int, ...]:
  """The ground is what most pixels are; the ink what is far from it: its middle, its height,
  the colour of what is furthest."""
  nearest = lambda colour, known: int(np.argmin(
      [np.square(colour - np.array(one)).sum() for one in known.values()]))
  ground = nearest(np.median(image, (0, 1)), captions.GROUNDS)
  back = np.array(tuple(captions.GROUNDS.values())[ground], np.float32)
  far = np.abs(image - back).max(-1)
  ink = far > 60
  if ink.sum() < 5:
    return -1, -1, -1, -1, ground
  rows, columns = np.nonzero(ink)
  row, column = (int(np.clip(np.rint((np.mean([a.min(), a.max()]) - 7.5) / 8), 0, 2))
                 for a in (rows, columns))
  size = int(np.ptp(rows) + 1 > 11)
  colour = nearest(image[far >= np.quantile(far[ink], .7)].mean(0), captions.COLOURS)
  return size, colour, row, column, ground


def right(n: int, digits: str = 'mnist') -> Metric:
  """Of n images, the share all of whose six attributes are those of the caption: of captions
  that training has seen, and that it has not; and the share of right digits."""
  labelled = captions.load(digits, labels=True)
  recipe = Trained(labelled, labelled.test, f'{digits}-captioned')

  def prepare(paths: Paths):
    recipe.declared(paths)
    ready = functools.cache(lambda: recipe.ready(paths))

    def score(real: Batch, fake: Batch):
      c = fake.c['c'] if isinstance(fake.c, dict) else fake.c
      asked = captions.attributes(c)
      size, colour, row, column, ground = read(fake.x)
      digit = features.extract(ready(), fake.x).logits.argmax(1)
      same = np.array([a == b for a, b in zip(
          (size, colour, digit, row, column, ground), asked)])
      unseen = captions.held_out()[captions.number(asked)]
      values = {'right-seen': same.all(0)[~unseen], 'right-unseen': same.all(0)[unseen],
                'right-digit': same[2]}
      return {naming.plain(name, n): float(part.mean()) for name, part in values.items()
              if part.size}
    return score
  return Metric(n, prepare, dict.fromkeys(('right-seen', 'right-unseen', 'right-digit'), True))
