"""Images of your own: a folder or zip of them, at a size that fits the machine.

  python launch.py --experiment=own_images --workdir=runs/own --data_dir=FOLDER

The size is the largest power of two that nine of ten images reach, up to 32 pixels on CPUs and
128 elsewhere; of larger images the middle is taken, and made smaller. --size, --batch, --width,
--augment choose otherwise. A tenth of the images is held out: their score is printed beside the
samples' (fd_rand-conv: a Fréchet distance in features of a random network; as many samples as
images are held out). A generator of residual blocks that enlarge before they convolve, which
leaves no checkerboard, a DCGAN's discriminator with R1, and DiffAugment for fewer than 10,000
images. Measured on one of 2 CPU cores (AMD EPYC), beside other work, on 1,693 emoji: 32 x 32,
10,000 steps in 26 minutes, a score of 3.3 where held-out emoji have 2.7.
"""
import jax
import optax

from jaxgan import gan, priors
from jaxgan.augment import base, diffaugment
from jaxgan.data import derived, folder
from jaxgan.experiment import Experiment, choose
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.losses import named
from jaxgan.metrics import suite
from jaxgan.nets import dcgan, resnet

SMOKE = dict(size=16, width=4, batch=8, n=8, augment='diffaugment')
HELP = dict(size='Pixels of an image, in height and width; 0: by the images and the machine.',
            width='Channels of the networks; 0: by the machine.',
            batch='Examples in a batch; 0: by the machine.',
            n='Examples that the metric takes; 0: as many as are held out, at most 1,000.',
            augment='none or diffaugment; empty: by how many images there are.',
            channels='1 for grey, 3 for colour.',
            mirror='Each image may be shown mirrored.')
SMALLEST, FEW = 16, 10_000
AUGMENTS = {'none': base.none(), 'diffaugment': base.fixed(diffaugment.of(
    diffaugment.color, diffaugment.translation, diffaugment.cutout))}


def chosen(knobs, data_dir):
  """What is 0 or '' is chosen by the images and the machine."""
  count, side = folder.measured(data_dir)
  if side < SMALLEST:
    raise Failure(f'the images in {data_dir} are {side} pixels wide or high, and {SMALLEST} is '
                  'the least: give larger ones')
  small = jax.default_backend() == 'cpu'
  size = knobs['size'] or min(2 ** (side.bit_length() - 1), 32 if small else 128)
  found = dict(size=size, width=knobs['width'] or (32 if small else 64),
               batch=knobs['batch'] or (32 if small else 64),
               augment=knobs['augment'] or ('diffaugment' if count < FEW else 'none'),
               n=knobs['n'] or min(-(-count // 10), 1000))
  say(f'{count:,} images, most at least {side} pixels wide and high: '
      + ', '.join(f'--{name}={value}' for name, value in found.items()))
  return knobs | found


def experiment(size=0, width=0, d_width=0, augment='', channels=3, mirror=True, lr=2e-4,
               b1=.5, b2=.999, z_dim=100, n=0, ema=.999, dropout=0., loss='non_saturating',
               penalty='r1', weight=1., steps=10_000, batch=0, seed=0):
  if not size:
    raise Failure('own_images needs a size: --data_dir=FOLDER, by which it is chosen, or '
                  '--size=64')
  images = derived.split(folder.load(size, channels, resize=True, convert=True))
  data = derived.mirrored(images) if mirror else images
  widths = lambda width: [width * min(2 ** i, 8) for i in range(size.bit_length() - 3)]
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=1000, best='fd',
      metrics=(suite.in_training(images, ('fd',), n),),
      gan=gan.GAN(
          generator=resnet.Generator((size, size, channels), widths(width)[::-1]),
          discriminator=dcgan.Discriminator(widths(d_width or width), kernel=4,
                                            dropout=dropout),
          prior=priors.normal(z_dim), loss=named.loss(loss, penalty, weight),
          augment=choose(AUGMENTS, 'augment', augment),
          g_tx=optax.adam(lr, b1, b2), d_tx=optax.adam(lr, b1, b2), ema=gan.warmed_up(ema)))
