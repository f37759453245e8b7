"""The game's vector field and its Jacobian, against closed forms and NumPy."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from benchmarks import dirac
from jaxgan import parallel, rng
from jaxgan.analysis import dynamics
from jaxgan.nets import layers
from jaxgan.nets.conv import Conv, ConvTranspose


@pytest.mark.parametrize('name', dirac.GAMES)
def test_dirac_gans_eigenvalues_are_the_papers(name):
  rules = dirac.GAMES[name]
  values, speed = dirac.measured(rules)
  np.testing.assert_allclose(values, dirac.expected(rules), atol=2e-3 if rules.q else 1e-6)
  if 'WGAN-GP' in name:
    assert speed > .9, 'no rest at 0: the field jumps there'
  else:
    assert speed < 1e-6


def test_which_dirac_games_come_to_rest():
  """R1 and instance noise do; WGAN runs away or circles, WGAN-GP circles (section 3)."""
  far = {name: dirac.trajectory(dirac.GAMES[name], dirac.game.simultaneous)[-1]
         for name in dirac.GAMES}
  start = np.hypot(*dirac.START)
  assert far['WGAN'] > 5 * start and far['minimax'] > start
  assert far['WGAN-GP, w = 1/2, psi = 0.001'] > .5 * start
  assert max(far['R1, gamma = 0.3'], far['instance noise, sigma = 1']) < .01 * start


def mapped(f, gan, devices, *more):
  """f's result of (state, batch, key) and whole arrays."""
  specs = (P(), P('data'), P(), *[P()] * len(more))
  f = parallel.device_map(functools.partial(f, gan), parallel.mesh(devices), specs)
  batch = jax.tree.map(lambda a: a[0, 0], tiny.batches(1))
  return f(tiny.initial(gan, devices), batch, rng.root(1), *more)


@pytest.mark.parametrize('name', tiny.GANS)
def test_field_is_what_simultaneous_play_steps_along(name, devices):
  gan = tiny.GANS[name](g_tx=optax.sgd(1.), d_tx=optax.sgd(1.), order=dirac.game.simultaneous)
  v = mapped(dynamics.field, gan, devices)
  state = tiny.initial(gan, devices)
  batches = jax.tree.map(lambda a: a[0], tiny.batches(1))
  found = parallel.device_map(lambda s, b, k: dirac.game.simultaneous(gan, s, b, k)[0],
                              parallel.mesh(devices), (P(), P(None, 'data'), P()))(
                                  state, batches, rng.root(1))
  after = dynamics.players(found)
  expected = jax.tree.map(jnp.subtract, after, dynamics.players(state))
  assert tiny.furthest(v, expected) < 1e-6


class Maker(nn.Module):
  """A smooth G: a field with kinks has no derivative to compare with."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    x = nn.Dense(64)(z).reshape(-1, 4, 4, 4)
    x = nn.tanh(layers.BatchNorm(momentum=.9, epsilon=1e-3)(x, train))
    return nn.tanh(ConvTranspose(1, 3)(x))


class Judge(nn.Module):
  """A smooth D."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    x = layers.BatchNorm(momentum=.9, epsilon=1e-3)(Conv(4, 3, stride=2)(x), train)
    return nn.Dense(1)(nn.tanh(x).reshape(len(x), -1))[:, 0], {}


def test_product_is_the_fields_derivative(devices):
  """v' u against a difference quotient of v, batch norm and all devices included."""
  gan = tiny.gan(Maker(), Judge())
  state = tiny.initial(gan, devices)
  theta, unravel = jax.flatten_util.ravel_pytree(dynamics.players(state))
  u = np.random.default_rng(0).normal(size=theta.size).astype(np.float32)
  u /= np.linalg.norm(u)
  got = mapped(dynamics.product, gan, devices, u)
  specs = (P(), P('data'), P())
  batch = jax.tree.map(lambda a: a[0, 0], tiny.batches(1))

  def at(theta):
    players = unravel(theta)
    f = lambda s, b, k: dynamics.field(gan, dirac.game.with_params(s, **players), b, k)
    v = parallel.device_map(f, parallel.mesh(devices), specs)(state, batch, rng.root(1))
    return jax.flatten_util.ravel_pytree(v)[0]
  h = 2e-3
  quotient = (at(theta + h * u) - at(theta - h * u)) / (2 * h)
  assert np.linalg.norm(got - quotient) < .03 * np.linalg.norm(got) + 2e-4


def test_jacobian_is_all_products():
  gan = tiny.gan(tiny.mlp.Generator((2,), tiny.SHAPE), tiny.mlp.Discriminator((2,), jnp.tanh))
  whole = mapped(dynamics.jacobian, gan, jax.devices()[:1])
  for i in (0, 50, whole.shape[0] - 1):
    u = np.eye(whole.shape[0], dtype=np.float32)[i]
    np.testing.assert_allclose(whole[:, i], mapped(dynamics.product, gan, jax.devices()[:1],
                                                   u), atol=1e-5)


def test_pushforward_is_jvp():
  f = lambda x: jnp.stack([jnp.sin(x).sum(), (x ** 2).sum()])
  x, u = jnp.arange(3.), jnp.array([.3, -1., 2.])
  np.testing.assert_allclose(dynamics.pushforward(f, x)(u), jax.jvp(f, (x,), (u,))[1],
                             rtol=1e-6)


@pytest.mark.parametrize('seed', range(3))
def test_arnoldi_finds_the_outermost_and_all(seed):
  draw = np.random.default_rng(seed)
  A = draw.normal(size=(12, 12))
  exact = np.linalg.eigvals(A)
  all_, bounds = dynamics.arnoldi(lambda u: A @ u, 12, 12)
  gaps = np.abs(all_[:, None] - exact[None]).min(1)
  assert gaps.max() < 1e-3 and len(all_) == 12
  big = draw.normal(size=(300, 300)) / np.sqrt(300) + np.diag([5., -4.] + [0.] * 298)
  exact = np.linalg.eigvals(big)
  found, bounds = dynamics.arnoldi(lambda u: big @ u, 300, 40)
  outer = exact[np.argsort(-abs(exact))[:2]]
  assert np.abs(found[:2] - outer).max() < 1e-2 and bounds[0] < 1e-2 < bounds[-1]


def test_summary():
  found = dynamics.summary(np.array([-1 + 3j, -1 - 3j, .5, 1e-9j]))
  assert found == {'max_real': .5, 'max_imag_over_real': 3.}
