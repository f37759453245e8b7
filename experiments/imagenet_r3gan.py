"""R3GAN on ImageNet at 32 or 64 pixels, told the class (Huang et al., 2024, arXiv:2501.05441;
its train.py, presets ImageNet-32 and ImageNet-64).

  python launch.py --experiment=imagenet_r3gan --workdir=runs/imagenet32
  python launch.py --experiment=imagenet_r3gan --size=64 --workdir=runs/imagenet64

The data are TFDS's imagenet_resized. Published FID 1.27 at 32, 2.09 at 64 (50,000 samples
against the training set). Not measured here (2 CPU cores).
"""
import optax

from jaxgan import priors
from jaxgan.augment import ada, base
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import scaled
from jaxgan.nets import r3gan
from jaxgan.optimisers import cosine
from jaxgan.rules import fresh

SMOKE = dict(width=16, blocks=1, batch=8, half=False)
GAMMA, AUGMENT, STAGES = {32: .5, 64: 1.}, {32: .5, 64: .4}, {32: 4, 64: 5}


def experiment(size=32, lr=2e-4, width=1536, blocks=2, z_dim=64, half=True, ramp=200e6,
               steps=488_281, batch=4096, seed=0):
  data = derived.mirrored(tfds.load(f'imagenet_resized/{size}x{size}', label='label',
                                   test='validation'))
  falls = lambda start, end: cosine(start, end, ramp / batch)
  adam = optax.inject_hyperparams(optax.adam)(falls(lr, lr / 4), 0., falls(.9, .99))
  nets = dict(widths=(width,) * STAGES[size], blocks=blocks, group=width // 96 or 8,
              classes=1000, half=STAGES[size] - 1 if half else 0)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=0,
      gan=GAN(
          generator=r3gan.Generator((size, size, 3), **nets),
          discriminator=r3gan.Discriminator(**nets),
          prior=priors.normal(z_dim), d_steps=2, order=fresh.alternating,
          augment=base.scheduled(ada.pipeline(colour=.5, cutout=1.), falls(0., AUGMENT[size])),
          loss=adversarial.relativistic() + scaled(falls(GAMMA[size], GAMMA[size] / 10),
                                                   penalties.r1(1.) + penalties.r2(1.)),
          g_tx=adam, d_tx=adam, ema=half_life(falls(0., 50e6), batch)))
