"""A DCGAN on Stacked MNIST: 1,000 modes to find (Metz et al., 2017, arXiv:1611.02163).

  python launch.py --experiment=stacked_mnist_dcgan --workdir=runs/stacked_mnist_dcgan

Measured on 2 CPU cores (AMD EPYC), 10,000 of the 20,000 steps, one seed: 959 modes, KL to
uniform 0.586, of 26,000 samples (perfect: 1,000 and 0.0234). PacGAN (Lin et al., 2018, table 2)
reports 99 modes and KL 3.40 for its DCGAN, 1,000 and 0.06 for PacDCGAN2.
"""
import optax

from jaxgan import priors
from jaxgan.data import stacked
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, simultaneous, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import modes
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)


def experiment(lr=2e-4, b1=.5, b2=.999, width=32, d_width=0, z_dim=100, ema=.999, dropout=.3,
               loss='non_saturating', penalty='none', weight=1., steps=20_000, batch=64,
               seed=0):
  d_width = d_width or width
  return Experiment(
      data=stacked.load('mnist'), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000,
      metrics=(modes.of_stacked('mnist'),), best='modes',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 3), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), order=simultaneous,
          ema=warmed_up(ema)))
