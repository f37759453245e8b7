"""A Wasserstein GAN with gradient penalty on MNIST (Gulrajani et al., 2017, arXiv:1704.00028).

  python launch.py --experiment=mnist_wgan_gp --workdir=runs/mnist_wgan_gp

The Adam of its authors' program, weight 10, five critic moves for one of G's. Measured on one
of 2 CPU cores (Intel Xeon), 2,000 steps, 14 min: fd_cnn-mnist@10k 7.82, precision3 0.474,
recall3 0.572 (3 samplings).
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, penalties
from jaxgan.metrics import suite
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)


def experiment(lr=1e-4, b1=.5, b2=.9, gp=10., width=32, d_width=0, z_dim=100, ema=.999,
               dropout=0., steps=2000, batch=64, seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim),
          loss=adversarial.wasserstein() + penalties.gradient_penalty(gp),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), d_steps=5,
          ema=warmed_up(ema)))
