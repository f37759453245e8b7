"""The DCGAN of TensorFlow's tutorial on MNIST (after Radford et al., 2015, arXiv:1511.06434).

  python launch.py --experiment=mnist_dcgan --workdir=runs/mnist_dcgan

Measured on 2 CPU cores (AMD EPYC): 0.40 s a step. 20 epochs (4,700 steps): most digits
readable. 10 epochs (2,350 steps): fd_cnn-mnist@10k 26.8, precision3 0.595, recall3 0.023 (test
images: 0.158, 0.884, 0.861). The tutorial's 50 epochs, the default here, were not run.
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, simultaneous, warmed_up
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import dcgan

SMOKE = dict(width=4, batch=8)


def experiment(lr=1e-4, b1=.9, b2=.999, width=64, d_width=0, z_dim=100, ema=.999, dropout=.3,
               loss='non_saturating', penalty='none', weight=1., steps=11_718, batch=256,
               seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), order=simultaneous,
          ema=warmed_up(ema)))
