"""The original minimax game on MNIST, pixels in [0, 1] (Goodfellow et al., 2014, eq. 1).

G minimises log(1 - D(G(z))) as written in arXiv:1406.2661.

  python launch.py --experiment=mnist_mlp_minimax --workdir=runs/mnist_mlp_minimax

Measured on 2 CPU cores (AMD EPYC): 2.2 ms a step; stopped at 33,500 steps. It fails as the
paper's section 3 warns: D is sure of every fake (d/fake below 1e-4) from step 2,000 on, G's
gradient vanishes, and the samples stay noise. mnist_mlp plays the non-saturating game.
"""
import jax
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import mlp

SMOKE = dict(width=8, batch=8)


def experiment(lr=1e-4, b1=.9, b2=.999, width=128, z_dim=100, ema=.999, steps=93_750,
               batch=64, seed=0):
  widths = (width, 2 * width, 4 * width)
  data = tfds.load('mnist', scale=(0., 1.))
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=500, save_every=5000, sample_every=5000, eval_every=5000,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=mlp.Generator(widths, (28, 28, 1), output=jax.nn.sigmoid),
          discriminator=mlp.Discriminator(widths, jax.nn.relu),
          prior=priors.normal(z_dim), loss=adversarial.minimax(),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
