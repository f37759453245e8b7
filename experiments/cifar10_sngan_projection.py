"""SNGAN told the class, by conditional batch norm and projection, on CIFAR-10 (Miyato & Koyama,
2018, arXiv:1802.05637), as StudioGAN trains it.

  python launch.py --experiment=cifar10_sngan_projection --workdir=runs/cifar10_projection

Published FID 10.84 (mimicry's cGAN-PD), 9.01 (StudioGAN), 50,000 samples against the training
set. Not measured here (2 CPU cores).

--half computes the networks in bfloat16.
"""
import jax.numpy as jnp
import optax

from jaxgan import priors
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import heads, resnet

SMOKE = dict(width=4, d_steps=1, batch=8)


def experiment(lr=2e-4, b1=.5, b2=.999, width=64, d_width=0, z_dim=128, d_steps=5, half=False,
               ema=0., steps=100_000, batch=64, seed=0):
  d_width = d_width or width
  data = derived.mirrored(tfds.load('cifar10', label='label'))
  adam = optax.adam(lr, b1, b2, 1e-6)
  dtype = jnp.bfloat16 if half else jnp.float32
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data.whole),), best='fd',
      gan=GAN(
          generator=resnet.Generator((32, 32, 3), resnet.g_widths(32, width),
                                     resnet.by_class(10), dtype=dtype),
          discriminator=resnet.Discriminator(resnet.d_widths(32, d_width), downs=2,
                                             head=heads.projection(10), dtype=dtype),
          prior=priors.normal(z_dim), loss=adversarial.hinge(), d_steps=d_steps,
          g_tx=adam, d_tx=adam, ema=warmed_up(ema)))
