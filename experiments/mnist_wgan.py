"""A Wasserstein GAN with clipped weights on MNIST (Arjovsky et al., 2017, arXiv:1701.07875).

  python launch.py --experiment=mnist_wgan --workdir=runs/mnist_wgan

The paper's recipe: RMSProp at 5e-5, weights in [-0.01, 0.01], five critic moves for one of
G's, and its program's schedule: 100 before each of the first 25 and before every 500th: 2,449
moves of G in 3,000 steps.
Measured on one of 2 CPU cores (Intel Xeon), 15 min beside other work: fd_cnn-mnist@10k 23.4,
precision3 0.553, recall3 0.068 (3 samplings): so slow a recipe is far from done.
"""
import optax

from jaxgan import optimisers, priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import dcgan
from jaxgan.rules import resting

SMOKE = dict(width=4, batch=8)
HELP = dict(clip='Largest weight of the critic.')


def experiment(lr=5e-5, clip=.01, width=32, d_width=0, z_dim=100, ema=.999, dropout=0.,
               steps=3000, batch=64, seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  rmsprop = optax.rmsprop(lr, decay=.99, eps_in_sqrt=False)  # as PyTorch has it
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((d_width, 2 * d_width), dropout=dropout),
          prior=priors.normal(z_dim), loss=adversarial.wasserstein(), g_tx=rmsprop,
          d_tx=optax.chain(rmsprop, optimisers.clipped_weights(clip)),
          d_steps=5, order=resting.alternating(resting.wgan), ema=warmed_up(ema)))
