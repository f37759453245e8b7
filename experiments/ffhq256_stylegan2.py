"""StyleGAN2 on FFHQ at 256 pixels, NVIDIA's configuration `paper256` (Karras et al., 2020,
arXiv:2006.06676).

  python launch.py --experiment=ffhq256_stylegan2 --data_dir=ffhq256.zip --workdir=runs/ffhq256

--data_dir is a folder or zip of images of 256x256. Published FID 3.81 (50,000 samples against
the training set, without augmentation). Not measured here (2 CPU cores).
"""
from jaxgan import priors
from jaxgan.data import derived, folder
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.path_length import path_length
from jaxgan.nets import stylegan2
from jaxgan.optimisers import lazy_adam
from jaxgan.rules import lazy

SMOKE = dict(size=16, width=8, z_dim=8, depth=2, batch=8, half=0)
LENGTHS = path_length(2., one_in=2, inputs=lambda r: r.G(r.z, r.fake.c, method='map'),
                      draw=lambda r, ws, c: r.G(ws, c, method='draw'))


def experiment(size=256, lr=2.5e-3, gamma=1., width=512, z_dim=512, depth=8, half=4,
               steps=390_625, batch=64, seed=0):
  data = derived.mirrored(folder.load(size))
  channels = dict(channel_base=32 * width, channel_max=width, half=half)
  loss, regular = lazy.split(adversarial.non_saturating(), penalties.r1(gamma) + LENGTHS)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=16 * 8, save_every=5000, sample_every=5000, eval_every=0,
      gan=GAN(
          generator=stylegan2.Generator((size, size, 3), 0, z_dim, depth, **channels),
          discriminator=stylegan2.Discriminator(group=8, **channels),
          prior=priors.normal(z_dim),
          loss=loss, order=lazy.alternating(regular, d_every=16, g_every=4),
          g_tx=lazy_adam(lr, 4), d_tx=lazy_adam(lr, 16), ema=half_life(20_000., batch)))
