"""Stacked MNIST: three digits as the channels of one image, 1,000 modes to count.

Metz et al., 2017, arXiv:1611.02163; 128,000 fixed triples as in PacGAN (Lin et al., 2018),
here of the training split alone.
"""
import dataclasses
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import source, tfds
from jaxgan.types import Batch

TRIPLES = 128_000


class Stacked(NamedTuple):
  """A source whose example i is three digits of another, drawn from (seed, i) alone."""
  digits: source.Source
  which: np.ndarray  # int32 [N, 3]

  def __len__(self) -> int:
    return len(self.which)

  def __getitem__(self, ids: np.ndarray) -> Batch:
    x = self.digits[self.which[ids]].x[..., 0]  # [.., 3, H, W]
    return Batch(np.moveaxis(x, -3, -1))

  @property
  def known(self) -> dict:
    return source.identity(self.digits) | {'stacked': len(self.which)}


def triples(n: int, count: int, seed: int = 0) -> np.ndarray:
  """Indices below n, int32 [count, 3]: raw generator bits, which NumPy keeps."""
  key = np.array([seed, 3], np.uint64)
  bits = np.random.Philox(key=key).random_raw(3 * count)
  return (bits % np.uint64(n)).astype(np.int32).reshape(count, 3)


def load(digits: str = 'mnist', scale: tuple[float, float] = (-1., 1.)) -> source.Dataset:
  """x: uint8 [28, 28, 3], three digits of a TFDS set; c None."""
  single = tfds.load(digits, scale=scale)

  def describe(data_dir):
    height, width, _ = single.describe(data_dir).x.shape
    return Batch(jax.ShapeDtypeStruct((height, width, 3), np.uint8))

  def read(data_dir):
    data = single.load(data_dir)
    return Stacked(data, triples(len(data), TRIPLES))

  return dataclasses.replace(single, describe=describe, load=read, test=None, extractor='',
                             name=f'stacked {digits}')
