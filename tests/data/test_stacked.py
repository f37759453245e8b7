"""Stacked digits: three of the set's own, fixed, as channels."""
import numpy as np

from jaxgan.data import source, stacked, tfds
from jaxgan.types import Batch


def test_an_example_is_three_digits():
  digits = source.Arrays(Batch(np.arange(10, dtype=np.uint8)[:, None, None, None]
                               * np.ones((1, 4, 4, 1), np.uint8), np.zeros(10)))
  which = stacked.triples(10, 500)
  data = stacked.Stacked(digits, which)
  assert len(data) == 500 and which.min() == 0 and which.max() == 9
  assert len(np.unique(which, axis=0)) > 350
  ids = np.array([[3, 4], [499, 3]])
  x = data[ids].x
  assert x.shape == (2, 2, 4, 4, 3) and x.dtype == np.uint8 and data[ids].c is None
  np.testing.assert_array_equal(x[:, :, 1, 2], which[ids])
  np.testing.assert_array_equal(x[0, 0], x[1, 1])


def test_triples_are_fixed():
  few, many = stacked.triples(60_000, 5), stacked.triples(60_000, 1000)
  np.testing.assert_array_equal(few, many[:5])
  assert few[0].tolist() == [8083, 11207, 33066], 'another stream is another data set'
  assert not np.array_equal(few, stacked.triples(60_000, 5, seed=1))


def test_mnist(data_dir):
  data = stacked.load('mnist')
  assert data.describe(data_dir).x.shape == (28, 28, 3)
  read = data.load(data_dir)
  assert len(read) == stacked.TRIPLES
  digits = tfds.load('mnist').load(data_dir)
  x = read[np.arange(4)].x
  np.testing.assert_array_equal(x[2, :, :, 1], digits[read.which[2, 1]].x[..., 0])
  assert data.test is None and data.extractor == ''
