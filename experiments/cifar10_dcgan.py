"""The DCGAN of CIFAR-10 tables (Radford et al., 2016, arXiv:1511.06434), as StudioGAN has it.

  python launch.py --experiment=cifar10_dcgan --workdir=runs/cifar10_dcgan

200,000 steps of 2 D moves, batches of 64. StudioGAN's table has FID 48.29 (50,000 samples
against the training set). Not measured here (2 CPU cores).

--half computes the networks in bfloat16.
"""
import jax.numpy as jnp
import optax

from jaxgan import priors
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import deep_conv

SMOKE = dict(width=4, d_steps=1, batch=8)


def experiment(lr=2e-4, b1=.5, b2=.999, width=64, z_dim=128, d_steps=2, half=False, ema=0.,
               loss='non_saturating', penalty='none', weight=1., steps=200_000, batch=64,
               seed=0):
  data = derived.mirrored(tfds.load('cifar10'))
  widths = (width, 2 * width, 4 * width, 8 * width)
  adam = optax.adam(lr, b1, b2, 1e-6)
  dtype = jnp.bfloat16 if half else jnp.float32
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data.whole),), best='fd',
      gan=GAN(
          generator=deep_conv.Generator((32, 32, 3), widths[::-1], dtype=dtype),
          discriminator=deep_conv.Discriminator(widths, dtype=dtype),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight), d_steps=d_steps,
          g_tx=adam, d_tx=adam, ema=warmed_up(ema)))
