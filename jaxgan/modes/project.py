"""Which latent makes this picture? Inversion by gradient descent.

  python launch.py --mode=project --workdir=W --image=photo.png

As StyleGAN2's projector (Karras et al., 2020, arXiv:1912.04958, appendix D), with one distance
for every kind of image: mean squared differences at full, half, quarter, .. size.
"""
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxgan import gan as game
from jaxgan.analysis import latents
from jaxgan.io import pictures
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.shared import (
  check_images,
  classes_of,
  folder,
  given,
  label_of,
  labelled,
  packed,
  pixels,
  put,
  trained,
)
from jaxgan.nets import resnet
from jaxgan.run import workdir
from jaxgan.types import Array, Batch

FLAGS = {
    'image': ('str', None, 'The picture to be found.'),
    'out': ('str', None, 'A .png (default: WORKDIR/samples/project.png).')}
SHARED = ('sample_seed', 'step', 'ema', 'label')

STEPS, RATE, STARTS = 400, .05, 64


def run(values, knobs, paths) -> None:
  project(folder(values), given(values), values.image, values.out, values.sample_seed,
          values.step, values.ema, values.label)


def project(folder: pathlib.Path, experiment: str | None, image: str | None, out: str | None,
            seed: int, step: str, ema: bool, label: str | None) -> None:
  """Writes a sheet, the picture beside what was found, and the latent beside it as .npz. Raises
  Failure."""
  run, spec, state = trained(folder, experiment, step)
  check_images(spec)
  target = pixels(image, spec.x.shape)
  where = pathlib.Path(out or folder / 'samples' / 'project.png').expanduser().absolute()
  if where.suffix != '.png':
    raise Failure(f'--out={where}: the sheet is a .png, and the latent a .npz beside it')
  label = label_of(folder, label)
  classes = classes_of(folder, workdir.read_conditions(folder, spec.c))
  if classes and label in (None, 'all'):
    raise Failure(f'--mode=project of a generator that is told the class needs --label=0 to '
                  f'{classes - 1}, what the picture shows')
  c = None if label is None else labelled(label, classes, STARTS)
  place = latents.space(run.experiment, state.ema if ema else game.averaged(state.g))
  goal = run.experiment.data.decode(Batch(target[None], None if c is None else c[:1])).x
  found, error = inverted(place, goal, seed, c)
  shown = place.draw(found, None if c is None else c[:1])
  put(where, pictures.png(pictures.sheet(pictures.grid(
      np.concatenate([target[None], shown]), columns=2), columns=['given', 'found'])))
  put(where.with_suffix('.npz'), packed(latent=np.asarray(found[0])))
  say(f'{image} by step {int(state.step):,}, distance {error:.4f}: {where}, and its latent '
      f'{where.with_suffix(".npz")}')


def distance(x: Array, goal: Array) -> Array:
  """[B]: mean squared differences of pixels, and of means of 2x2, 4x4, .., added."""
  total = 0.
  while True:
    total += ((x - goal) ** 2).mean((1, 2, 3))
    if x.shape[1] % 2 or x.shape[2] % 2:
      return total
    x, goal = resnet.halved(x), resnet.halved(goal)


def inverted(place: latents.Space, goal: Array, seed: int, c) -> tuple[Array, float]:
  """The latent [1, ..] nearest to the goal [1, H, W, C], and its distance: by Adam, from the
  best of some random ones."""
  starts = place.seeded(STARTS, seed, c)
  errors = jax.jit(lambda w: distance(place.image(w, c), goal))(starts)
  best = jnp.argmin(errors)
  told = None if c is None else c[:1]
  tx = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))

  @jax.jit
  def descend(w):
    def move(carry, _):
      w, opt = carry
      error, slope = jax.value_and_grad(lambda w: distance(place.image(w, told), goal)[0])(w)
      change, opt = tx.update(slope, opt, w)
      return (w + change, opt), error
    (w, _), _ = jax.lax.scan(move, (w, tx.init(w)), length=STEPS)
    return w, distance(place.image(w, told), goal)[0]
  found, error = descend(starts[best][None])
  return found, float(error)
