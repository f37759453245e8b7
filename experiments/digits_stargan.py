"""StarGAN: one generator for every pair of looks (Choi et al., 2018, arXiv:1711.09020).

  python launch.py --experiment=digits_stargan --workdir=runs/stargan --data_dir=DIR

MNIST's digits, plain, inverted, over photographs, tinted; no digit is seen in two looks. On
the test set l1-plain is the distance from the right answers of what was asked to be plain
(pixels from -1 to 1): 0.191 at best, at step 15,000 of 24,000, which took 30 minutes on one
of 2 CPU cores beside other work. Looks of one polarity become each other at 0.05 to 0.08,
photographs plain at 0.19; plain and inverted become each other badly (0.46, 0.61).

Least squares on patches and on a logit for each look (StarGAN v2's branches), the way back by
10. Against the paper's classifier of looks, which real images alone teach, G learned to fool
it: what was to stay plain came back inverted. WGAN-GP with two moves of D for one of G, where
the paper has five, went astray after 4,000 steps.
"""
import optax

from jaxgan import priors
from jaxgan.data import looks
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.losses import looks as losses
from jaxgan.metrics import paired
from jaxgan.nets import stargan

SMOKE = dict(width=2, blocks=1, batch=8)
HELP = dict(back='Weight of the difference after there and back.')


def experiment(width=8, d_width=0, blocks=3, back=10., lr=2e-4, b1=.5, b2=.999, n=1000,
               ema=.99, steps=24_000, batch=16, seed=0):
  d_width = d_width or width
  rate = optax.schedules.join_schedules(
      [optax.constant_schedule(lr), optax.linear_schedule(lr, 0., steps // 2)], [steps // 2])
  return Experiment(
      data=looks.load(), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='l1-plain',
      metrics=(paired.of_look(n, looks.LOOKS),),
      gan=GAN(
          generator=stargan.Generator(3, width, blocks),
          discriminator=stargan.Discriminator(
              len(looks.LOOKS), [2 * d_width, 4 * d_width, 8 * d_width]),
          prior=priors.nothing,
          loss=(adversarial.least_squares() + losses.branches()
                + losses.reconstruction(back)),
          g_tx=optax.adam(rate, b1, b2), d_tx=optax.adam(rate, b1, b2), ema=warmed_up(ema)))
