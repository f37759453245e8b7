"""R3GAN's networks and game on MNIST, narrow (Huang et al., 2024, arXiv:2501.05441).

  python launch.py --experiment=mnist_r3gan --workdir=runs/mnist_r3gan

Stages of 7, 14 and 28 pixels, a block each; RpGAN with R1 and R2, whose weight, the learning
rate, Adam's b2 and the average's half-life go along cosines, as the paper's. The rate and the
weight are five times what the paper's networks have, for a short run: on one of 2 CPU cores
(Intel Xeon), fd_cnn-mnist@5k after 500 steps is 25.5; with lr=2e-4 and gamma=1 52.1, with
gamma=10 60.5. At the end, after 37 min beside other work: fd_cnn-mnist@10k 6.70, precision3
0.583, recall3 0.344 (3 samplings; test images 0.158, 0.884, 0.861).
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, half_life
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import scaled
from jaxgan.metrics import suite
from jaxgan.nets import r3gan
from jaxgan.optimisers import cosine
from jaxgan.rules import fresh

SMOKE = dict(width=16, batch=8)


def experiment(lr=1e-3, gamma=5., width=32, z_dim=64, blocks=1, steps=2000, batch=64, seed=0):
  data, widths = tfds.load('mnist'), (2 * width, width, width // 2)
  adam = optax.inject_hyperparams(optax.adam)(cosine(lr, lr / 4, steps), 0.,
                                              cosine(.9, .99, steps))
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),), best='fd',
      gan=GAN(
          generator=r3gan.Generator((28, 28, 1), widths, blocks),
          discriminator=r3gan.Discriminator(widths[::-1], blocks),
          prior=priors.normal(z_dim), d_steps=2, order=fresh.alternating,
          loss=adversarial.relativistic() + scaled(
              cosine(gamma, gamma / 10, steps), penalties.r1(1.) + penalties.r2(1.)),
          g_tx=adam, d_tx=adam, ema=half_life(cosine(0., 10_000., steps), batch)))
