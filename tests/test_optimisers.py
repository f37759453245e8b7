"""Transformations of updates, by hand."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny

from jaxgan import optimisers
from jaxgan.gan import half_life

PARAMS = {'Conv_0': {'kernel': jnp.arange(24.).reshape(2, 3, 4) / 10, 'bias': jnp.ones(4)},
          'Conv_1': {'kernel': jnp.ones((3, 2))}}


def stepped(tx, params=PARAMS, grads=None):
  grads = jax.tree.map(jnp.ones_like, params) if grads is None else grads
  updates, _ = tx.update(grads, tx.init(params), params)
  return optax.apply_updates(params, updates)


def test_weights_are_clipped_after_the_update():
  found = stepped(optax.chain(optax.sgd(.5), optimisers.clipped_weights(.7)))
  for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(PARAMS)):
    np.testing.assert_allclose(a, np.clip(b - .5, -.7, .7), atol=1e-6)


def test_orthogonal_regularisation_is_the_papers_gradient():
  """4 strength W (W^T W * (1 - I)) for each matrix; none for biases."""
  zero = jax.tree.map(jnp.zeros_like, PARAMS)
  found = stepped(optax.chain(optimisers.orthogonal(.1), optax.sgd(1.)), grads=zero)
  for name in PARAMS:
    w = np.asarray(PARAMS[name]['kernel'])
    W = w.reshape(-1, w.shape[-1])
    gram = W.T @ W * (1 - np.eye(W.shape[1]))
    np.testing.assert_allclose(w - found[name]['kernel'], (.4 * W @ gram).reshape(w.shape),
                               rtol=1e-4)
  np.testing.assert_array_equal(found['Conv_0']['bias'], PARAMS['Conv_0']['bias'])


def test_frozen_layers_stay():
  found = stepped(optimisers.frozen(optax.adam(.1), ['Conv_0']))
  assert tiny.same(found['Conv_0'], PARAMS['Conv_0'])
  assert tiny.furthest(found['Conv_1'], PARAMS['Conv_1']) > .09
  found = stepped(optimisers.frozen(optax.sgd(.1), ['Conv_0/bias']))
  assert tiny.furthest(found['Conv_0'], PARAMS['Conv_0']) > .09
  with pytest.raises(ValueError, match="'Conv': .*Conv_0/bias"):
    optimisers.frozen(optax.sgd(.1), ['Conv']).init(PARAMS)


def test_schedules_in_images():
  schedule = optimisers.in_images(optax.linear_schedule(1., 0., 1000), batch=50)
  np.testing.assert_allclose([schedule(0), schedule(10), schedule(40)], [1, .5, 0])


def test_half_life_of_the_average():
  """After so many images, an old value counts half; ramped up, sooner at first."""
  decay = half_life(1000., batch=100)
  np.testing.assert_allclose(float(decay(7)) ** 10, .5, rtol=1e-6)
  ramped = half_life(1000., batch=100, ramp=.05)
  assert float(ramped(0)) == 0
  np.testing.assert_allclose(ramped(40), .5 ** (100 / 200), rtol=1e-6)
  np.testing.assert_allclose(ramped(10_000), decay(0), rtol=1e-6)


@pytest.mark.parametrize('tx', [
    optax.chain(optax.rmsprop(5e-5), optimisers.clipped_weights(.01)),
    optax.MultiSteps(optax.adam(1e-3), 2), optax.optimistic_adam_v2(1e-3),
    optax.chain(optimisers.orthogonal(1e-4), optax.clip_by_global_norm(1.), optax.adam(1e-3))])
def test_in_a_game(tx):
  state, _ = tiny.trained(tiny.conv_gan(d_tx=tx), jax.devices(), n=4)
  first = tiny.initial(tiny.conv_gan(), jax.devices()[:1])
  assert tiny.furthest(state.d.params, first.d.params) > 1e-5


def test_half_life_can_follow_a_schedule():
  decay = half_life(lambda step: 1000. * step, batch=100)
  expected = [0, .5 ** .1, .5 ** .05]
  np.testing.assert_allclose([decay(n) for n in range(3)], expected, atol=1e-6)


def test_cosine():
  at = optimisers.cosine(2., .5, 10)
  np.testing.assert_allclose([at(0), at(5), at(10), at(99)], [2, 1.25, .5, .5], rtol=1e-6)


def test_lazy_adam_is_adam_with_slower_rates():
  grads = jax.tree.map(lambda a: .3 * jnp.ones_like(a), PARAMS)
  lazy, plain = (stepped(tx, grads=grads) for tx in (
      optimisers.lazy_adam(.1, 4), optax.adam(.08, 0., .99 ** .8)))
  assert tiny.furthest(lazy, plain) < 1e-7
