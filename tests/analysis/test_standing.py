"""Batch norm's averages taken anew."""
import jax
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import experiment, parallel, priors, rng
from jaxgan import gan as game
from jaxgan.analysis import standing
from jaxgan.data import digits
from jaxgan.io.errors import Failure
from jaxgan.losses import adversarial
from jaxgan.nets import dcgan, layers, mlp
from jaxgan.types import Batch


def made(generator):
  gan = game.GAN(generator, mlp.Discriminator((4,), layers.leaky_relu(.2)), priors.normal(6),
                 adversarial.non_saturating(), optax.sgd(.1), optax.sgd(.1))
  one = experiment.Experiment(gan, digits.load(), 16, 1)
  init = parallel.device_map(
      lambda key: game.init(gan, Batch(np.zeros((2, 8, 8, 1), np.float32)), key),
      parallel.mesh(jax.devices()[:1]), (P(),))
  return one, init(rng.root(0)).ema


def test_they_are_the_mean_over_batches_of_what_the_first_norm_sees():
  """Of a dense layer W without bias on normal z: mean 0, variance the columns' squares."""
  one, average = made(dcgan.Generator((8, 8, 1), (4, 4), 3))
  found = standing.standing(one, average, None, 200)
  norm = found['stats']['batch_stats']['BatchNorm_0']
  W = average['params']['Dense_0']['kernel']
  np.testing.assert_allclose(norm['var'], (W ** 2).sum(0) * 15 / 16, rtol=.15)
  np.testing.assert_allclose(norm['mean'], 0, atol=.1)
  assert tiny.same(found['params'], average['params'])
  assert not tiny.same(found['stats'], average['stats'])
  assert tiny.same(standing.standing(one, average, None, 3), standing.standing(
      one, average, None, 3))


def test_without_batch_norm_it_is_one_line():
  one, average = made(mlp.Generator((4,), (8, 8, 1)))
  with pytest.raises(Failure, match='no batch norm'):
    standing.standing(one, average, None, 1)
