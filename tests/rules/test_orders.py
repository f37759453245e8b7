"""Orders of moves on games that can be played by hand.

theta and psi are G(z) = theta and D(x) = psi x, the data the point 0: v = (psi, -theta).
"""
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.losses.adversarial import adversarial
from jaxgan.losses.base import Loss
from jaxgan.rules.extragradient import extragradient
from jaxgan.rules.resting import alternating, wgan
from jaxgan.rules.unrolled import unrolled


class Point(nn.Module):
  """G(z) = theta."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    return jnp.full_like(z, self.param('theta', nn.initializers.constant(2.), ()))


class Slope(nn.Module):
  """D(x) = psi x."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    return self.param('psi', nn.initializers.constant(3.), ()) * x[:, 0, 0, 0], {}


WEIGHT = Loss(d=lambda r, m: ({'weight': r.D(jax.tree.map(jnp.ones_like, r.real).x, None)[
    0].mean() ** 2 / 2}, m))  # psi^2 / 2


def bilinear(**changes):
  """D minimises psi theta - psi x, G -psi theta, on data of any x."""
  loss = adversarial(d=lambda real, fake: fake - real, g=lambda real, fake: -fake)
  prior = lambda keys, batch: (jnp.zeros((len(keys), *tiny.SHAPE)), None)
  how = dict(loss=loss, ema=lambda step: .75) | changes
  return game.GAN(Point(), Slope(), prior, g_tx=optax.sgd(.1), d_tx=optax.sgd(.1), **how)


def found(gan, devices, n):
  state, _ = tiny.trained(gan, devices, n=n)
  return float(state.g.params['theta']), float(state.d.params['psi']), state


def data(n):
  return tiny.batches(n).x[:, 0, :, 0, 0, 0].mean(1)


def test_extragradient_by_hand(devices):
  theta, psi = 2., 3.
  for x in data(3):
    ahead = theta + .1 * psi, psi - .1 * (theta - x)
    theta, psi = theta + .1 * ahead[1], psi - .1 * (ahead[0] - x)
  got = found(bilinear(order=extragradient), devices, 3)
  np.testing.assert_allclose(got[:2], (theta, psi), rtol=1e-5)


def test_extragradient_comes_to_rest_where_simultaneous_play_runs_away():
  """A rotation: |1 - h^2 + ih| < 1 < |1 + ih|."""
  at_zero = adversarial(d=lambda real, fake: fake, g=lambda real, fake: -fake)
  radius = {order: np.hypot(*found(bilinear(order=order, loss=at_zero), jax.devices()[:1],
                                   150)[:2]) for order in (extragradient, game.simultaneous)}
  start = np.hypot(2, 3)
  np.testing.assert_allclose(radius[game.simultaneous], start * 1.01 ** 75, rtol=1e-3)
  np.testing.assert_allclose(radius[extragradient], start * (.99 ** 2 + .01) ** 75, rtol=1e-3)


@pytest.mark.parametrize('k', [0, 1, 3])
def test_unrolled_by_hand(k, devices):
  """With D's loss psi (theta - x) + psi^2 / 2, each unrolled move makes psi .9 psi - .1 (theta
  - x), so that -psi_k theta has the slope -psi_k + .1 theta (1 + .9 + ..) in theta."""
  gan = bilinear(order=unrolled(k))
  gan = dataclasses.replace(gan, loss=gan.loss + WEIGHT)
  theta, psi = 2., 3.
  for x in data(2):
    psi = .9 * psi - .1 * (theta - x)
    ahead, slope = psi, 0.
    for _ in range(k):
      ahead, slope = .9 * ahead - .1 * (theta - x), .9 * slope - .1
    theta += .1 * (ahead + slope * theta)
  got = found(gan, devices, 2)
  np.testing.assert_allclose(got[:2], (theta, psi), rtol=1e-5)


def test_without_answers_unrolling_is_alternating():
  adam = dict(g_tx=optax.adam(1e-2), d_tx=optax.adam(1e-2), d_steps=2)
  a, b = (tiny.trained(tiny.conv_gan(order=order, **adam), jax.devices()[:1])[0]
          for order in (game.alternating, unrolled(0)))
  assert tiny.furthest(a, b) < 1e-6


