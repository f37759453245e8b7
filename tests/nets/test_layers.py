"""Layers that know of devices."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan.nets import layers


def mapped(layer, x, devices, train=True):
  def apply(x, key):
    y = layer.apply({}, x, train, rngs={'noise': key})
    return jax.lax.all_gather(y, axis.NAME, tiled=True)
  f = jax.shard_map(apply, mesh=parallel.mesh(devices), in_specs=(P('data'), P()),
                    out_specs=P(), check_vma=False)
  return np.asarray(jax.jit(f)(x, rng.root(0)))


def test_dropout_rate_scale_and_mean():
  y = mapped(layers.Dropout(.3), jnp.ones((64, 33, 31)), jax.devices()[:1])
  dropped = y == 0
  assert abs(dropped.mean() - .3) < .005
  np.testing.assert_allclose(y[~dropped], 1 / .7, rtol=1e-4)
  assert abs(np.corrcoef(dropped[0].ravel(), dropped[1].ravel())[0, 1]) < .1


def test_dropout_mask_is_the_same_on_any_number_of_devices():
  x = jnp.ones((8, 5, 3))
  one, four = (mapped(layers.Dropout(.5), x, jax.devices()[:n]) for n in (1, 4))
  np.testing.assert_array_equal(one, four)
  assert len({row.tobytes() for row in one}) == 8


@pytest.mark.parametrize('rate,train', [(.5, False), (0., True)])
def test_dropout_that_does_nothing(rate, train):
  x = jnp.arange(8.).reshape(8, 1)
  np.testing.assert_array_equal(mapped(layers.Dropout(rate), x, jax.devices(), train), x)


def test_leaky_relu():
  np.testing.assert_allclose(layers.leaky_relu(.2)(jnp.array([-2., 3.])), [-.4, 3.])


def test_batch_norm_is_flax_batch_norm():
  """Output, gradients and running averages, in training and after."""
  x = jnp.asarray(np.random.default_rng(0).normal(3, 2, (16, 3, 3, 5)), jnp.float32)
  ours = layers.BatchNorm(momentum=.9, epsilon=1e-3)
  theirs = nn.BatchNorm(momentum=.9, epsilon=1e-3, use_fast_variance=False)
  variables = ours.init(jax.random.key(0), x, True)

  def trained(apply):
    def loss(params, x):
      y, new = apply({**variables, 'params': params}, x)
      return jnp.sum(jnp.sin(y)), (y, new)
    return jax.value_and_grad(loss, (0, 1), has_aux=True)(variables['params'], x)

  def mapped(params, x):
    (_, (y, new)), grads = trained(lambda v, x: ours.apply(v, x, True, mutable=['batch_stats']))
    return (y, new), grads
  f = jax.shard_map(mapped, mesh=parallel.mesh(jax.devices()[:1]), in_specs=P(), out_specs=P(),
                    check_vma=False)
  got = f(variables['params'], x)
  (_, aux), grads = trained(lambda v, x: theirs.apply(v, x, use_running_average=False,
                                                      mutable=['batch_stats']))
  jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), got,
               (aux, grads))
  after = {**variables, **got[0][1]}
  np.testing.assert_allclose(ours.apply(after, x, False),
                             theirs.apply(after, x, use_running_average=True), rtol=1e-5)


def test_batch_norm_takes_the_whole_batch(devices):
  def apply(x):
    layer = layers.BatchNorm(momentum=.9, epsilon=0.)
    variables = layer.init(jax.random.key(0), x, True)
    y, _ = layer.apply(variables, x, True, mutable=['batch_stats'])
    return jax.lax.all_gather(y, axis.NAME, tiled=True)
  x = np.arange(8., dtype=np.float32)[:, None]
  f = jax.shard_map(apply, mesh=parallel.mesh(devices), in_specs=P('data'), out_specs=P(),
                    check_vma=False)
  np.testing.assert_allclose(f(x), (x - 3.5) / x.std(), rtol=1e-5)


def test_batch_norm_keeps_low_precision_low():
  x = jnp.ones((4, 2), jnp.bfloat16)
  layer = layers.BatchNorm(momentum=.9, epsilon=1e-3)
  assert layer.init_with_output(jax.random.key(0), x, False)[0].dtype == jnp.bfloat16


class Judge(nn.Module):
  """A spectrally normalised dense layer, its weight far from normal."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    dense = nn.Dense(5, kernel_init=lambda key, shape, dtype=jnp.float32: 3 * jax.random.normal(
        key, shape))
    h = layers.spectral(dense, train)(x.reshape(len(x), -1))
    return h[:, 0], {'h': h}


def test_spectral_norm_finds_the_largest_singular_value():
  x = jnp.eye(7)
  variables = Judge().init(jax.random.key(0), x, train=False)
  w = variables['params']['Dense_0']['kernel']
  for _ in range(50):
    (_, out), moved = Judge().apply(variables, x, train=True, mutable=['spectral'])
    variables = variables | moved
  np.testing.assert_allclose(out['h'], w / np.linalg.norm(w, 2), rtol=1e-3, atol=1e-4)


def test_spectral_norm_rests_outside_training():
  x = jnp.eye(7)
  variables = Judge().init(jax.random.key(0), x, train=False)
  seen = [Judge().apply(variables, x, train=False, mutable=['spectral']) for _ in range(2)]
  assert jax.tree.all(jax.tree.map(np.array_equal, seen[0], seen[1]))
  assert jax.tree.all(jax.tree.map(np.array_equal, seen[0][1]['spectral'],
                                   variables['spectral']))


def test_gaussian_noise_is_drawn_an_example_and_only_in_training():
  x = jnp.ones((8, 50, 20))
  one, four = (mapped(layers.GaussianNoise(.5), x, jax.devices()[:n]) for n in (1, 4))
  np.testing.assert_array_equal(one, four)
  np.testing.assert_allclose(((one - 1).mean(), one.std()), (0, .5), atol=.02)
  assert abs(np.corrcoef(one[0].ravel(), one[1].ravel())[0, 1]) < .1
  np.testing.assert_array_equal(mapped(layers.GaussianNoise(.5), x, jax.devices(), False), x)


@pytest.mark.parametrize('shape', [(2, 5, 3), (2, 5, 6, 3)])
def test_reflected_as_numpy_has_it(shape):
  x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
  pads = ((0, 0), *[(2, 2)] * (x.ndim - 2), (0, 0))
  np.testing.assert_array_equal(layers.reflected(x, 2), np.pad(x, pads, mode='reflect'))


def test_channels_become_pixels():
  """In PyTorch's order: channel c r^2 + i r + j is channel c of the pixel (i, j) of a block."""
  x = np.random.default_rng(0).normal(size=(2, 3, 4, 18)).astype(np.float32)
  y = layers.pixel_shuffle(x, 3)
  assert y.shape == (2, 9, 12, 2)
  for c in range(2):
    for i in range(3):
      for j in range(3):
        np.testing.assert_array_equal(y[:, i::3, j::3, c], x[..., c * 9 + i * 3 + j])


def test_a_gradient_is_reversed():
  f = lambda x: (layers.reversed_gradient(x, 3.) ** 2).sum()
  x = jnp.float32([1., -2.])
  assert f(x) == 5
  np.testing.assert_array_equal(jax.grad(f)(x), [-6., 12.])
