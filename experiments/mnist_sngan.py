"""SNGAN's ResNets on MNIST, narrow (Miyato et al., 2018, arXiv:1802.05957).

  python launch.py --experiment=mnist_sngan --workdir=runs/mnist_sngan

Blocks at 7, 14 and 28 pixels; hinge loss, spectral norm in D. Measured on one of 2 CPU cores
(Intel Xeon), 2,000 steps, 26 min: fd_cnn-mnist@10k 3.91, precision3 0.480, recall3 0.695 (3
samplings).
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import resnet

SMOKE = dict(width=8, batch=8)


def experiment(lr=2e-4, b1=0., b2=.9, width=32, d_width=0, z_dim=128, d_steps=1, ema=.999,
               steps=2000, batch=64, seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=resnet.Generator((28, 28, 1), (2 * width, 2 * width, width)),
          discriminator=resnet.Discriminator((d_width, 2 * d_width, 2 * d_width), downs=2),
          prior=priors.normal(z_dim), loss=adversarial.hinge(), d_steps=d_steps,
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
