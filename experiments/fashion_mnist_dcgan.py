"""The DCGAN of TensorFlow's tutorial on Fashion-MNIST (Xiao et al., 2017, arXiv:1708.07747).

  python launch.py --experiment=fashion_mnist_dcgan --workdir=runs/fashion_mnist_dcgan

Measured on 2 CPU cores (AMD EPYC): 0.44 s a step (--mode=inspect), about 1.4 hours for the
50 epochs, which were not run.
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, simultaneous, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)


def experiment(lr=1e-4, b1=.9, b2=.999, width=64, d_width=0, z_dim=100, ema=.999, dropout=.3,
               loss='non_saturating', penalty='none', weight=1., steps=11_718, batch=256,
               seed=0):
  d_width = d_width or width
  data = tfds.load('fashion_mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), order=simultaneous,
          ema=warmed_up(ema)))
