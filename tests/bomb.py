"""A tiny experiment with an accident in it: BOMB=EVENT:COUNT:ACCIDENT, EVENT one of

eval  in the COUNT-th evaluation, after its step
read  in the COUNT-th reading of data, before a step
save  in the COUNT-th save, when all is written but not yet renamed

and ACCIDENT the number of a signal, 'io' (an OSError), 'bug' (a ZeroDivisionError) or 'sleep'.
"""
import dataclasses
import itertools
import os
import time
from collections.abc import Callable

import optax

from jaxgan import priors
from jaxgan.data import digits, source
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.metrics import sliced
from jaxgan.nets import dcgan
from jaxgan.run import checkpoint
from jaxgan.types import Metric


def unreadable():
  raise OSError(5, 'Input/output error', 'shard-3')


accidents = {'io': unreadable, 'bug': lambda: 1 / 0, 'sleep': lambda: time.sleep(600)}


def fuse(event):
  """-> a function that counts its calls, and explodes in the one it was set for."""
  at, count, number = (os.environ.get('BOMB') or 'never:0:0').split(':')
  calls = []

  def burn():
    calls.append(event)
    if event == at and len(calls) == int(count):
      accidents[number]() if number in accidents else os.kill(os.getpid(), int(number))
  return burn


@dataclasses.dataclass(frozen=True)
class Mined(source.Arrays):
  burn: Callable = None

  def __getitem__(self, ids):
    self.burn()
    return super().__getitem__(ids)


def mined(rename, burn):
  def mined_rename(old, new):
    burn()
    rename(old, new)
  return mined_rename


def experiment(lr=1e-3, width=4, z_dim=8, steps=40, batch=8, seed=0, decay_lr=False):
  if os.environ.get('BOMB', '').startswith('save'):
    checkpoint.os.rename = mined(os.rename, fuse('save'))
  plain, evaluation = digits.load(), fuse('eval')

  def prepare(paths):
    score, calls = sliced.of_pixels().prepare(paths), itertools.count()

    def mined_score(real, fake):
      if next(calls) != 1:  # the second tells what test examples get
        evaluation()
      return score(real, fake)
    return mined_score
  data = source.images(plain.describe, lambda d: Mined(plain.load(d).batch, {'name': 'mined'},
                                                       burn=fuse('read')))
  data = dataclasses.replace(data, test=plain)
  rate = optax.linear_schedule(lr, 0, steps) if decay_lr else lr
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      metrics=(Metric(1000, prepare, {'sw2_pixels': False}),),
      eval_share=1., log_every=4, eval_every=4, sample_every=20, save_every=8, keep=2,
      gan=GAN(
          generator=dcgan.Generator((8, 8, 1), (2 * width, width), kernel=3),
          discriminator=dcgan.Discriminator((width, 2 * width), kernel=3),
          prior=priors.normal(z_dim), loss=adversarial.non_saturating(),
          g_tx=optax.adam(rate, b1=.5), d_tx=optax.adam(rate, b1=.5)))

