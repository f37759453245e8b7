"""Penalties on critics whose slope is known, and as parts of the game."""
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from jaxgan import parallel, rng
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss, every
from jaxgan.types import Batch

W = np.array([3., -4.], np.float32)  # |W| = 5
REAL = Batch(np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32))
FAKE = Batch(np.random.default_rng(1).normal(size=(8, 2)).astype(np.float32))
PENALTIES = {'gradient_penalty': penalties.gradient_penalty(10.), 'r1': penalties.r1(2.),
             'r2': penalties.r2(2.), 'dragan': penalties.dragan(10.)}
LOSSES = ['least_squares', 'hinge', 'wasserstein', 'relativistic']


def term(loss, D, real=REAL, fake=FAKE, devices=None):
  """A penalty's value, on some devices."""
  def on_device(real, fake):
    r = types.SimpleNamespace(key=rng.root(0), real=real, fake=fake, step=jnp.int32(0), D=D)
    terms, _ = loss.d(r, loss.init())
    return jax.lax.pmean(sum(terms.values()), 'data')
  mesh = parallel.mesh(devices or jax.devices()[:1])
  return parallel.device_map(on_device, mesh, (P('data'), P('data')))(real, fake)


linear = lambda x, c, **_: (x @ W, {})
quadratic = lambda x, c, **_: ((x ** 2).sum(1), {})  # of slope 2 x


def test_linear_critic(devices):
  values = {name: term(loss, linear, devices=devices) for name, loss in PENALTIES.items()}
  expected = {'gradient_penalty': 10 * (5 - 1) ** 2, 'r1': 25, 'r2': 25, 'dragan': 160}
  for name in expected:
    np.testing.assert_allclose(values[name], expected[name], rtol=1e-6)


def test_drift_is_the_square_of_the_output(devices):
  def on_device(real):
    r = types.SimpleNamespace(on_real=(linear(*real)[0], {}))
    return jax.lax.pmean(penalties.drift(.5).d(r, ())[0]['drift'], 'data')
  found = parallel.device_map(on_device, parallel.mesh(devices), (P('data'),))(REAL)
  np.testing.assert_allclose(found, .5 * ((REAL.x @ W) ** 2).mean(), rtol=1e-5)


def test_quadratic_critic_tells_where_the_slope_is_taken():
  for name, batch in (('r1', REAL), ('r2', FAKE)):
    np.testing.assert_allclose(term(PENALTIES[name], quadratic),
                               (4 * batch.x ** 2).sum(1).mean(), rtol=1e-5)


def test_slopes_below_one_are_free_one_sided():
  flat = lambda x, c: (.1 * x[:, 0], {})
  np.testing.assert_allclose(term(penalties.gradient_penalty(10.), flat), 8.1, rtol=1e-5)
  assert term(penalties.gradient_penalty(10., one_sided=True), flat) == 0
  assert term(penalties.gradient_penalty(10., one_sided=True), linear) == 160


def test_points_between_are_collinear_one_share_an_example(devices):
  def on_device(real, fake):
    r = types.SimpleNamespace(key=rng.root(0), real=real, fake=fake)
    x = penalties.between(r).x
    return jax.lax.all_gather(x, 'data', tiled=True)
  mesh = parallel.mesh(devices)
  mapped = jax.shard_map(on_device, mesh=mesh, in_specs=(P('data'), P('data')),
                         out_specs=P(), check_vma=False)
  x = np.asarray(jax.jit(mapped)(REAL, FAKE))
  share = (x - FAKE.x) / (REAL.x - FAKE.x)
  np.testing.assert_allclose(share[:, 0], share[:, 1], atol=1e-4)
  assert (share > 0).all() and (share < 1).all() and len(np.unique(share[:, 0].round(3))) == 8
  np.testing.assert_allclose(share[0, 0], SHARE, atol=1e-5, err_msg='not by device count')


SHARE = float(jax.random.uniform(rng.per_example(
    rng.named(rng.root(0), 'between'), jnp.arange(1))[0]))


def test_no_nan_where_the_critic_is_flat():
  flat = lambda w: lambda x, c, **_: (w * x[:, 0], {})
  for loss in PENALTIES.values():
    value, slope = jax.value_and_grad(lambda w: term(loss, flat(w)))(0.)
    assert np.isfinite(value) and np.isfinite(slope)


