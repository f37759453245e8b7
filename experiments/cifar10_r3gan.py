"""R3GAN on CIFAR-10, told the class (Huang et al., 2024, arXiv:2501.05441; its train.py, preset
CIFAR10).

  python launch.py --experiment=cifar10_r3gan --workdir=runs/cifar10_r3gan

All five schedules are cosines over the first 20 million images: learning rate, Adam's b2, the
penalties' weight, augmentation, half-life of the average. Published FID 1.96 (50,000 samples
against the training set) after about 250 million images. Not measured here (2 CPU cores).
"""
import optax

from jaxgan import priors
from jaxgan.augment import ada, base
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import scaled
from jaxgan.metrics import suite
from jaxgan.nets import layers, r3gan
from jaxgan.optimisers import cosine
from jaxgan.rules import fresh

SMOKE = dict(width=16, blocks=1, batch=8, half=0)


def experiment(lr=2e-4, gamma=.05, width=768, blocks=2, z_dim=64, half=3, ramp=20e6,
               remat=False, steps=488_281, batch=512, seed=0):
  data = derived.mirrored(tfds.load('cifar10', label='label'))
  falls = lambda start, end: cosine(start, end, ramp / batch)
  adam = optax.inject_hyperparams(optax.adam)(falls(lr, lr / 4), 0., falls(.9, .99))
  block = layers.recomputed(r3gan.Block) if remat else r3gan.Block
  nets = dict(widths=(width,) * 4, blocks=blocks, classes=10, half=half, block=block)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data.whole),), best='fd',
      gan=GAN(
          generator=r3gan.Generator((32, 32, 3), **nets),
          discriminator=r3gan.Discriminator(**nets),
          prior=priors.normal(z_dim), d_steps=2, order=fresh.alternating,
          augment=base.scheduled(ada.pipeline(colour=.5, cutout=1.), falls(0., .55)),
          loss=adversarial.relativistic() + scaled(falls(gamma, gamma / 10),
                                                   penalties.r1(1.) + penalties.r2(1.)),
          g_tx=adam, d_tx=adam, ema=half_life(falls(0., 5e6), batch)))