@pytest.mark.slow
def test_unrolling_through_adam_and_convolutions():
  gan = tiny.conv_gan(order=unrolled(1), d_tx=optax.adam(1e-3), g_tx=optax.sgd(.01))
  one, four = (tiny.trained(gan, jax.devices()[:n], n=1)[0] for n in (1, 4))
  assert tiny.furthest(one.g.params, four.g.params) < 1e-4
  plain = tiny.trained(dataclasses.replace(gan, order=game.alternating), jax.devices()[:1],
                       n=1)[0]
  assert tiny.furthest(one.g.params, plain.g.params) > 1e-5, 'G sees the answers'
  assert tiny.furthest(one.d.params, plain.d.params) < 1e-6, 'which are forgotten'


def test_g_rests_and_d_does_not(devices):
  gan = bilinear(order=alternating(lambda step: step != 1))
  theta, psi = 2., 3.
  for step, x in enumerate(data(3)):
    psi -= .1 * (theta - x)
    theta += .1 * psi * (step == 1)
  got = found(gan, devices, 3)
  np.testing.assert_allclose(got[:2], (theta, psi), rtol=1e-5)


def test_wgans_schedule():
  """100 moves of D before each of G's first 25 and every 500th move, 5 before the others."""
  moves, since = [], 0
  for step in range(3000):
    since += 5
    if not wgan(step):
      moves.append(since)
      since = 0
  assert moves == [100 if i < 25 or i % 500 == 0 else 5 for i in range(len(moves))]


def test_extragradient_looks_ahead_with_other_noise():
  """G's gradient is the mean of z, wherever the players stand, and its optimiser adds up what
  it is given: from one noise twice it would move twice as far as by a simultaneous step."""
  loss = Loss(g=lambda r, m: ({'z': r.z.mean() * r.fake.x.mean()}, m),
              d=lambda r, m: ({'none': 0 * r.on_real[0].mean()}, m))
  prior = lambda keys, batch: (jax.vmap(lambda key: jax.random.normal(key, tiny.SHAPE))(keys),
                               None)
  far = {}
  for order in (extragradient, game.simultaneous):
    gan = dataclasses.replace(bilinear(order=order, loss=loss), prior=prior,
                              g_tx=optax.trace(1.))
    far[order] = found(gan, jax.devices()[:1], 1)[0] - 2
  assert abs(far[game.simultaneous]) > 1e-3
  assert abs(far[extragradient] - 2 * far[game.simultaneous]) > 1e-4


class Shifted(nn.Module):
  """G(z) = theta + z."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    return self.param('theta', nn.initializers.constant(2.), ()) + z


def test_each_answer_of_unrolling_has_noise_of_its_own():
  """psi_k = psi_(k-1) - .1 (theta + mean z_k - x), each of D's answers on a z of its own; G
  moves by psi_2 and by its slope -.2 in theta, at its own z."""
  gan = dataclasses.replace(
      bilinear(order=unrolled(2)), generator=Shifted(),
      prior=lambda keys, batch: (jax.vmap(
          lambda key: jax.random.normal(key, (1, 1, 1)) * jnp.ones(tiny.SHAPE))(keys), None))
  step = jax.random.fold_in(rng.root(0), 0)
  at = lambda key: float(gan.prior(rng.per_example(rng.named(key, 'z'), np.arange(8)), None)[
      0][:, 0, 0, 0].mean())
  g_key, theta, x = rng.named(step, 'g'), 2., data(1)[0]
  psi = 3 - .1 * (theta + at(rng.named(step, 'd0')) - x)
  ahead = psi
  for i in range(2):
    ahead -= .1 * (theta + at(jax.random.fold_in(g_key, i)) - x)
  moved = theta + .1 * (ahead - .2 * (theta + at(g_key)))
  np.testing.assert_allclose(found(gan, jax.devices()[:1], 1)[:2], (moved, psi), rtol=1e-5)


@pytest.mark.parametrize('order', [unrolled(1), alternating(lambda step: step < 0)])
def test_memories_and_statistics_of_both_go_on(order):
  """D's move counts 1, G's 10, whatever G looks ahead at; the rest is the plain game's."""
  none = lambda r: {'none': 0 * r.on_fake[0].mean()}
  count = Loss(d=lambda r, m: (none(r), m + 1), g=lambda r, m: (none(r), m + 10),
               init=lambda: jnp.zeros(()))
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + count, order=order)
  assert tiny.trained(gan, jax.devices()[:1], n=2)[0].memory['loss'][1] == 22
