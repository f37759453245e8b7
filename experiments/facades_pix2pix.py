"""pix2pix as its authors train it, on pictures A|B (Isola et al., 2017, arXiv:1611.07004).

  python launch.py --experiment=facades_pix2pix --workdir=runs/facades --data_dir=facades

--data_dir holds folders `train` and `test` of pictures of 256 x 512 pixels, as the authors'
page has them: facades (400 and 106), maps and others. x is the left half, a photograph, made
from the right one, its labels; --right the other way. 200 epochs, the rate falls to 0 in the
second half.

Otherwise than there: instance norm throughout, for what batch norm is at batches of 1; shifts
of up to 15 pixels for random crops; the critic's loss is not halved, which Adam does not see.
There is no noise when samples are drawn. Not measured here (2 CPU cores).
"""
import optax

from jaxgan import priors
from jaxgan.data import derived, pairs
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN, warmed_up
from jaxgan.losses import adversarial, paired
from jaxgan.metrics import paired as paired_metrics
from jaxgan.nets import patch, unet

SMOKE = dict(width=2, batch=8)
HELP = dict(right='The right half of each picture is the input.')


def experiment(right=False, width=64, d_width=0, l1=100., lr=2e-4, b1=.5, b2=.999, n=106,
               ema=.999, steps=80_000, batch=1, seed=0):
  d_width = d_width or width
  rate = optax.join_schedules([optax.constant_schedule(lr),
                               optax.linear_schedule(lr, 0., steps // 2)], [steps // 2])
  widths = [width * many for many in (1, 2, 4, 8, 8, 8, 8, 8)]
  return Experiment(
      data=derived.shifted(derived.mirrored(pairs.aligned(256, right)), 15),
      batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=2000, sample_every=2000, eval_every=2000, best='l1',
      metrics=(paired_metrics.of_images(n),),
      gan=GAN(
          generator=unet.Generator(3, widths, norm=unet.instance_norm),
          discriminator=patch.Discriminator([d_width * many for many in (1, 2, 4, 8)],
                                            unet.instance_norm),
          prior=priors.nothing, loss=adversarial.non_saturating() + paired.l1(l1),
          g_tx=optax.adam(rate, b1, b2), d_tx=optax.adam(rate, b1, b2), ema=warmed_up(ema)))
