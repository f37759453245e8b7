"""SNGAN's ResNets on CIFAR-10 (Miyato et al., 2018, arXiv:1802.05957), as mimicry trains it.

  python launch.py --experiment=cifar10_sngan --workdir=runs/cifar10_sngan

100,000 steps of 5 D moves, hinge, Adam at 2e-4 falling to 0, samples of the last weights;
Xavier's gain is 1 everywhere (mimicry: sqrt 2 within blocks). Published FID 16.77 (mimicry,
50,000 samples against the training set). Not measured here (2 CPU cores).

--half computes the networks in bfloat16.
"""
import jax.numpy as jnp
import optax
from flax import linen as nn

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import resnet

SMOKE = dict(width=4, d_steps=1, batch=8)


def experiment(lr=2e-4, b1=0., b2=.9, width=64, d_width=0, z_dim=128, d_steps=5, half=False,
               ema=0., steps=100_000, batch=64, seed=0):
  d_width = d_width or width
  data, xavier = tfds.load('cifar10'), nn.initializers.xavier_uniform()
  adam = lambda moves: optax.adam(optax.linear_schedule(lr, 0., moves), b1, b2)
  dtype = jnp.bfloat16 if half else jnp.float32
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=resnet.Generator((32, 32, 3), resnet.g_widths(32, width),
                                     kernel_init=xavier, dtype=dtype),
          discriminator=resnet.Discriminator(resnet.d_widths(32, d_width), downs=2,
                                             kernel_init=xavier, dtype=dtype),
          prior=priors.normal(z_dim), loss=adversarial.hinge(), d_steps=d_steps,
          g_tx=adam(steps), d_tx=adam(steps * d_steps), ema=warmed_up(ema)))
