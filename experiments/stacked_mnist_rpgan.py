"""Pairs, R1 and R2 on Stacked MNIST (R3GAN's loss: Huang et al., 2024, arXiv:2501.05441).

  python launch.py --experiment=stacked_mnist_rpgan --workdir=runs/stacked_mnist_rpgan
  python launch.py --experiment=stacked_mnist_rpgan --norelativistic --workdir=runs/stacked_ns

stacked_mnist_dcgan but for the loss; --norelativistic is the non-saturating one with the same
penalties. Measured on 2 CPU cores (Intel Xeon), one run, after 10,000 of 20,000 steps: 1,000
modes, KL 0.164 (997 and 0.279 after 7,000); --norelativistic: 965 modes, KL 0.625. The paper
(table 1) reports 1,000 modes and KL 0.0781, and 693 and 0.927 for the second, of its own
networks.
"""
import optax

from jaxgan import priors
from jaxgan.data import stacked
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, simultaneous, warmed_up
from jaxgan.losses import adversarial, penalties
from jaxgan.metrics import modes
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)
HELP = dict(relativistic='The relativistic loss, else the non-saturating one.')


def experiment(lr=2e-4, b1=.5, b2=.999, gamma=1., relativistic=True, width=32, d_width=0,
               z_dim=100, ema=.999, dropout=0., steps=20_000, batch=64, seed=0):
  d_width = d_width or width
  loss = adversarial.relativistic() if relativistic else adversarial.non_saturating()
  return Experiment(
      data=stacked.load('mnist'), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000,
      metrics=(modes.of_stacked('mnist'),), best='modes',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 3), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=loss + penalties.r1(gamma) + penalties.r2(gamma),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), order=simultaneous,
          ema=warmed_up(ema)))
