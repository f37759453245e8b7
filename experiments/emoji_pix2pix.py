"""pix2pix: an image from another image (Isola et al., 2017, arXiv:1611.07004).

  python launch.py --experiment=emoji_pix2pix --workdir=runs/emoji --data_dir=DIR

Emoji from their outlines: `noto_emoji` of 64 x 64 pixels, 1,523 pairs, and 170 to test by, of
which samples are made in training too. It is not in TFDS's catalogue: googlefonts/noto-emoji's
PNGs with outlines, prepared as a TFDS set of the features `image` and `edges`. Any set with two
features that are images of one size, a power of 2, will do: --dataset, --image, --condition.

A U-Net and a critic of patches, a quarter as wide as the paper's and, for 64 pixels, less deep;
least squares and L1. Pairs are mirrored together. There is no z: the noise is dropout, in
training alone.

4,500 steps take 4 minutes on 2 CPU cores: L1 0.225 on the 170 test pairs (pixels from -1 to 1),
PSNR 13.7, SSIM 0.54. The training image with the nearest outline has 0.261, white 0.444.

--l1_only leaves the critic out of G's loss: what L1 alone makes of it. --maps=10 also compares
the maps of a critic at two scales, as pix2pixHD does (Wang et al., 2018, arXiv:1711.11585).
"""
import functools

import optax

from jaxgan import priors
from jaxgan.data import derived, tfds_fields
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, base, paired
from jaxgan.metrics import paired as paired_metrics
from jaxgan.nets import patch, unet

SMOKE = dict(width=2, batch=8)
HELP = dict(image='The feature of the data set that is drawn.',
            condition='The feature that it is drawn from.')


def experiment(dataset='noto_emoji', image='image', condition='edges', size=64, width=16,
               l1=50., l1_only=False, maps=0., lr=2e-4, b1=.5, b2=.999, n=170, ema=.99,
               steps=4500, batch=16, seed=0):
  data = derived.mirrored(tfds_fields.load(dataset, x=image, c=condition))
  widths = [min(2 ** i, 8) * width for i in range(size.bit_length() - 1)]
  critic = functools.partial(patch.Discriminator, (width, 2 * width, 4 * width))
  game, d = adversarial.least_squares(), critic()
  if maps:
    game, d = game + paired.features(maps), patch.MultiScale(critic)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500, best='l1',
      metrics=(paired_metrics.of_images(n),),
      gan=GAN(
          generator=unet.Generator(3, widths), discriminator=d, prior=priors.nothing,
          loss=(base.of_d(game) if l1_only else game) + paired.l1(l1),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
