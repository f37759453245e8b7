"""Each diagnosis on players whose answers are known."""
import types

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec as P

from jaxgan import parallel, rng
from jaxgan.analysis import diagnosis
from jaxgan.types import Batch


def mapped(f, *args, devices=None):
  mesh = parallel.mesh(devices or jax.devices())
  return jax.tree.map(np.asarray, parallel.device_map(f, mesh, tuple(P('data') for _ in args))(
      *args))


def test_calibration_by_hand(devices):
  p_real, p_fake = np.array([.95, .65, .35, .62]), np.array([.05, .15, .66, .31])
  logit = lambda p: np.log(p / (1 - p)).astype(np.float32)
  table = mapped(lambda real, fake: diagnosis.judgements(types.SimpleNamespace(
      on_real=(real, {}), on_fake=(fake, {}))), logit(p_real), logit(p_fake), devices=devices)
  assert table[:, 0].sum() == 8 and table[6].tolist()[::2] == [3, 2] and table[9, 2] == 1
  found = diagnosis.calibration(table)
  assert found['real'] == .75 and found['fake'] == .75
  gaps = abs(.95 - 1) + abs(.65 + .62 + .66 - 2) + abs(.35 + .31 - 1) + .05 + .15
  np.testing.assert_allclose(found['ece'], gaps / 8, rtol=1e-5)


def test_a_calibrated_critic_has_no_error():
  draw = np.random.default_rng(0)
  p = draw.uniform(size=40_000)
  real = draw.uniform(size=p.size) < p
  logit = np.log(p / (1 - p)).astype(np.float32)
  n = min(real.sum(), (~real).sum()) // 4 * 4
  table = mapped(lambda a, b: diagnosis.judgements(types.SimpleNamespace(
      on_real=(a, {}), on_fake=(b, {}))), logit[real][:n], logit[~real][:n])
  assert diagnosis.calibration(table)['ece'] < .01


def test_steepness_is_the_largest_over_all_devices(devices):
  """D(x) = |x|^2 / 2 has the slope |x|."""
  real = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
  fake = 3 * real[::-1]

  def f(real, fake):
    r = types.SimpleNamespace(key=rng.root(0), real=Batch(real), fake=Batch(fake),
                              D=lambda x, c: ((x ** 2).sum(1) / 2, {}))
    return diagnosis.steepness(r)
  found = mapped(f, real, fake, devices=devices)
  largest = np.linalg.norm(real, axis=1).max()
  np.testing.assert_allclose([found['real'], found['fake']], [largest, 3 * largest], rtol=1e-5)
  assert 0 < found['between'] < 3 * largest


def test_singular_values_of_a_linear_generator():
  A = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
  found = diagnosis.singular_values(lambda z: (z[None] @ A).reshape(2, 3), jnp.ones(3))
  np.testing.assert_allclose(found, np.linalg.svd(A, compute_uv=False), rtol=1e-4)


def test_agreement():
  norms, cosines = diagnosis.agreement(np.array([[3., 4.], [-4., 3.], [-8., 6.], [0., 0.]]))
  np.testing.assert_allclose(norms, [5, 5, 10, 0])
  np.testing.assert_allclose(cosines, [0, 1, 0], atol=1e-12)
