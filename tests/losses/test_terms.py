"""Every term as part of a game: 1 and 4 devices agree, the rival is still, bfloat16 is near."""
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import rounds
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, priors, rng
from jaxgan.augment import base
from jaxgan.losses import (
  adversarial,
  auxiliary,
  consistency,
  contrastive,
  history,
  lecam,
  path_length,
  penalties,
)
from jaxgan.losses.base import Loss, every, of_d
from jaxgan.nets import heads, layers
from jaxgan.types import Batch

K = 3
NS = adversarial.non_saturating()
shift = lambda keys, x: x + .1 * jax.vmap(
    lambda key: jax.random.normal(key, x.shape[1:]))(keys).astype(x.dtype)
GAMES = {
    'least_squares': adversarial.least_squares(),
    'hinge': adversarial.hinge(),
    'wasserstein': adversarial.wasserstein(),
    'relativistic': adversarial.relativistic(),
    'relativistic_average': adversarial.relativistic_average(),
    'smoothed': adversarial.non_saturating(smoothing=.1),
    'energy_based': adversarial.energy_based(.5),
    'boundary_equilibrium': adversarial.boundary_equilibrium(),
    'pooled': history.pooled(NS, 16, Batch(jax.ShapeDtypeStruct(tiny.SHAPE, jnp.float32),
                                           jax.ShapeDtypeStruct((), jnp.int32))),
    'top_k': adversarial.top_k(lambda step: .5, NS),
    'gradient_penalty': NS + penalties.gradient_penalty(10.),
    'dragan': NS + penalties.dragan(10.),
    'r1': NS + penalties.r1(2.),
    'r2': NS + penalties.r2(2.),
    'lazy r1': NS + every(2, penalties.r1(2.)),
    'lecam': NS + lecam.lecam(.3),
    'consistency': NS + consistency.consistency(10., shift),
    'balanced_consistency': NS + consistency.balanced_consistency(10., 5., shift),
    'latent_consistency': NS + consistency.latent_consistency(5., .5),
    'drift': NS + penalties.drift(.1),
    'path_length': NS + path_length.path_length(2.),
    'auxiliary_classifier': NS + auxiliary.auxiliary_classifier(),
    'multi_hinge': auxiliary.multi_hinge(),
    'feature_matching': of_d(NS) + auxiliary.feature_matching(),
    'mutual_information': NS + auxiliary.mutual_information(K, 2),
    'contrastive_2c': NS + contrastive.contrastive_2c(),
    'data_to_data': NS + contrastive.data_to_data(),
}


class Judge(nn.Module):
  """A critic that says all that any loss asks for, without batch norm."""
  dtype: object = jnp.float32

  @nn.compact
  def __call__(self, x, c=None, *, train):
    h = nn.tanh(nn.Dense(8, dtype=self.dtype)(x.reshape(len(x), -1)))
    dense = lambda n, use_bias=True: nn.Dense(n, use_bias, dtype=self.dtype)
    logits, out = heads.embedding(K, 4)(h, c, dense)
    for head in (heads.classifier(K), heads.codes(K, 2, 4)):
      out |= head(h, c, dense)[1]
    return logits, {'features': h, **out}


class Maker(nn.Module):
  """A G with batch norm and a smooth activation."""
  dtype: object = jnp.float32

  @nn.compact
  def __call__(self, z, c=None, *, train):
    h = nn.Dense(8, dtype=self.dtype)(jnp.concatenate([z, jax.nn.one_hot(c, K)], 1))
    h = nn.tanh(layers.BatchNorm(momentum=.9, epsilon=1e-3)(h, train))
    return nn.tanh(nn.Dense(64, dtype=self.dtype)(h)).reshape(-1, *tiny.SHAPE)


def gan(loss, dtype=jnp.float32):
  return game.GAN(Maker(dtype), Judge(dtype), priors.codes(K, 2, 4), loss, optax.sgd(.02),
                  optax.sgd(.02), ema=lambda step: .9)


BATCH = Batch(tiny.batches(1).x[0, 0], np.arange(8) % K)


def moved(gan, devices):
  """The state before, and after D's and then G's move, with the terms of both."""
  def f(batch, key):
    before = game.init(gan, BATCH, key)
    state, d = game.update(gan, before, batch, key, 'd')
    after, g = game.update(gan, state, batch, key, 'g')
    return before, state, after, d | g
  mapped = parallel.device_map(f, parallel.mesh(devices), (P('data'), P()))
  return jax.tree.map(np.asarray, mapped(BATCH, rng.root(1)))


def said(gan):
  """The terms of a round, of both players, without anybody's move."""
  def f(batch, key):
    here = game.axis.vary(game.init(gan, batch, key))
    round, _ = gan.play(gan, here, batch, key)
    found = {role: getattr(gan.loss, role)(round, here.memory['loss'])[0] for role in 'dg'}
    return game.axis.mean(game.prefixed('d', found['d']) | game.prefixed('g', found['g']))
  mapped = parallel.device_map(f, parallel.mesh(jax.devices()[:1]), (P('data'), P()))
  return jax.tree.map(np.asarray, mapped(BATCH, rng.root(1)))


# What devices exchange, remember, or differentiate twice:
QUICK = ['relativistic_average', 'boundary_equilibrium', 'top_k', 'r1', 'lecam', 'path_length']


