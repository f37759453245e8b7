"""Codes that mean something, without labels: InfoGAN on MNIST (Chen et al., 2016,
arXiv:1606.03657).

  python launch.py --experiment=mnist_infogan --workdir=runs/mnist_infogan
  python launch.py --mode=codes --workdir=runs/mnist_infogan

Measured on one of 2 CPU cores (Intel Xeon), 11 min beside other work: fd_cnn-mnist@10k 8.31,
precision3 0.478, recall3 0.106 (3 samplings). About half of the categories are one digit, the
others two; the continuous codes tilt and change the stroke: docs/mnist_infogan.png.
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, auxiliary
from jaxgan.metrics import suite
from jaxgan.nets import dcgan, heads

SMOKE = dict(width=4, batch=8)
HELP = dict(categories='Values of the categorical code.',
            continuous='Continuous codes.',
            noise='Numbers of the latent that are no codes.')


def experiment(lr=2e-4, b1=.5, b2=.999, width=32, d_width=0, categories=10, continuous=2,
               noise=62, ema=.999, dropout=.3, steps=3000, batch=64, seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width),
                                            head=heads.codes(categories, continuous),
                                            dropout=dropout),
          prior=priors.codes(categories, continuous, noise),
          loss=(adversarial.non_saturating()
                + auxiliary.mutual_information(categories, continuous, 1., .1)),
          g_tx=optax.adam(5 * lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
