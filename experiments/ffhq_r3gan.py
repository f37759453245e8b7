"""R3GAN on FFHQ at 64 or 256 pixels (Huang et al., 2024, arXiv:2501.05441; its train.py,
presets FFHQ-64 and FFHQ-256).

  python launch.py --experiment=ffhq_r3gan --data_dir=ffhq64.zip --workdir=runs/ffhq64
  python launch.py --experiment=ffhq_r3gan --size=256 --data_dir=ffhq256 --workdir=runs/ffhq256

--data_dir is a folder or zip of images of that size. --remat keeps no activations within
blocks, for devices with little memory. Published FID 1.95 at 64, 2.75 at 256
(50,000 samples against the training set). Not measured here (2 CPU cores).
"""
import optax

from jaxgan import priors
from jaxgan.augment import ada, base
from jaxgan.data import derived, folder
from jaxgan.experiment import Experiment, choose
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import scaled
from jaxgan.nets import layers, r3gan
from jaxgan.optimisers import cosine
from jaxgan.rules import fresh

SMOKE = dict(shrink=48, blocks=1, batch=8, half=0)
HELP = dict(shrink='Divides the widths of all layers.')
GAMMA = {64: 2., 256: 150.}


def experiment(size=64, shrink=1, blocks=2, lr=2e-4, z_dim=64, half=4, ramp=20e6, remat=False,
               steps=976_562, batch=256, seed=0):
  data = derived.mirrored(folder.load(size))
  gamma = choose(GAMMA, 'size', size)
  widths = tuple(n // shrink for n in r3gan.widths(size))
  falls = lambda start, end: cosine(start, end, ramp / batch)
  block = layers.recomputed(r3gan.Block) if remat else r3gan.Block
  nets = dict(blocks=blocks, half=half, block=block)
  adam = optax.inject_hyperparams(optax.adam)(falls(lr, lr / 4), 0., falls(.9, .99))
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=0,
      gan=GAN(
          generator=r3gan.Generator((size, size, 3), widths, **nets),
          discriminator=r3gan.Discriminator(widths[::-1], **nets),
          prior=priors.normal(z_dim), d_steps=2, order=fresh.alternating,
          augment=base.scheduled(ada.pipeline(colour=.5, cutout=1.), falls(0., .3)),
          loss=adversarial.relativistic() + scaled(falls(gamma, gamma / 10),
                                                   penalties.r1(1.) + penalties.r2(1.)),
          g_tx=adam, d_tx=adam, ema=half_life(falls(0., 500_000.), batch)))
