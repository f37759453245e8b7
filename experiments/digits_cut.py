"""CUT: one look to another without pairs and without the way back (Park et al., 2020,
arXiv:2007.15651).

  python launch.py --experiment=digits_cut --workdir=runs/cut --data_dir=DIR

MNIST's digits over photographs become plain ones; the set of `digits_cyclegan`, that way alone.
Each patch of what G makes is to resemble the patch that it was made of more than others of that
image. l1 is the distance from the right answers (pixels from -1 to 1): 0.096 after 12,000
steps, and 95 % of the digits are read as the answer is. They take about 15 minutes at the 200
images a second of one of 2 CPU cores.
"""
import functools

import optax

from jaxgan import priors
from jaxgan.data import textured
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, patches
from jaxgan.metrics import paired
from jaxgan.nets import patch, translator, unet

SMOKE = dict(width=2, blocks=1, batch=8)
HELP = dict(weight='Weight of the contrastive loss of patches.',
            count='Patches of an image that it compares.')


def experiment(width=8, d_width=0, blocks=3, weight=.5, count=64, lr=2e-4, b1=.5, b2=.999,
               n=1000, ema=.99, steps=12_000, batch=16, seed=0):
  d_width = d_width or width
  rate = optax.schedules.join_schedules(
      [optax.constant_schedule(lr), optax.linear_schedule(lr, 0., steps // 2)], [steps // 2])
  make = functools.partial(translator.Translator, 3, width, blocks)
  return Experiment(
      data=textured.one_way(), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='l1',
      metrics=(paired.of_images(n), paired.alike(n, 'cnn-mnist', paired.grey)),
      gan=GAN(
          generator=translator.Contrasted(make, (0, 2, 3, 3 + blocks), 8 * width),
          discriminator=patch.Unconditional(functools.partial(
              patch.Discriminator, (2 * d_width, 4 * d_width, 8 * d_width),
              norm=unet.instance_norm)),
          prior=priors.nothing,
          loss=adversarial.least_squares() + patches.contrastive(weight, count=count),
          g_tx=optax.adam(rate, b1, b2), d_tx=optax.adam(rate, b1, b2), ema=warmed_up(ema)))
