"""Which loss with which penalty? One pair of DCGAN players on MNIST, many games.

  python launch.py --experiment=mnist_dcgan_games --loss=hinge --penalty=r1 --workdir=runs/hinge
  python -m benchmarks.games --data_dir=DIR    # the table, a quarter as wide

A cell of the table takes about 2.5 minutes on one of 2 CPU cores (Intel Xeon), scores included.
The networks are mnist_dcgan's, the moves alternate, one each. Weights of the penalties are one
for all losses, so the table compares them as they are, not as they could be tuned.
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment, choose
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss
from jaxgan.metrics import suite
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)
LOSSES = {'non_saturating': adversarial.non_saturating(),
          'least_squares': adversarial.least_squares(), 'hinge': adversarial.hinge(),
          'wasserstein': adversarial.wasserstein(), 'relativistic': adversarial.relativistic()}
PENALTIES = {'none': Loss(), 'gradient_penalty': penalties.gradient_penalty(10.),
             'r1': penalties.r1(1.), 'r1_r2': penalties.r1(1.) + penalties.r2(1.)}


def experiment(loss='non_saturating', penalty='none', lr=2e-4, b1=.5, b2=.999, width=64,
               d_width=0, z_dim=100, ema=.999, dropout=.3, steps=2000, batch=64, seed=0):
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
          loss=choose(LOSSES, 'loss', loss) + choose(PENALTIES, 'penalty', penalty),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
