"""Completion in colour (Yu et al., 2019, arXiv:1806.03589), as `mnist_inpaint`.

  python launch.py --experiment=emoji_inpaint --workdir=runs/inpaint --data_dir=DIR

Emoji of 64 x 64 pixels with a hole, of the set of `emoji_pix2pix`: 1,523 to learn from,
mirrored too; the 170 to test by lack the middle 32 x 32. After 6,000 steps L1 in the hole is
0.263 (of the nearest training emoji 0.345): 9 minutes at the 180 images a second of one of 2
CPU cores. What is made is smooth.
"""
import optax

from jaxgan import priors
from jaxgan.data import derived, masks, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, paired
from jaxgan.metrics import paired as metrics
from jaxgan.nets import completion

SMOKE = dict(width=4, batch=8)


def experiment(dataset='noto_emoji', partial=False, width=16, d_width=0, l1=20., lr=4e-4,
               b1=.5, b2=.999, n=170, ema=.99, steps=6000, batch=16, seed=0):
  d_width = d_width or width
  middle = masks.centre(.5)
  data = masks.holes(derived.mirrored(tfds.load(dataset)),
                     [middle, masks.boxes(.3, .6), masks.strokes()], test=[middle])
  make = completion.partial if partial else completion.gated
  tx = optax.adam(optax.cosine_decay_schedule(lr, steps), b1, b2)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='l1-hole',
      metrics=(metrics.of_holes(n), metrics.of_images(n)),
      gan=GAN(
          generator=make(3, [width, 2 * width, 4 * width, 4 * width, 4 * width],
                         (5, 3, 3, 3, 3)),
          discriminator=completion.Discriminator([2 * d_width, 4 * d_width, 8 * d_width]),
          prior=priors.nothing, loss=adversarial.hinge() + paired.l1(l1),
          g_tx=tx, d_tx=tx, ema=warmed_up(ema)))
