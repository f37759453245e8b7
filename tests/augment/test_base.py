"""Strengths that adapt."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan import gan as game
from jaxgan.augment import ada, base, diffaugment
from jaxgan.types import Batch


def updated(augment, memory, logits, devices):
  f = lambda logits, memory: axis.mean(augment.update(axis.vary(memory), logits))
  mapped = parallel.device_map(f, parallel.mesh(devices), (P('data'), P()))
  return mapped(logits, memory)


def test_adaptive_probability_by_hand(devices):
  """8 images a move, 2 moves an interval, 160 images from 0 to 1: steps of 1/10."""
  augment = base.adaptive(lambda keys, x, p: x, target=.5, images=160, interval=2)
  memory, found = augment.init(), []
  sure, torn = np.float32([3] * 7 + [-1]), np.float32([1, -1] * 4)  # E sign: .75 and 0
  for logits in (sure, sure, sure, sure, torn, torn, torn, torn, torn, torn, torn, sure):
    memory = updated(augment, memory, logits, devices)
    found.append(float(memory[0]))
  np.testing.assert_allclose(found, [0, .1, .1, .2, .2, .1, .1, 0, 0, 0, 0, 0], atol=1e-6)
  assert updated(augment, (jnp.float32(1), *memory[1:]), sure, devices)[0] <= 1


def test_adaptive_probability_by_maps_of_logits(devices):
  """E sign is the mean over maps of a map's mean: here of .5 and -.75."""
  maps = [np.float32([[[1, 1], [1, -1]]] * 8), np.float32([-1] * 7 + [1])]
  for target, expected in ((-.2, .05), (-.1, 0.)):
    augment = base.adaptive(lambda keys, x, p: x, target=target, images=160, interval=1)
    found = updated(augment, augment.init(), maps, devices)
    np.testing.assert_allclose(found, [expected, 0, 0], atol=1e-6)


def test_instance_noise_is_of_every_leaf_and_of_its_own():
  x = {'a': np.zeros((64, 8, 8), np.float32), 'b': np.zeros((64, 8, 8), np.float32)}
  keys = rng.per_example(rng.root(0), np.arange(64))
  noise = base.instance_noise(lambda n: .5).apply(keys, x, 0.)
  for a in noise.values():
    np.testing.assert_allclose(a.std(), .5, rtol=.05)
  assert abs(np.corrcoef(noise['a'].ravel(), noise['b'].ravel())[0, 1]) < .05


def test_instance_noise_counts_the_moves():
  augment = base.instance_noise(lambda n: jnp.maximum(1 - n / 4, 0))
  keys = rng.per_example(rng.root(0), np.arange(64))
  x = np.zeros((64, 8, 8, 1), np.float32)
  np.testing.assert_allclose(augment.apply(keys, x, 1.).std(), .75, rtol=.05)
  assert augment.apply(keys, x, 4.).std() == 0
  assert augment.update(jnp.float32(2), None) == 3
  assert augment.read(1.) == {'instance_noise': .75}


def test_scheduled_probability_follows_the_moves():
  augment = base.scheduled(lambda keys, x, p: x + p, lambda n: n / 10)
  assert augment.apply(None, 1., augment.update(jnp.float32(2), None)) == 1 + np.float32(.3)
  assert augment.init() == 0 and augment.read(5) == {'augment_p': .5}


@pytest.mark.slow
def test_in_a_game_one_and_four_devices_agree():
  """What D sees does not depend on the devices; p moves with D's moves alone."""
  for augment in (base.adaptive(ada.bgc, images=64., interval=1, target=-1.),
                  base.fixed(diffaugment.of(diffaugment.translation)),
                  base.instance_noise(lambda n: .1)):
    gan = tiny.mlp_gan(augment=augment, g_tx=optax.sgd(.01), d_tx=optax.sgd(.01))
    one, four = (tiny.trained(gan, jax.devices()[:n], n=2)[0] for n in (1, 4))
    assert tiny.furthest(one, four) < 2e-4
  p = tiny.trained(tiny.mlp_gan(augment=base.adaptive(ada.bgc, images=64., interval=1,
                                                      target=-1.)), jax.devices()[:1], n=3)
  np.testing.assert_allclose(p[0].memory['augment'][0], 3 * 8 / 64)
  np.testing.assert_allclose(p[1]['d/augment_p'], 2 * 8 / 64, err_msg='as D has seen it')


class Same(nn.Module):
  """Gives what it is told."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    return self.param('scale', nn.initializers.ones, ()) * c


class Different(nn.Module):
  """A logit: how far x is from what D is told."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    scale = self.param('scale', nn.initializers.ones, ())
    return scale * jnp.abs(x - c).mean((1, 2, 3)), {}


@pytest.mark.parametrize('augment, pairs', [
    (base.fixed(diffaugment.of(diffaugment.translation, diffaugment.cutout)), False),
    (base.together(base.fixed(diffaugment.of(diffaugment.translation, diffaugment.cutout))),
     True),
    (base.together(base.scheduled(lambda keys, x, p: x[:, ::-1], lambda n: 1.)), True)])
def test_pairs_stay_pairs(devices, augment, pairs):
  """What D is told is moved as what it sees: of reals, of fakes, where a loss asks again."""
  x = np.random.default_rng(0).normal(size=(8, *tiny.SHAPE)).astype(np.float32)
  made, batch = tiny.gan(Same(), Different(), augment=augment), Batch(x, x)

  def f(batch, key):
    state = game.init(made, batch, key)
    round, _ = game.play(made, axis.vary(state), batch, key)
    logits = jnp.stack([round.on_real[0], round.D(*batch)[0], round.on_fake[0]])
    return axis.mean(jnp.abs(logits).mean(1))
  apart = parallel.device_map(f, parallel.mesh(devices), (P('data'), P()))(batch, rng.root(0))
  assert (apart == 0).all() if pairs else (apart > .05).all()
