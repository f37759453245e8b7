"""StyleGAN2 with adaptive augmentation on Fashion-MNIST, narrow (Karras et al., 2020,
arXiv:2006.06676).

  python launch.py --experiment=fashion_stylegan2_ada --workdir=runs/fashion_stylegan2_ada

Maps of 7, 14 and 28 pixels; R1 every 16 steps, path lengths every 4, style mixing. Measured on
one of 2 CPU cores (Intel Xeon), 2,000 steps, 35 min beside other work: fd_cnn-fashion_mnist@10k
16.0, precision3 0.716, recall3 0.077 (3 samplings; test images 0.050, 0.837, 0.852), FD still
falling; 60,000 images are many, and p of the augmentation stays below 0.1.
"""
from jaxgan import priors
from jaxgan.augment import ada, base
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.path_length import path_length
from jaxgan.metrics import suite
from jaxgan.nets import stylegan2
from jaxgan.optimisers import lazy_adam
from jaxgan.rules import lazy

SMOKE = dict(width=8, batch=8)
LENGTHS = path_length(2., one_in=2, inputs=lambda r: r.G(r.z, r.fake.c, method='map'),
                      draw=lambda r, ws, c: r.G(ws, c, method='draw'))


def experiment(lr=2.5e-3, gamma=.01, width=32, z_dim=64, depth=2, steps=2000, batch=64, seed=0):
  data = tfds.load('fashion_mnist')
  channels = dict(channel_base=28 * width, channel_max=2 * width)
  loss, regular = lazy.split(adversarial.non_saturating(), penalties.r1(gamma) + LENGTHS)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=16 * 4,  # has the lazy moves
      save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=stylegan2.Generator((28, 28, 1), 0, z_dim, depth, **channels),
          discriminator=stylegan2.Discriminator(group=8, **channels),
          prior=priors.normal(z_dim), augment=base.adaptive(ada.bgc, images=100_000),
          loss=loss, order=lazy.alternating(regular, d_every=16, g_every=4),
          g_tx=lazy_adam(lr, 4), d_tx=lazy_adam(lr, 16),
          ema=half_life(10_000., batch, ramp=.05)))