@pytest.mark.parametrize('name', tiny.slow_but(QUICK, GAMES))
def test_one_and_four_devices_agree_and_the_rival_is_still(name):
  one, four = (moved(gan(GAMES[name]), jax.devices()[:n]) for n in (1, 4))
  assert tiny.furthest(one, four) < 2e-5
  before, middle, after, terms = one
  assert tiny.same(before.g, middle.g) and tiny.same(middle.d, after.d)
  assert all(np.isfinite(value) for value in terms.values()), terms
  kinds = {kind: tiny.furthest(a, b) for kind, a, b in (
      ('d', before.d.params, after.d.params), ('g', before.g.params, after.g.params))}
  assert min(kinds.values()) > 1e-6, kinds


class Patches(nn.Module):
  """A critic of patches at two scales: a map and a logit an example."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    h = nn.tanh(nn.Conv(4, (3, 3), (2, 2))(x))
    fine, coarse = nn.Conv(1, (3, 3))(h)[..., 0], nn.Dense(1)(h.reshape(len(h), -1))[:, 0]
    return [fine, coarse], {}


@pytest.mark.parametrize('name', tiny.slow_but(['top_k', 'r1', 'lecam'], [
    'relativistic_average', 'boundary_equilibrium', 'top_k', 'r1', 'lecam',
    'balanced_consistency', 'latent_consistency', 'drift']))
def test_logits_may_be_maps_in_a_list(name):
  of = lambda loss: dataclasses.replace(gan(loss), discriminator=Patches(),
                                        augment=base.adaptive(lambda keys, x, p: x))
  one, four = (moved(of(GAMES[name]), jax.devices()[:n]) for n in (1, 4))
  assert tiny.furthest(one, four) < 2e-5
  assert all(np.isfinite(value) for value in one[-1].values())


MAPS = [np.arange(18, dtype=np.float32).reshape(2, 3, 3), np.float32([1, -3])]
FAKES = [-MAPS[0], MAPS[1] + 1]


def on_maps(objective, memory=()):
  """An objective of these real and fake logits -> (its terms, its next memory)."""
  return rounds.terms(objective, memory, on_real=(MAPS, {}), on_fake=(FAKES, {}))


def test_the_values_of_maps():
  """By hand: means over a leaf's elements, added over leaves. Means 8.5 and -1 of the real,
  -8.5 and 0 of the fake ones; of squares (0 + .. + 17^2) / 18 = 99.1667 and 5."""
  terms, _ = on_maps(penalties.drift(2.).d)
  np.testing.assert_allclose(terms['drift'], 2 * (1785 / 18 + 5), rtol=1e-6)
  began = adversarial.boundary_equilibrium(.5, rate=.01)
  terms, k = on_maps(began.d, jnp.float32(.5))
  np.testing.assert_allclose(terms['adversarial'], -7.5 - .5 * 8.5, rtol=1e-6)
  np.testing.assert_allclose(k, .5 + .01 * (.5 * -7.5 - 8.5), rtol=1e-6)
  assert on_maps(began.g, jnp.float32(.5))[0]['adversarial'] == 8.5
  terms, after = on_maps(lecam.lecam(3., .9).d, (jnp.float32(1.), jnp.float32(2.)))
  far = sum(((a - 2) ** 2).mean() for a in MAPS) + sum(((a - 1) ** 2).mean() for a in FAKES)
  np.testing.assert_allclose(terms['lecam'], 3 * far, rtol=1e-6)
  np.testing.assert_allclose(after, (.9 + .1 * 3.75, 1.8 + .1 * -4.25), rtol=1e-6)


def test_the_best_examples_of_maps():
  """The second fake has means -13 and -2, the first -4 and 2: it is the one that counts."""
  of = adversarial.top_k(lambda step: .5, adversarial.wasserstein())
  assert on_maps(of.g)[0]['adversarial'] == -(-4 + 2)
  one = [a[:1] for a in FAKES]
  assert [leaf.mean() for leaf in one] == [-4, 2]


@pytest.mark.parametrize('logits,p', [
    ([np.float32([[3, 2], [1, -1]]), np.float32([1, 1])], .1), (np.float32([-1, 1]), 0.)])
def test_ada_follows_the_signs_of_all_leaves(logits, p):
  """Means of signs 1/2 and 1: .75 is above .6."""
  augment = base.adaptive(lambda keys, x, p: x, target=.6, images=20., interval=1)
  def f(_):
    return game.axis.mean(augment.update(game.axis.vary(augment.init()), logits))
  mapped = parallel.device_map(f, parallel.mesh(jax.devices()[:1]), (P('data'),))
  np.testing.assert_allclose(mapped(np.zeros(1))[0], p)


@pytest.mark.parametrize('name', tiny.slow_but(QUICK, GAMES))
def test_low_precision_is_near(name):
  terms, low = (said(gan(GAMES[name], dtype)) for dtype in (jnp.float32, jnp.bfloat16))
  for term, value in terms.items():
    assert low[term].dtype == value.dtype
    if np.issubdtype(value.dtype, np.floating):
      np.testing.assert_allclose(low[term], value, rtol=.05, atol=.01, err_msg=term)


def test_every_loss_is_here():
  """A loss that is written is tested in a game."""
  written = {name for module in (adversarial, auxiliary, consistency, contrastive, lecam,
                                 path_length, penalties)
             for name, f in vars(module).items()
             if getattr(f, '__module__', '') == module.__name__
             and getattr(f, '__annotations__', {}).get('return') is Loss}
  elsewhere = {'adversarial', 'minimax', 'non_saturating', 'labelled_examples', 'conditional'}
  assert written - elsewhere <= GAMES.keys()
