"""One hundred labels and 60,000 images: a GAN that classifies (Salimans et al., 2016,
arXiv:1606.03498, section 5).

  python launch.py --experiment=mnist_semisupervised --workdir=runs/mnist_semisupervised
  python launch.py --mode=classify --workdir=runs/mnist_semisupervised

D tells K classes from fakes; G matches its features. Not measured yet, on any number of cores.
"""
import optax

from jaxgan import priors
from jaxgan.data import few_labels
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial, auxiliary
from jaxgan.losses.base import of_d
from jaxgan.nets import dcgan, heads

SMOKE = dict(width=4, batch=8)


def experiment(lr=3e-4, b1=.5, per_class=10, width=32, z_dim=100, steps=3000, batch=64, seed=0):
  data = few_labels.few_labels('mnist', per_class, seed)
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=50, save_every=500, sample_every=500, eval_every=0,
      gan=GAN(
          generator=dcgan.Generator((28, 28, 1), (4 * width, 2 * width, width)),
          discriminator=dcgan.Discriminator((width, 2 * width), head=heads.with_fake_class(10)),
          prior=priors.normal(z_dim),
          loss=(of_d(adversarial.non_saturating()) + auxiliary.labelled_examples()
                + auxiliary.feature_matching()),
          g_tx=optax.adam(lr, b1), d_tx=optax.adam(lr, b1)))
