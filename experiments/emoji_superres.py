"""Super-resolution by 4: first for the least error, then against a critic (SRGAN: Ledig et al.,
2017, arXiv:1609.04802; ESRGAN: Wang et al., 2018, arXiv:1809.00219).

  python launch.py --experiment=emoji_superres --chain --workdir=runs/superres --data_dir=DIR

Emoji of 16 x 16 pixels become 64 x 64: 1,523 to learn from, 170 to test by, of the set of
`emoji_pix2pix`. Two runs: runs/superres/l1_only=True, by L1 alone, whose generator the second
starts from, against a critic, with its feature maps and L1. The first took 8 minutes on 2
CPU cores beside other work: PSNR 22.6 on the 170 (bicubic 19.2). The second took 26 minutes on
one core: edges become sharp, and PSNR is 21.3.
"""
import optax

from jaxgan import priors
from jaxgan.data import derived, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, base, paired
from jaxgan.metrics import paired as paired_metrics
from jaxgan.nets import superres

SMOKE = dict(width=4, blocks=1, batch=8)
HELP = dict(by='How many times larger the output is.',
            weight="Weight of the discriminator's part.")


def chain():
  return [dict(l1_only=True), dict()]


def experiment(dataset='noto_emoji', l1_only=False, by=4, width=32, d_width=0, blocks=6,
               l1=20., maps=10., weight=.1, lr=4e-4, b2=.999, n=170, ema=.99, steps=3000,
               batch=16, seed=0):
  d_width = d_width or width
  data = derived.mirrored(tfds.load(dataset))
  game = (base.scaled(lambda step: weight, adversarial.relativistic_average())
          + paired.features(maps))
  loss = paired.l1(l1) if l1_only else game + paired.l1(l1)
  tx = optax.adam(optax.cosine_decay_schedule(lr, steps), .9 if l1_only else .5, b2)
  return Experiment(
      data=derived.lowered(data, by), batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500, best='psnr',
      metrics=(paired_metrics.of_images(n), paired_metrics.of_low(n, by)),
      gan=GAN(
          generator=superres.Residual(width, blocks, by),
          discriminator=superres.Discriminator([d_width // 2, d_width, 2 * d_width,
                                               4 * d_width]),
          prior=priors.nothing, loss=loss, g_tx=tx, d_tx=tx, ema=warmed_up(ema)))
