"""TFDS data sets, read from disk without TensorFlow; skips without them."""
import sys

import numpy as np
import pytest

from jaxgan.data import tfds
from jaxgan.io.errors import Failure


def test_mnist_is_what_tfds_says_it_is(data_dir):
  import tensorflow_datasets
  rows = tfds.load('mnist', label='label').load(data_dir)
  assert len(rows) == 60_000
  theirs = tensorflow_datasets.data_source('mnist', split='train', data_dir=data_dir)
  for i in (0, 1, 777, 59_999):
    np.testing.assert_array_equal(rows.batch.x[i], theirs[i]['image'])
    assert rows.batch.c[i] == theirs[i]['label']
  assert 'tensorflow' not in sys.modules


def test_description_needs_nothing_on_disk(tmp_path):
  spec = tfds.load('cifar10', label='label').describe(str(tmp_path))
  assert spec.x.shape == (32, 32, 3) and spec.x.dtype == np.uint8 and spec.c.shape == ()


@pytest.mark.parametrize('name,kw,message', [
    ('mnits', {}, 'did you mean mnist'),
    ('celeb_a', {}, r'pip install tensorflow tensorflow-datasets'),
    ('mnist', dict(image='picture'), "no feature 'picture', but image, label"),
    ('mnist', dict(label='name'), "no feature 'name'")])
def test_what_cannot_be_had(tmp_path, name, kw, message):
  data = tfds.load(name, **kw)
  with pytest.raises(Failure, match=message):
    data.describe(str(tmp_path))
    data.load(str(tmp_path))
  assert not list(tmp_path.iterdir())


def test_unknown_split(data_dir):
  with pytest.raises(Failure, match="split 'trian'.*its splits are train, test"):
    tfds.load('mnist', split='trian').load(data_dir)


def test_decoded_as_needed_is_as_read_into_memory_and_smaller_if_asked(data_dir):
  ids = np.array([[3, 9_999], [0, 77]])
  whole, lazy = (tfds.load('mnist', 'test', label='label', test='', whole=n).load(data_dir)
                 for n in (2 ** 30, 0))
  for a, b in zip(whole[ids], lazy[ids]):
    np.testing.assert_array_equal(a, b)
  small = tfds.load('mnist', 'test', test='', size=14, whole=0)
  assert small.describe(data_dir).x.shape == (14, 14, 1)
  x = small.load(data_dir)[ids].x
  assert x.shape == (2, 2, 14, 14, 1)
  pooled = whole[ids].x.reshape(2, 2, 14, 2, 14, 2).astype(float).mean((3, 5))
  assert np.corrcoef(x.ravel(), pooled.ravel())[0, 1] > .95
