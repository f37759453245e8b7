"""BigGAN-deep on CIFAR-10 (Brock et al., 2019, arXiv:1809.11096), as StudioGAN trains it.

  python launch.py --experiment=cifar10_biggan_deep --workdir=runs/cifar10_biggan_deep

Not measured here (2 CPU cores); StudioGAN's table has no FID for it.

--half computes the networks in bfloat16.
"""
import functools

import jax.numpy as jnp
import optax

from jaxgan import priors
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import biggan, heads, layers, resnet

SMOKE = dict(width=4, depth=1, z_dim=8, d_steps=1, batch=8)


def experiment(lr=2e-4, b1=.5, b2=.999, width=128, d_width=0, depth=2, z_dim=128, d_steps=2,
               half=False, ema=.9999, steps=100_000, batch=64, seed=0):
  d_width = d_width or width
  data = derived.mirrored(tfds.load('cifar10', label='label'))
  block = functools.partial(biggan.DeepUp, depth=depth)
  adam = optax.adam(lr, b1, b2, 1e-6)
  dtype = jnp.bfloat16 if half else jnp.float32
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data.whole),), best='fd',
      gan=GAN(
          generator=resnet.Generator((32, 32, 3), resnet.g_widths(32, width),
                                     biggan.whole(10), 16, layers.spectral, block, dtype=dtype),
          discriminator=biggan.DeepDiscriminator(biggan.deep_d_widths(32, d_width), 2, depth,
                                                 attention=16, head=heads.projection(10),
                                                 dtype=dtype),
          prior=priors.normal(z_dim), loss=adversarial.hinge(), d_steps=d_steps,
          g_tx=adam, d_tx=adam, ema=lambda step: jnp.where(step < 1000, 0., ema)))
