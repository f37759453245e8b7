"""PacGAN on Stacked MNIST: D judges two examples at once (Lin et al., 2018, arXiv:1712.04086).

  python launch.py --experiment=stacked_mnist_pacdcgan --workdir=runs/stacked_mnist_pacdcgan

stacked_mnist_dcgan but for D. Measured on one of 2 CPU cores (Intel Xeon), one run, after
10,000 of 20,000 steps, 23 min: 946 modes, KL 0.763 (966 and 0.726 after 6,000): no better than
without packs. The paper (table 2) reports 1,000 modes and KL 0.06, of its own networks.
"""
import optax

from jaxgan import priors
from jaxgan.data import stacked
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, simultaneous, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import modes
from jaxgan.nets import dcgan
from jaxgan.nets.packing import Packed

SMOKE = dict(width=4, batch=8)
HELP = dict(pack='Images that the discriminator sees at once.')


def experiment(lr=2e-4, b1=.5, b2=.999, pack=2, width=32, d_width=0, z_dim=100, ema=.999,
               dropout=.3, loss='non_saturating', penalty='none', weight=1., steps=20_000,
               batch=64, seed=0):
  d_width = d_width or width
  return Experiment(
      data=stacked.load('mnist'), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000,
      metrics=(modes.of_stacked('mnist'),), best='modes',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 3), (4 * width, 2 * width, width)),
          discriminator=Packed(dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
                               pack),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), order=simultaneous,
          ema=warmed_up(ema)))
