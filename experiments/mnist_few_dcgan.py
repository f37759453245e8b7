"""A thousand training images: with augmentation, and without (DiffAugment: Zhao et al., 2020,
arXiv:2006.10738; ADA: Karras et al., 2020, arXiv:2006.06676; APA: Jiang et al., 2021,
arXiv:2111.06849).

  python launch.py --experiment=mnist_few_dcgan --augment=diffaugment --workdir=runs/few_diff
  python launch.py --experiment=mnist_few_dcgan --augment=none --workdir=runs/few_none

--augment: diffaugment (translation and cutout), translation, ada, apa or none. Scored against
all 60,000. Measured on one of 2 CPU cores (Intel Xeon), 16,000 steps, one run each,
fd_cnn-mnist@10k, precision3 and recall3 of 3 samplings: none 3.57, 0.547, 0.727; diffaugment
5.17, 0.475, 0.515. Without augmentation FD is best at 12,000 steps and rises from there, as D
learns its images by heart (d/accuracy 0.94); with it FD still falls (d/accuracy 0.6), but so
slowly that 16,000 steps do not show its gain.
"""
import optax

from jaxgan import gan, priors
from jaxgan.augment import ada, base, diffaugment
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment, choose
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import dcgan
from jaxgan.rules import pseudo

SMOKE = dict(width=4, batch=8)
HELP = dict(images='Training images that are kept.')
SOON = 50_000  # images for a strength to get from 0 to 1: short runs, ten times ADA's speed
AUGMENTS = {  # and how a round is played with it
    'none': (base.none(), gan.play),
    'diffaugment': (base.fixed(diffaugment.of(diffaugment.translation, diffaugment.cutout)),
                    gan.play),
    'translation': (base.fixed(diffaugment.of(diffaugment.translation)), gan.play),
    'ada': (base.adaptive(ada.bgc, images=SOON), gan.play),
    'apa': (pseudo.adaptive(images=SOON), pseudo.play)}


def experiment(augment='diffaugment', images=1000, lr=2e-4, b1=.5, b2=.999, width=32,
               d_width=0, z_dim=100, ema=.999, dropout=0., loss='non_saturating',
               penalty='none', weight=1., steps=6000, batch=64, seed=0):
  d_width = d_width or width
  every = tfds.load('mnist')
  transform, play = choose(AUGMENTS, 'augment', augment)
  return Experiment(
      data=derived.subset(every, images), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000,
      metrics=(suite.in_training(every),), best='fd',
      gan=gan.GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight), augment=transform,
          play=play, g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2),
          ema=gan.warmed_up(ema)))
