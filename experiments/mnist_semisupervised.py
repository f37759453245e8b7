"""One hundred labels and 60,000 images: a GAN that classifies (Salimans et al., 2016,
arXiv:1606.03498, section 5).

  python launch.py --experiment=mnist_semisupervised --workdir=runs/mnist_semisupervised
  python launch.py --mode=classify --workdir=runs/mnist_semisupervised

The paper's players but for weight normalisation and the noise before D's last layer: D, with
noise in every other, tells K classes from fakes; G matches its features. Measured on 2 CPU
cores (Intel Xeon), one run: 96.16 % of the test set after 13,000 of 20,000 steps (9 min beside
other work); another draw of the labels: 97.28 % after 6,000 steps (AMD EPYC). The paper reports
99.07 +- 0.07 % after 300 epochs.
"""
import jax
import optax

from jaxgan import priors
from jaxgan.data import semi_supervised
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, auxiliary
from jaxgan.losses.base import of_d
from jaxgan.nets import heads, mlp

SMOKE = dict(width=8, batch=8)
HELP = dict(per_class='Labelled images of each class.')


def experiment(lr=1e-3, b1=.5, b2=.999, per_class=10, width=250, d_width=0, z_dim=100,
               ema=.999, steps=20_000, batch=100, seed=0):
  d_width = d_width or width
  data = semi_supervised.few_labels('mnist', per_class, seed, scale=(0., 1.))
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=200, save_every=2000, sample_every=2000, eval_every=0,
      gan=GAN(
          generator=mlp.Generator((2 * width, 2 * width), (28, 28, 1), jax.nn.softplus,
                                  jax.nn.sigmoid, normed=True),
          discriminator=mlp.Discriminator(
              (4 * d_width, 2 * d_width, d_width, d_width, d_width), jax.nn.relu,
              noise=(.3, .5, .5, .5, .5), head=heads.with_fake_class(10)),
          prior=priors.uniform(z_dim),
          loss=(of_d(adversarial.non_saturating()) + auxiliary.labelled_examples()
                + auxiliary.feature_matching()),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=warmed_up(ema)))
