"""What lies between and beyond samples: walks, mixtures, truncation, directions, as pictures.

  python launch.py --mode=interpolate --workdir=W --show=walk --out=walk.gif      # or .mp4
  python launch.py --mode=interpolate --workdir=W --show=styles
"""
import io
import pathlib
import shutil
import subprocess

import jax.numpy as jnp
import numpy as np

from jaxgan import gan as game
from jaxgan.analysis import latents
from jaxgan.analysis.latents import Space
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
  put,
  trained,
)
from jaxgan.run import workdir

FLAGS = {
    'n': ('int', 16, 'How many images, of films.', 1, 100_000_000),
    'show': (['walk', 'classes', 'styles', 'truncation', 'directions'], 'walk',
             'walk: a film from sample to sample; classes: from class to class; styles: '
             'mixtures of two; truncation: towards the average; directions: the strongest of '
             'the first layers (SeFa).'),
    'out': ('str', None, 'A .png, .gif or .mp4 (default: WORKDIR/samples/SHOW.png or .gif).')}
SHARED = ('sample_seed', 'step', 'ema', 'label')

FRAMES, SECOND = 16, 16  # from one picture to the next; in a second
COLUMNS, STEPS, REACH = 9, 5, 3.  # of sheets; and how far directions are followed


def run(values, knobs, paths) -> None:
  interpolate(folder(values), given(values), values.show, values.n, values.out,
              values.sample_seed, values.step, values.ema, values.label)


def interpolate(folder: pathlib.Path, experiment: str | None, show: str, n: int,
                out: str | None, seed: int, step: str, ema: bool, label: str | None) -> None:
  """Writes a picture or film of n samples, WORKDIR/samples/SHOW.png or .gif. Raises Failure."""
  run, spec, state = trained(folder, experiment, step)
  average = state.ema if ema else game.averaged(state.g)
  check_images(spec)
  place = latents.space(run.experiment, average)
  label = label_of(folder, label)
  count = classes_of(folder, workdir.read_conditions(folder, spec.c))
  asked = label is not None or count is not None
  conditions = labelled(label or 'all', count, n) if asked else None
  params = average['params']
  films = {'walk': walk, 'classes': lambda *args: classes(*args, count)}
  sheets = {'styles': styles, 'truncation': truncation,
            'directions': lambda *args: directions(*args, params)}
  kind = '.gif' if show in films else '.png'
  where = pathlib.Path(out or folder / 'samples' / f'{show}{kind}').expanduser().absolute()
  if show in films:
    check_film(where)
    save_film(films[show](place, n, seed, conditions), where)
  elif where.suffix != '.png':
    raise Failure(f'--out={where}: a sheet is a .png')
  else:
    put(where, pictures.png(sheets[show](place, n, seed, conditions)))
  say(f'{show} of samples of step {int(state.step):,}: {where}')


def walk(place: Space, n: int, seed: int, c) -> np.ndarray:
  """Frames [T, H, W, 3]: n pictures side by side, each on its way round four latents."""
  stops = [place.seeded(n, seed + i, c) for i in range(4)]
  frames = []
  for a, b in zip(stops, stops[1:] + stops[:1]):
    for t in np.arange(FRAMES) / FRAMES:
      frames.append(pictures.sheet(pictures.grid(
          place.draw(place.between(a, b, jnp.full(n, t)), c))))
  return np.stack(frames)


def classes(place: Space, n: int, seed: int, c, count: int | None) -> np.ndarray:
  """Frames: n pictures of fixed z, from class to class. Raises Failure without classes."""
  if not count:
    raise Failure('--show=classes: the generator of this run is told no class; try --show=walk')
  one_hot, frames = np.eye(count, dtype=np.float32), []
  for i in range(count):
    j = (i + 1) % count
    for t in np.arange(FRAMES) / FRAMES:
      mixture = (1 - t) * one_hot[i] + t * one_hot[j]
      told = np.broadcast_to(mixture, (n, count)).astype(np.float32)
      images = place.draw(place.seeded(n, seed, told), told)
      frames.append(pictures.sheet(pictures.grid(images), f'class {i if t < .5 else j}'))
  return np.stack(frames)


