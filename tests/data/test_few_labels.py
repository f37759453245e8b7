"""A few labelled examples beside all the others."""
import numpy as np
import pytest

from jaxgan.data import semi_supervised, source
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


def test_so_many_of_each_class_in_the_given_order():
  labels = np.array([0, 1, 0, 0, 1, 2, 2, 1, 2, 0])
  order = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  assert semi_supervised.few(labels, order, 2).tolist() == [9, 3, 7, 4, 8, 6]
  with pytest.raises(Failure, match='class 1 has 3 examples, not 4'):
    semi_supervised.few(labels, order, 4)


def test_examples_stand_beside_their_labelled_ones():
  every = source.Arrays(Batch(np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1),
                              np.arange(6, dtype=np.int32) + 100))
  data = semi_supervised.FewLabels(every, np.array([4, 1]), np.array([0, 1, 1, 0, 0, 1]))
  x, c = data[np.array([[0, 5], [2, 3]])]
  assert x.ravel().tolist() == [0, 5, 2, 3] and c['x'].ravel().tolist() == [4, 1, 1, 4]
  assert c['label'].tolist() == [[104, 101], [101, 104]] and c['x'].shape == (2, 2, 1, 1, 1)


def test_mnist(data_dir):
  data = semi_supervised.few_labels('mnist', 10)
  read = data.load(data_dir)
  labels = read.every.batch.c
  assert np.bincount(labels[read.chosen]).tolist() == [10] * 10
  assert len(np.unique(read.chosen)) == 100 and np.bincount(read.beside).min() > 500
  batch = read[np.arange(8)]
  np.testing.assert_array_equal(batch.c['label'], labels[read.chosen[read.beside[:8]]])
  seen = data.decode(batch)
  assert seen.x.dtype == np.float32 and seen.x.min() == -1 == seen.c['x'].min()
  assert data.describe(data_dir).c['x'].shape == (28, 28, 1)
  other = semi_supervised.few_labels('mnist', 10, seed=1).load(data_dir)
  assert len(np.intersect1d(other.chosen, read.chosen)) < 10
  assert data.test.load(data_dir)[np.arange(3)].c.shape == (3,), 'test images have theirs'
