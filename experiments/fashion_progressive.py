"""Progressive growing on Fashion-MNIST: 8, 16, then 32 pixels (Karras et al., 2018,
arXiv:1710.10196).

  python launch.py --experiment=fashion_progressive --chain --workdir=runs/progressive

Three runs by one command, in runs/progressive/size=8,fade=0, size=16 and size=32, each from
the players of the one before. WGAN-GP with a drift term, one critic move; images are framed to
32 and shown and scored at their own 28. Measured on one of 2 CPU cores (Intel Xeon), 47 min,
beside other work; at 32: fd_cnn-fashion_mnist@10k 9.15, precision3 0.663, recall3 0.200 (3
samplings; test images 0.050, 0.837, 0.852).
"""
import optax

from jaxgan import priors
from jaxgan.data import sizes, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, penalties
from jaxgan.metrics import suite
from jaxgan.nets import progressive
from jaxgan.rules.progressive import fading

SMOKE = dict(size=16, width=8, batch=8)
HELP = dict(fade='Steps in which a new resolution fades in.')


def chain():
  return [dict(size=8, fade=0), dict(size=16), dict(size=32)]


def experiment(size=32, fade=600, lr=1e-3, b1=0., b2=.99, width=16, z_dim=64, ema=.999,
               steps=1500, batch=64, seed=0):
  data = tfds.load('fashion_mnist')
  small = sizes.framed(data, 2) if size == 32 else sizes.shrunk(sizes.framed(data, 2),
                                                                32 // size)
  channels = dict(channel_base=32 * width, channel_max=4 * width)
  return Experiment(
      data=small, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(small),), best='fd',
      gan=GAN(
          generator=progressive.Generator((size, size, 1), fade, **channels),
          discriminator=progressive.Discriminator(fade, **channels),
          prior=priors.normal(z_dim), play=fading(fade),
          loss=(adversarial.wasserstein() + penalties.gradient_penalty(10.)
                + penalties.drift(1e-3)),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