def test_low_precision_stays_near():
  low = Batch(jnp.asarray(REAL.x, jnp.bfloat16)), Batch(jnp.asarray(FAKE.x, jnp.bfloat16))
  for loss in PENALTIES.values():
    for D in (linear, quadratic):
      found = term(loss, D, *low)
      assert found.dtype == jnp.float32
      np.testing.assert_allclose(found, term(loss, D), rtol=.05)


@pytest.mark.parametrize('k', [2, 3])
def test_lazy_terms_keep_their_strength(k):
  """The mean over k steps is the plain term; memory rests in between."""
  counted = Loss(d=lambda r, m: ({'x': r.real.x.sum()}, m + 1.), init=lambda: jnp.zeros(()))
  lazy = every(k, counted)

  def on_device(real, step, memory):
    r = types.SimpleNamespace(step=step, real=real)
    terms, memory = lazy.d(r, jax.lax.pcast(memory, 'data', to='varying'))
    return jax.lax.pmean(terms['x'], 'data'), jax.lax.pmax(memory, 'data')
  mapped = parallel.device_map(on_device, parallel.mesh(jax.devices()[:1]),
                               (P('data'), P(), P()))
  memory, found = jnp.float32(0), []
  for step in range(2 * k):
    value, memory = mapped(REAL, jnp.int32(step), memory)
    found.append(float(value))
  np.testing.assert_allclose(np.mean(found), REAL.x.sum(), rtol=1e-5)
  assert memory == 2
  np.testing.assert_array_equal(np.flatnonzero(found), [k - 1, 2 * k - 1])  # steps k and 2 k


def test_dragan_looks_near_the_data(devices):
  """Up from each real example by at most half the deviation of the whole batch."""
  def on_device(real):
    r = types.SimpleNamespace(key=rng.root(0), real=real)
    return jax.lax.all_gather(penalties.near(r, .5).x, 'data', tiled=True)
  mapped = jax.shard_map(on_device, mesh=parallel.mesh(devices), in_specs=P('data'),
                         out_specs=P(), check_vma=False)
  many = Batch(np.random.default_rng(0).normal(1, 2, size=(4000, 3)).astype(np.float32))
  share = (np.asarray(jax.jit(mapped)(many)) - many.x) / (.5 * many.x.std())
  assert -1e-5 < share.min() and .9 < share.max() < 1 + 1e-5
  np.testing.assert_allclose(share.mean(), 1 / 4, atol=.01)  # of a product of two U[0, 1)
  each = share.max(1)  # one share an example, so elements go together
  assert np.corrcoef(share[:, 0], share[:, 1])[0, 1] > .3 and each.mean() < .45


@pytest.mark.parametrize('name', LOSSES)
def test_losses_by_hand(name):
  real, fake = np.array([-3., .5, 2.]), np.array([-1., 0., 4.])
  plus = lambda a: np.log1p(np.exp(a))
  forms = {'least_squares': ((real - 1) ** 2 / 2 + fake ** 2 / 2, (fake - 1) ** 2 / 2),
           'hinge': (np.maximum(0, 1 - real) + np.maximum(0, 1 + fake), -fake),
           'wasserstein': (fake - real, -fake),
           'relativistic': (plus(fake - real), plus(real - fake))}
  loss = getattr(adversarial, name)()
  r = types.SimpleNamespace(on_real=(jnp.asarray(real), {}), on_fake=(jnp.asarray(fake), {}))
  for role, each in zip('dg', forms[name]):
    np.testing.assert_allclose(getattr(loss, role)(r, ())[0]['adversarial'], each.mean(),
                               rtol=1e-6)
  shown = loss.read(r, loss.init())
  assert shown['real'] == pytest.approx(real.mean()), 'logits, being no probabilities'


@pytest.mark.parametrize('penalty, draws', [(penalties.r1, 'real'), (penalties.r2, 'fake')])
def test_slopes_at_real_and_fake_have_the_draws_of_the_first_pass(penalty, draws):
  """So that XLA computes D's pass over them once."""
  asked = []
  D = lambda x, c, draws='again': (asked.append(draws), linear(x, c))[1]
  batch = Batch(np.ones((2, len(W)), np.float32))
  r = types.SimpleNamespace(D=D, real=batch, fake=batch)
  penalty(1.).d(r, ())
  assert asked == [draws]
