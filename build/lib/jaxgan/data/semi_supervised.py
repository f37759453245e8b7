"""Semi-supervised data: every training image without its label, and a few with them.

Salimans et al., 2016, arXiv:1606.03498, section 5: so many of each class, drawn by a seed.
"""
import dataclasses
import hashlib
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import source, tfds
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


class FewLabels(NamedTuple):
  """A source of examples x, each with a labelled one in c, {'x', 'label'}, the same always."""
  every: source.Source
  chosen: np.ndarray  # int64 [L]: whose labels are known
  beside: np.ndarray  # int64 [N]: which of these stands beside each example

  def __len__(self) -> int:
    return len(self.every)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    x, label = self.every[self.chosen[self.beside[ids]]]
    return Batch(self.every[ids].x, {'x': x, 'label': label})

  @property
  def known(self) -> dict:
    chosen = hashlib.sha256(np.ascontiguousarray(self.chosen, np.int64)).hexdigest()
    return source.identity(self.every) | {'labelled': len(self.chosen), 'chosen': chosen}


def few_labels(name: str, per_class: int, seed: int = 0, label: str = 'label',
               scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """x: uint8 images of a TFDS set; c: {'x': an image, 'label': int32, its class}, of
  `per_class` images a class, so that each image has a labelled one beside it. `load` raises
  Failure if a class has fewer."""
  full = tfds.load(name, label=label, scale=scale)

  def describe(data_dir):
    x, c = full.describe(data_dir)
    return Batch(x, {'x': x, 'label': c})

  def read(data_dir):
    every = full.load(data_dir)
    labels = every[np.arange(len(every))].c
    bits = np.random.Philox(key=np.array([seed, 100], np.uint64)).random_raw(2 * len(every))
    chosen = few(labels, np.argsort(bits[:len(every)], kind='stable'), per_class)
    return FewLabels(every, chosen, (bits[len(every):] % np.uint64(len(chosen))).astype(int))

  def decode(batch):
    to_range = lambda a: full.decode(Batch(a)).x if a.dtype == np.uint8 else a
    return jax.tree.map(to_range, batch)
  return dataclasses.replace(full, describe=describe, load=read, decode=decode,
                             name=f'{full.name}, {per_class} labels a class by seed {seed}')


def few(labels: np.ndarray, order: np.ndarray, per_class: int) -> np.ndarray:
  """The first so many examples of each class, in this order of them all. Raises Failure."""
  counts = np.bincount(labels)
  if per_class < 1:
    raise Failure(f'{per_class} labels a class are none: --per_class=1 at least')
  if counts.min() < per_class:
    raise Failure(f'class {counts.argmin()} has {counts.min():,} examples, not '
                  f'{per_class:,}: ask for fewer')
  classes = [order[labels[order] == c][:per_class] for c in range(len(counts))]
  return np.concatenate(classes)