def styles(place: Space, n: int, seed: int, c) -> np.ndarray:
  """A sheet: first row and column samples, within it the column's coarse styles with the row's
  fine ones (Karras et al., 2019, arXiv:1812.04948, figure 3). Raises Failure without styles."""
  if place.centre is None:
    raise Failure('--show=styles: the generator of this run has no styles; try --show=walk')
  c = None if c is None else np.full(1 + COLUMNS, c[0])
  ws = place.seeded(1 + COLUMNS, seed, c)[1:]
  coarse, fine = ws[:COLUMNS], ws[:STEPS]
  cut = ws.shape[1] // 2
  mixed = jnp.stack([jnp.concatenate([coarse[:, :cut], jnp.broadcast_to(
      w[None, cut:], coarse[:, cut:].shape)], axis=1) for w in fine])
  body = place.draw(mixed.reshape(-1, *ws.shape[1:]), None if c is None else np.full(
      STEPS * COLUMNS, c[0]))
  tops = place.draw(ws, c if c is None else c[1:])
  rows = [np.concatenate([np.full_like(tops[:1], 255), tops])]
  for i in range(STEPS):
    rows.append(np.concatenate([tops[i:i + 1], body[i * COLUMNS:(i + 1) * COLUMNS]]))
  return pictures.sheet(pictures.grid(np.concatenate(rows), columns=1 + COLUMNS), '',
                        ['', *(f'fine {i + 1}' for i in range(STEPS))],
                        ['', *(f'coarse {i + 1}' for i in range(COLUMNS))])


def truncation(place: Space, n: int, seed: int, c) -> np.ndarray:
  """A sheet: a row a psi from 1 down to 0, a column a sample."""
  c = None if c is None else c[np.linspace(0, len(c) - 1, COLUMNS).astype(int)]
  w = place.seeded(COLUMNS, seed, c)
  levels = np.linspace(1, 0, STEPS)
  rows = [place.draw(latents.truncated(w, psi, place.centre), c) for psi in levels]
  return pictures.sheet(pictures.grid(np.concatenate(rows), columns=COLUMNS), '',
                        [f'psi {psi:g}' for psi in levels],
                        [f'class {label}' for label in c] if c is not None else ())


def directions(place: Space, n: int, seed: int, c, params) -> np.ndarray:
  """A sheet: a row a SeFa direction, the same sample moved along it."""
  c = None if c is None else c[:1].repeat(COLUMNS)
  w = place.seeded(1, seed, c if c is None else c[:1])
  found = latents.directions(params, w.shape[-1])[:STEPS]
  steps = jnp.linspace(-REACH, REACH, COLUMNS).reshape(-1, *[1] * (w.ndim - 1))
  along = lambda d: jnp.asarray(d, w.dtype).reshape((1,) * (w.ndim - 1) + d.shape)
  rows = [place.draw(w + steps * along(d), c) for d in found]
  return pictures.sheet(pictures.grid(np.concatenate(rows), columns=COLUMNS), '',
                        [f'direction {i + 1}' for i in range(len(found))],
                        [f'{step:+.2g}' for step in np.linspace(-REACH, REACH, COLUMNS)])


def check_film(where: pathlib.Path) -> None:
  """Raises Failure if this film cannot be written."""
  if where.suffix not in ('.gif', '.mp4'):
    raise Failure(f'--out={where}: a film is a .gif or a .mp4')
  if where.suffix == '.mp4' and not shutil.which('ffmpeg'):
    raise Failure(f'--out={where}: .mp4 needs the program ffmpeg, which is not here: install '
                  'it or take .gif')


def save_film(frames: np.ndarray, where: pathlib.Path) -> None:
  """uint8 [T, H, W, 3] as .gif, for ever, or .mp4, by ffmpeg."""
  if where.suffix == '.mp4':
    frames = frames[:, :frames.shape[1] // 2 * 2, :frames.shape[2] // 2 * 2]  # as h264 wants it
    size = f'{frames.shape[2]}x{frames.shape[1]}'
    where.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ['ffmpeg', '-y', '-loglevel', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24',
         '-s', size, '-r', str(SECOND), '-i', '-', '-pix_fmt', 'yuv420p', str(where)],
        input=np.ascontiguousarray(frames).tobytes(), capture_output=True, check=False)
    if done.returncode:
      raise Failure(f'ffmpeg could not write {where}: {done.stderr.decode().strip()[:200]}')
    return
  from PIL import Image
  pictures = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
  file = io.BytesIO()
  pictures[0].save(file, 'GIF', save_all=True, append_images=pictures[1:], loop=0,
                   duration=1000 // SECOND)
  put(where, file.getvalue())
