"""GANs small enough to test with, and one way to run them."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, priors, rng
from jaxgan.losses import adversarial
from jaxgan.nets import dcgan, layers, mlp
from jaxgan.nets.conv import Conv
from jaxgan.types import Batch

SHAPE = (8, 8, 1)


class NormedDiscriminator(nn.Module):
  """Convolution, batch norm and dropout: all that knows of devices, in one network."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    x = Conv(4, 3, stride=2, use_bias=False)(x)
    x = layers.BatchNorm(momentum=.9, epsilon=1e-5)(x, train)
    x = layers.Dropout(.3)(layers.leaky_relu(.2)(x), train)
    return nn.Dense(1)(x.reshape(x.shape[0], -1))[:, 0], {}


def mlp_gan(**changes) -> game.GAN:
  return gan(mlp.Generator((8,), SHAPE), mlp.Discriminator((8,), layers.leaky_relu(.2)),
             **changes)


def conv_gan(**changes) -> game.GAN:
  return gan(dcgan.Generator(SHAPE, widths=(4, 4), kernel=3), NormedDiscriminator(),
             **changes)


def gan(generator, discriminator, **changes) -> game.GAN:
  how = dict(prior=priors.normal(4), loss=adversarial.non_saturating(),
             g_tx=optax.sgd(.05), d_tx=optax.sgd(.05), ema=lambda step: .9)
  return game.GAN(generator, discriminator, **(how | changes))


GANS = {'mlp': mlp_gan, 'conv': conv_gan}


def batches(steps=3, d_steps=1, batch=8, shape=SHAPE) -> Batch:
  draw = np.random.default_rng(0).uniform(-1, 1, (steps, d_steps, batch, *shape))
  return Batch(draw.astype(np.float32))


def initial(gan, devices, seed=0):
  init = parallel.device_map(functools.partial(game.init, gan), parallel.mesh(devices),
                             (P(), P()))
  return init(Batch(jnp.zeros((2, *SHAPE))), rng.root(seed))


def steps(gan, devices, kind='shard_map'):
  """-> advance(state, batches, n, key)."""
  f = functools.partial(game.train_steps, gan, lambda batch: batch)
  return parallel.device_map(f, parallel.mesh(devices),
                             (P(), parallel.BATCHES, P(), P()), kind)


def trained(gan, devices, n=3, kind='shard_map', seed=0):
  """The state and the last terms after n steps, as NumPy."""
  data = batches(n, gan.batches)
  found = steps(gan, devices, kind)(initial(gan, devices, seed), data, np.int32(n),
                                    rng.root(seed))
  return jax.tree.map(np.asarray, found)


def updated(gan, role, devices=None):
  """The state before and after one player's move."""
  devices = devices or jax.devices()[:1]
  f = lambda state, batch, key: game.update(gan, state, batch, key, role)
  mapped = parallel.device_map(f, parallel.mesh(devices), (P(), P('data'), P()))
  before = initial(gan, devices)
  batch = jax.tree.map(lambda a: a[0, 0], batches())
  after, terms = mapped(before, batch, rng.root(1))
  return jax.tree.map(np.asarray, (before, after, terms))


def same(a, b) -> bool:
  """Whether two trees are equal to the bit."""
  return jax.tree.all(jax.tree.map(lambda x, y: np.array_equal(x, y), a, b))


def furthest(a, b) -> float:
  """The largest difference between two trees' elements."""
  gaps = jax.tree.map(lambda x, y: np.abs(np.float64(x) - np.float64(y)).max(initial=0), a, b)
  return max(jax.tree.leaves(gaps), default=0.)


def slow_but(quick, every):
  """Every one of them for parametrize, all but the quick ones marked slow."""
  import pytest
  values = lambda one: one if isinstance(one, tuple) else (one,)
  return [one if one in quick else pytest.param(*values(one), marks=pytest.mark.slow)
          for one in every]
