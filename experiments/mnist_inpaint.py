"""Completion: what is missing of an image, from what is known (Yu et al., 2019,
arXiv:1806.03589; Liu et al., 2018, arXiv:1804.07723).

  python launch.py --experiment=mnist_inpaint --workdir=runs/inpaint --data_dir=DIR

Digits with a hole: the middle, boxes anywhere, brush strokes. Those of the test set lack the
middle 14 x 14 pixels, which hold two thirds of the ink. After 30,000 steps L1 in the hole is
0.286 (the mean of the 20 nearest training digits: 0.427); 89.9 % are read as the whole digit
is (83 %). They take about 19 minutes at the 420 images a second of 2 CPU cores. With --width=16
--steps=10000 it is 3 minutes, 0.322 and 87 %.

A U-Net of gated convolutions (--partial: of partial ones), a critic of patches with spectral
norm, hinge and L1. What is known comes back to the bit.
"""
import optax

from jaxgan import priors
from jaxgan.data import masks, tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, paired
from jaxgan.metrics import paired as paired_metrics
from jaxgan.metrics import suite
from jaxgan.nets import completion

SMOKE = dict(width=4, batch=8)


def experiment(dataset='mnist', partial=False, width=24, d_width=0, l1=10., lr=4e-4, b1=.5,
               b2=.999, n=1000, ema=.99, steps=30_000, batch=16, seed=0):
  d_width = d_width or width
  digits = tfds.load(dataset)
  middle = masks.centre(.5)
  data = masks.holes(digits, [middle, masks.boxes(.3, .6), masks.strokes()], test=[middle])
  make = completion.partial if partial else completion.gated
  tx = optax.adam(optax.cosine_decay_schedule(lr, steps), b1, b2)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='l1-hole',
      metrics=(paired_metrics.of_holes(n), paired_metrics.alike(n, f'cnn-{dataset}'),
               suite.in_training(digits, ('fd',), n)),
      gan=GAN(
          generator=make(1, [width, 2 * width, 4 * width, 4 * width], (5, 3, 3, 3)),
          discriminator=completion.Discriminator([2 * d_width, 4 * d_width, 8 * d_width]),
          prior=priors.nothing, loss=adversarial.hinge() + paired.l1(l1),
          g_tx=tx, d_tx=tx, ema=warmed_up(ema)))
