"""Private gradients: clipping, noise, and what they cost."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.losses import adversarial
from jaxgan.rules import private
from jaxgan.types import Batch


@pytest.mark.parametrize('share,noise,moves,delta,expected', [
    (.01, 1.1, 1000, 1e-5, 1.7252908180449444),
    (64 / 60000, 1., 9375, 1e-5, .8034885852810143),
    (.001, .7, 60000, 1e-6, 3.858190922446153),
    (.1, 4., 100, 1e-3, .7266109141206296)])
def test_epsilon_is_dp_accountings(share, noise, moves, delta, expected):
  """dp-accounting 0.6.0, RdpAccountant with orders 2 to 256, Poisson-sampled Gaussian."""
  assert private.epsilon(share, noise, delta, moves) == pytest.approx(expected, rel=1e-9)


def test_the_log_shows_what_is_spent():
  loss = private.accountant(.01, 1.1, 1e-5, d_steps=2)
  class R:
    step = jnp.int32(499)
  assert float(loss.read(R, ())['epsilon']) == pytest.approx(1.72529, rel=1e-4)


def one_step(gan, devices, batch):
  state = tiny.initial(gan, devices)
  step = parallel.device_map(
      lambda state, batch, key: game.train_step(gan, state, batch, key),
      parallel.mesh(devices), (P(), P(None, 'data'), P()))
  after, _ = step(state, batch, rng.root(3))
  return jax.tree.map(np.asarray, (state.d.params, after.d.params))


def by_hand(gan, batch, clip):
  """Each example's gradient as that of a batch of one, with the z that it has in the batch."""
  devices = jax.devices()[:1]
  state = tiny.initial(gan, devices)
  key = rng.named(jax.random.fold_in(rng.root(3), 0), 'd0')
  z, _ = gan.prior(rng.per_example(rng.named(key, 'z'), jnp.arange(8)), Batch(None))
  total = jax.tree.map(jnp.zeros_like, state.d.params)
  for i in range(8):
    fixed = game.GAN(**vars(gan) | {'prior': lambda keys, b, i=i: (z[i:i + 1], None)})
    f = lambda state, x, gan=fixed: game.axis.mean(game.gradients(
        gan, game.axis.vary(state), Batch(x), key, 'd').grads)
    mapped = parallel.device_map(f, parallel.mesh(devices), (P(), P('data')))
    grads = mapped(state, batch.x[0, i:i + 1])
    scale = min(1, clip / float(optax.tree.norm(grads)))
    total = jax.tree.map(lambda t, g: t + scale * g / 8, total, grads)
  return total


@pytest.mark.parametrize('clip', [.05, 1e3])
def test_each_examples_gradient_is_clipped(clip, devices):
  gan = tiny.mlp_gan(order=private.private(clip, noise=0.), d_tx=optax.sgd(1.),
                     g_tx=optax.sgd(0.))
  batch = jax.tree.map(lambda a: a[0], tiny.batches(1))
  before, after = one_step(gan, devices, batch)
  expected = jax.tree.map(lambda a, g: a - g, before, by_hand(gan, batch, clip))
  assert tiny.furthest(after, expected) < 1e-6
  if clip > 1:  # nothing is clipped: the plain gradient, of another z
    assert tiny.furthest(before, after) > .01


def test_noise_has_the_size_that_is_accounted_for(devices):
  """lr 1: the step differs from the noiseless one by N(0, (noise clip / B)^2)."""
  how = dict(d_tx=optax.sgd(1.), g_tx=optax.sgd(0.))
  batch = jax.tree.map(lambda a: a[0], tiny.batches(1))
  still, moved = (one_step(tiny.mlp_gan(order=private.private(.5, noise), **how), devices,
                           batch)[1] for noise in (0., 3.))
  noise = np.concatenate([(a - b).ravel() for a, b in zip(jax.tree.leaves(still),
                                                          jax.tree.leaves(moved))])
  np.testing.assert_allclose(noise.std(), 3 * .5 / 8, rtol=.1)
  assert abs(noise.mean()) < .03 and len(np.unique(noise.round(6))) > 500


def test_one_example_moves_d_by_at_most_its_share():
  """The bound that privacy rests on: 2 clip / B in norm, whatever the example."""
  gan = tiny.mlp_gan(order=private.private(.1, noise=0.), d_tx=optax.sgd(1.),
                     g_tx=optax.sgd(0.))
  batch = jax.tree.map(lambda a: a[0], tiny.batches(1))
  other = Batch(batch.x.copy())
  other.x[0, 3] = 50
  steps = [one_step(gan, jax.devices()[:1], b)[1] for b in (batch, other)]
  apart = float(optax.tree.norm(jax.tree.map(jnp.subtract, *steps)))
  assert .001 < apart <= 2 * .1 / 8 + 1e-6


def test_each_array_has_noise_of_its_own(devices):
  """A bias and a kernel of eight numbers each."""
  how = dict(d_tx=optax.sgd(1.), g_tx=optax.sgd(0.))
  batch = jax.tree.map(lambda a: a[0], tiny.batches(1))
  noisy, plain = (one_step(tiny.mlp_gan(**how | {'order': private.private(.5, noise)}), devices,
                           batch)[1] for noise in (3., 0.))
  noise = [(a - b).ravel() for a, b in zip(jax.tree.leaves(noisy), jax.tree.leaves(plain))]
  eight = [a for a in noise if a.size == 8]
  assert len(eight) == 2 and np.abs(eight[0] - eight[1]).max() > .01


def test_g_sees_no_real_example(devices):
  """Its loss compares with real logits; they are those of blank images, whatever the data."""
  gan = tiny.mlp_gan(order=private.private(.5, 0.), loss=adversarial.relativistic(),
                     d_tx=optax.sgd(0.))
  step = parallel.device_map(
      lambda state, batch, key: game.train_step(gan, state, batch, key),
      parallel.mesh(devices), (P(), P(None, 'data'), P()))
  start = tiny.initial(gan, devices)
  one = jax.tree.map(lambda a: a[0], tiny.batches(1))
  after = [step(start, batch, rng.root(3))[0].g.params
           for batch in (one, jax.tree.map(lambda a: -3 * a, one))]
  assert tiny.same(*after) and not tiny.same(after[0], start.g.params)
