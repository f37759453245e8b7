"""CycleGAN: images of one look as those of another, without pairs (Zhu et al., 2017,
arXiv:1703.10593).

  python launch.py --experiment=digits_cyclegan --workdir=runs/cyclegan --data_dir=DIR

MNIST's digits, plain (a) and over photographs (b), in both directions. No pair is shown in
training. On the test set the right answers are known: l1-a is the distance of what the
textured digits became from the plain digits they were made of (pixels from -1 to 1).

12,000 steps took 17 minutes on 2 CPU cores beside other work: l1-a 0.127 (all black has 0.268),
and of 93 % of the digits the classifier says the same as of the answer. Another run, of 20,000
steps, ended at 0.171: see `digits_cut` for a game that is more certain here.

Translators of 3 blocks, critics of patches, least squares, a history of 50 fakes. The cycle's
weight is half the paper's 10, for its least squares of G are twice ours. An identity term
(`losses.cycle.identity`) is for images of one number of channels.
"""
import functools

import jax
import jax.numpy as jnp
import optax

from jaxgan import priors
from jaxgan.data import textured
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, cycle, history
from jaxgan.metrics import paired
from jaxgan.nets import patch, translator, unet
from jaxgan.types import Batch

SMOKE = dict(width=2, blocks=1, batch=8, pool=8)
HELP = dict(cycles='Weight of the difference after there and back.',
            pool='Fakes that the discriminators remember.')


def experiment(width=8, blocks=3, cycles=5., pool=50, lr=2e-4, b1=.5, b2=.999, n=1000,
               ema=.99, steps=12_000, batch=16, seed=0):
  make = functools.partial(translator.Translator, width=width, blocks=blocks)
  critic = functools.partial(patch.Discriminator, (2 * width, 4 * width, 8 * width),
                             norm=unet.instance_norm)
  image = lambda channels: jax.ShapeDtypeStruct((28, 28, channels), jnp.float32)
  one = {'a': image(1), 'b': image(3)}
  game = history.pooled(adversarial.least_squares(), pool, Batch(one, one))
  rate = optax.schedules.join_schedules(
      [optax.constant_schedule(lr), optax.linear_schedule(lr, 0., steps // 2)], [steps // 2])
  return Experiment(
      data=textured.unpaired(), batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='l1-a',
      metrics=(paired.of_each(n, ('a', 'b')), paired.alike(n, 'cnn-mnist', lambda x: x['a'])),
      gan=GAN(
          generator=translator.Both(functools.partial(make, 1), functools.partial(make, 3)),
          discriminator=translator.OfEach(critic), prior=priors.nothing,
          loss=game + cycle.cycle(cycles),
          g_tx=optax.adam(rate, b1, b2), d_tx=optax.adam(rate, b1, b2), ema=warmed_up(ema)))
