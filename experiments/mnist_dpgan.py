"""A differentially private GAN on MNIST (DP-GAN: Xie et al., 2018, arXiv:1802.06739).

  python launch.py --experiment=mnist_dpgan --workdir=runs/mnist_dpgan

Dense players: a gradient an example is cheap for them. The log shows epsilon, for delta =
1e-5, of batches that were drawn at random (ours are slices of a shuffled epoch). Measured on
one of 2 CPU cores (Intel Xeon), 10,000 steps: epsilon 6.03; fd_cnn-mnist@10k 64.4, precision3
0.897, recall3 0 (3 samplings): noisy 1, 8, 9, 3, and little else. Epsilon is of the players
alone: the log's d/real and d/accuracy and the metrics look at the data without noise.
"""
import optax

from jaxgan import priors
from jaxgan.data import tfds
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial
from jaxgan.metrics import suite
from jaxgan.nets import layers, mlp
from jaxgan.rules import private

SMOKE = dict(width=16, batch=8)
HELP = dict(clip='Longest gradient of an example.',
            noise="The noise's deviation, in units of clip.")


def experiment(lr=2e-4, b1=.5, b2=.999, clip=1., noise=.6, width=128, d_width=0, z_dim=100,
               ema=.999, steps=10_000, batch=128, seed=0):
  d_width = d_width or width
  data = tfds.load('mnist')
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=500,
      metrics=(suite.in_training(data),),  # no `best`: to choose by the data would cost epsilon
      gan=GAN(
          generator=mlp.Generator((width, 2 * width), (28, 28, 1)),
          discriminator=mlp.Discriminator((2 * d_width, d_width), layers.leaky_relu(.2)),
          prior=priors.normal(z_dim),
          loss=(adversarial.non_saturating()
                + private.accountant(batch / 60_000, noise, delta=1e-5)),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2),
          order=private.private(clip, noise), ema=warmed_up(ema)))
