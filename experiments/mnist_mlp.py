"""A multilayer-perceptron GAN on MNIST (Goodfellow et al., 2014, arXiv:1406.2661).

  python launch.py --experiment=mnist_mlp --workdir=runs/mnist_mlp

Measured on 2 CPU cores (AMD EPYC): 100 epochs in 5 min 18 s, metrics included (their
classifier, trained once, 2 min before); readable digits; fd_cnn-mnist@10k 11.85, precision3
0.816, recall3 0.671 (test images: 0.158, 0.884, 0.861).
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import layers, mlp

SMOKE = dict(width=16, batch=8)


def experiment(lr=2e-4, b1=.9, b2=.999, width=256, d_width=0, z_dim=100, ema=.999,
               loss='non_saturating', penalty='none', weight=1., steps=93_750, batch=64,
               seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=500, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=mlp.Generator((width, 2 * width), (28, 28, 1)),
          discriminator=mlp.Discriminator((2 * d_width, d_width), layers.leaky_relu(.2)),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
