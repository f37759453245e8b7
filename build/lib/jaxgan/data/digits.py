"""The 1,797 handwritten digits of 8x8 pixels that come with scikit-learn: no download.

E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
"""
import jax
import numpy as np

from jaxgan.data import source
from jaxgan.types import Batch


def load(scale: tuple[float, float] = (-1., 1.), labels: bool = False) -> source.Dataset:
  """x uint8 [8, 8, 1] (16 grey levels spread over 0..255), c None or the digit."""
  def describe(data_dir):
    c = jax.ShapeDtypeStruct((), np.int32) if labels else None
    return Batch(jax.ShapeDtypeStruct((8, 8, 1), np.uint8), c)

  def read(data_dir):
    from sklearn import datasets  # a second to import: only where it is used
    digits = datasets.load_digits()
    x = np.round(digits.images[..., None] * (255 / 16)).astype(np.uint8)
    batch = Batch(x, digits.target.astype(np.int32) if labels else None)
    source.check(batch, classes=10)
    return source.Arrays(batch)

  return source.images(describe, read, scale, name='digits', extractor='rand-conv')
