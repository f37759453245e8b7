"""Moments: against NumPy, however the examples are cut, padded and spread."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxgan.io.errors import Failure
from jaxgan.metrics import moments

ALL = np.ones(8, bool)


def points(n=40, d=6, offset=0., seed=0):
  random = np.random.default_rng(seed)
  return (random.normal(size=(n, d)) @ random.normal(size=(d, d)) + offset).astype(np.float32)


def streamed(x, shift, batch=8):
  """Moments of x in batches, the last one padded with what must not count."""
  m = moments.start(shift)
  for at in range(0, len(x), batch):
    rows = x[at:at + batch]
    rest = batch - len(rows)
    m = moments.update(m, np.pad(rows, ((0, rest), (0, 0)), constant_values=np.nan),
                       np.arange(batch) < len(rows))
  return m


def assert_like_numpy(g, x, rtol):
  x = np.float64(x)
  cov = np.cov(x.T)
  assert g.n == len(x) and g.mean.dtype == g.cov.dtype == np.float64
  np.testing.assert_allclose(g.mean, x.mean(0), rtol=rtol, atol=rtol)
  np.testing.assert_allclose(g.cov, cov, rtol=rtol, atol=rtol * np.abs(cov).max())


def test_at_once():
  x = points(offset=1000)
  assert_like_numpy(moments.of(x), x, 1e-12)


@pytest.mark.parametrize('n, batch', [(40, 8), (37, 8), (37, 64), (2, 1)])
def test_streams_count_each_example_once(n, batch):
  x = points(n)
  assert_like_numpy(moments.finalise(streamed(x, x[0], batch)), x, 2e-6)


def test_shift_keeps_digits_of_a_large_mean():
  x = points(400, offset=1000.)
  assert_like_numpy(moments.finalise(streamed(x, x[:8].mean(0))), x, 2e-6)


@pytest.mark.parametrize('merged', [moments.merge, lambda *parts: moments.merge_all(parts)])
def test_merged_parts(merged):
  x = points(60)
  parts = [streamed(x[:25], x[0]), streamed(x[25:], x[0])]
  assert_like_numpy(moments.finalise(merged(*parts)), x, 2e-6)


def test_host_sums_are_float64():
  """2^24 + 1, which float32 cannot count."""
  part = moments.start(np.zeros(2))._replace(total=np.float32([2**24, 1]))
  merged = moments.merge_all([part, part._replace(total=np.float32([1, 0]))])
  assert merged.total.tolist() == [2**24 + 1, 1] and merged.gram.dtype == np.float64


def test_parts_of_different_shifts_are_refused():
  with pytest.raises(ValueError, match='shift'):
    moments.merge_all([moments.start(np.zeros(2)), moments.start(np.ones(2))])


def test_device_count_does_not_matter(devices):
  mesh = Mesh(np.array(devices), ('data',))
  place = lambda a: jax.device_put(a, NamedSharding(mesh, PartitionSpec('data')))
  x, mask = points(16), np.arange(16) < 13
  m = moments.update(moments.start(x[0]), place(x), place(mask))
  assert len(m.gram.sharding.device_set) == len(devices)
  assert_like_numpy(moments.finalise(m), x[:13], 2e-6)


def test_low_precision_features_are_summed_in_float32():
  x = jnp.asarray(points(8), jnp.bfloat16)
  m = moments.update(moments.start(np.zeros(6)), x, ALL)
  assert m.gram.dtype == m.total.dtype == jnp.float32
  assert_like_numpy(moments.finalise(m), np.asarray(x, np.float64), 2e-6)


def test_bad_streams_are_refused():
  with pytest.raises(Failure, match='moments of 1 examples, finite: needs at least 2'):
    moments.finalise(streamed(points(1), np.zeros(6)))
  bad = points(8)
  bad[3, 2] = np.inf
  with pytest.raises(Failure, match='moments of 8 examples, NaN or infinity'):
    moments.finalise(streamed(bad, np.zeros(6)))
  with pytest.raises(Failure, match='class 7 has 1 examples'):
    moments.of(points(1), 'class 7')
