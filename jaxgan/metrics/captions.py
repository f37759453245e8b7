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
  """The ground is what most pixels are; the ink what is far from it: its middle, its larger
  side, and of what is furthest the colour whose direction from the ground is nearest."""
  grounds, colours = (np.array(tuple(known.values()), np.float32)
                      for known in (captions.GROUNDS, captions.COLOURS))
  ground = int(np.square(np.median(image, (0, 1)) - grounds).sum(1).argmin())
  away = image - grounds[ground]
  far = np.abs(away).max(-1)
  ink = far > max(30, .4 * far.max())
  if ink.sum() < 5:
    return -1, -1, -1, -1, ground
  sides = [(a.min(), a.max()) for a in np.nonzero(ink)]
  row, column = (int(np.clip(np.rint((np.mean(side) - 7.5) / 8), 0, 2)) for side in sides)
  size = int(max(high - low + 1 for low, high in sides) > 11)
  shift, known = away[far >= np.quantile(far[ink], .7)].mean(0), colours - grounds[ground]
  colour = int((known @ shift / np.linalg.norm(known, axis=1)).argmax())
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
      return {naming.plain(name, len(digit)): float(part.mean())
              for name, part in values.items() if part.size}
    return score
  return Metric(n, prepare, dict.fromkeys(('right-seen', 'right-unseen', 'right-digit'), True))
