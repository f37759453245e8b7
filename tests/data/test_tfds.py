"""TFDS data sets, read from disk without TensorFlow; skips without them."""
import sys

import numpy as np
import pytest

from jaxgan.data import tfds
from jaxgan.errors import Failure


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
