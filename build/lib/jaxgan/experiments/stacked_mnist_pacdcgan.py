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
from jaxgan.gan import GAN, simultaneous
from jaxgan.losses import adversarial
from jaxgan.metrics import modes
from jaxgan.nets import dcgan
from jaxgan.nets.packing import Packed

SMOKE = dict(width=4, batch=8)


def experiment(lr=2e-4, b1=.5, pack=2, width=32, z_dim=100, steps=20_000, batch=64, seed=0):
  return Experiment(
      data=stacked.load('mnist'), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000,
      metrics=(modes.of_stacked('mnist'),), best='modes',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 3), (4 * width, 2 * width, width)),
          discriminator=Packed(dcgan.Discriminator((width, 2 * width)), pack),
          prior=priors.normal(z_dim), loss=adversarial.non_saturating(),
          g_tx=optax.adam(lr, b1), d_tx=optax.adam(lr, b1), order=simultaneous))
