"""Reference statistics: of the whole set, kept, and never another set's."""
import numpy as np
import pytest

from jaxgan.data import source
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, moments, reference
from jaxgan.metrics.extractors import random_conv
from jaxgan.types import Batch, Paths

NET = random_conv.extractor()


def data(n=300, seed=0):
  x = np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 1), np.uint8)
  return source.arrays(Batch(x))


def made(data, paths, net=NET):
  return reference.reference(net, data, data.load(None), paths)


def test_the_whole_set_in_double_precision(tmp_path, monkeypatch):
  monkeypatch.setattr(reference, 'BANK', 100 * 256)
  data_, paths = data(), Paths(cache_dir=str(tmp_path))
  found = made(data_, paths)
  pool = features.extract(NET, data_.load(None).batch.x).pool
  expected = moments.of(pool)
  assert found.gaussian.n == 300 and found.other == ''
  np.testing.assert_allclose(found.gaussian.mean, expected.mean, rtol=1e-6)
  np.testing.assert_allclose(found.gaussian.cov, expected.cov, atol=1e-6)
  assert len(found.bank) == len(found.ids) == 100 == len(set(found.ids))
  np.testing.assert_allclose(found.bank, pool[found.ids], rtol=1e-5, atol=1e-6)


def test_it_is_kept_and_only_used_for_the_same_data_and_network(tmp_path, monkeypatch):
  paths, calls = Paths(cache_dir=str(tmp_path)), []
  computed = reference.computed
  monkeypatch.setattr(reference, 'computed', lambda *a: calls.append(1) or computed(*a))
  first, again = made(data(), paths), made(data(), paths)
  assert len(calls) == 1
  np.testing.assert_array_equal(first.gaussian.cov, again.gaussian.cov)
  np.testing.assert_array_equal(first.bank, again.bank)
  made(data(seed=1), paths)
  made(data(), paths, random_conv.extractor(1)._replace(name=NET.name))
  made(data(n=299), paths)
  assert len(calls) == 4


def test_fingerprints():
  prints = [source.fingerprint(data(**how).load(None)) for how in ({}, {'seed': 1}, {'n': 299})]
  assert len(set(prints)) == 3
  one = data().load(None).batch.x.copy()
  one[150, 3, 3, 0] ^= 1
  assert source.fingerprint(source.Arrays(Batch(one))) not in prints
  assert source.fingerprint(data().load(None)) == prints[0]


def test_only_images():
  points = source.Arrays(Batch(np.zeros((10, 2), np.float32)))
  with pytest.raises(Failure, match='must be uint8'):
    reference.computed(NET, data(), points)

