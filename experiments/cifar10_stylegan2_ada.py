"""StyleGAN2-ADA on CIFAR-10, NVIDIA's configuration `cifar` (Karras et al., 2020,
arXiv:2006.06676).

  python launch.py --experiment=cifar10_stylegan2_ada --workdir=runs/cifar10_ada
  python launch.py --experiment=cifar10_stylegan2_ada --classes=10 --workdir=runs/told

100 million images. Published FID 2.92, told the class 2.42 (50,000 samples against the training
set). Not measured here (2 CPU cores).
"""
from jaxgan import priors
from jaxgan.augment import ada, base
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.metrics import suite
from jaxgan.nets import stylegan2
from jaxgan.optimisers import lazy_adam
from jaxgan.rules import lazy

SMOKE = dict(width=4, z_dim=8, batch=8)
HELP = dict(classes='10 for a generator that is told the class, 0 for none.')


def experiment(classes=0, lr=2.5e-3, gamma=.01, width=512, z_dim=512, half=4, steps=1_562_500,
               batch=64, seed=0):
  data = tfds.load('cifar10', label='label' if classes else None)
  channels = dict(channel_base=64 * width, channel_max=width, half=half)
  loss, regular = lazy.split(adversarial.non_saturating(), penalties.r1(gamma))
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=16 * 8, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=stylegan2.Generator((32, 32, 3), classes, z_dim, 2, mixing=0., **channels),
          discriminator=stylegan2.Discriminator(classes, architecture='orig', group=32,
                                                **channels),
          prior=priors.normal(z_dim), augment=base.adaptive(ada.bgc),
          loss=loss, order=lazy.alternating(regular, d_every=16, g_every=0),
          g_tx=lazy_adam(lr, 4), d_tx=lazy_adam(lr, 16),
          ema=half_life(500_000., batch, ramp=.05)))
