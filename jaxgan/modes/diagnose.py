"""How the game of a run stands: slopes, gradients, singular values, eigenvalues.

Numbers go to WORKDIR/diagnosis.jsonl, pictures to WORKDIR/diagnosis_STEP.png.
"""
import functools
import io
import pathlib

import jax
import numpy as np
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan import gan as game
from jaxgan.analysis import diagnosis, dynamics
from jaxgan.data import order
from jaxgan.experiment import Experiment
from jaxgan.io import console, files
from jaxgan.io.console import say
from jaxgan.io.errors import check_writable
from jaxgan.modes.shared import folder, given, trained
from jaxgan.types import Batch, Paths, PyTree, TrainState

SHARED = ('step',)

BATCHES = 8  # for gradients and D's judgements
LATENTS = 16  # for singular values
EXACT = 2000  # parameters up to which the Jacobian itself is formed
PRODUCTS = 20  # with it, beyond


def run(values, knobs, paths) -> None:
  diagnose(folder(values), given(values), values.step, paths)


def diagnose(folder: pathlib.Path, experiment: str | None, step: str, paths: Paths) -> None:
  """Prints, writes and draws what is found. Raises Failure."""
  run, _, state = trained(folder, experiment, step)
  check_writable(folder)
  one, mesh, step = run.experiment, parallel.mesh(), int(state.step)
  parallel.check_batch(one.batch)
  source = one.data.load(paths.data_dir)
  ids = order.ids(len(source), one.seed, 0, BATCHES * one.batch).reshape(BATCHES, -1)
  batches = [one.data.decode(source[i]) for i in ids]
  found = looked(one.gan, parallel.replicate(state, mesh), batches, mesh)
  found['singular values'] = singular_values(one, state, batches[0])
  numbers = summary(found)
  with (folder / 'diagnosis.jsonl').open('a') as file:
    file.write(files.strict({'step': step} | numbers) + '\n')
  where = folder / f'diagnosis_{step:08}.png'
  files.write(where, drawn(found, f'{folder.name}, step {step:,}'))
  width = max(map(len, numbers))
  say('\n'.join(f'{name:{width}}  {value:.4g}' for name, value in numbers.items()))
  say(f'step {step:,}; a row in {folder}/diagnosis.jsonl; pictures: {where}')


def looked(gan: game.GAN, state: TrainState, batches: list[Batch], mesh) -> dict:
  """What the two players show on these batches, and the game's eigenvalues on the first."""
  def on(f):
    return parallel.device_map(functools.partial(f, gan), mesh, (P(), P('data'), P()))

  def faced(gan, state, batch, key):
    round, _ = gan.play(gan, axis.vary(state), batch, key)
    return diagnosis.judgements(round), diagnosis.steepness(round)

  keys = [rng.named(rng.root(0), f'diagnosis {i}') for i in range(len(batches))]
  face, field = on(faced), on(dynamics.field)
  with console.progress(2 * len(batches), 'look') as tick:
    tables, slopes, fields = [], [], []
    for batch, key in zip(batches, keys):
      table, slope = parallel.local(face(state, batch, key))
      tables.append(table)
      slopes.append(slope)
      tick(1)
      fields.append(parallel.local(field(state, batch, key)))
      tick(1)
  return {'table': sum(tables),
          'eigenvalues': eigenvalues(gan, state, batches[0], keys[0], mesh),
          'steepness': {name: max(s[name] for s in slopes) for name in slopes[0]},
          'agreement': {role: diagnosis.agreement(np.stack([flat(f[role]) for f in fields]))
                        for role in 'gd'}}


def flat(tree: PyTree) -> np.ndarray:
  return np.concatenate([a.ravel() for a in jax.tree.leaves(tree)])


def eigenvalues(gan: game.GAN, state: TrainState, batch: Batch, key, mesh) -> np.ndarray:
  """Of the game's Jacobian: all, or those of the outermost that are found to 5 % of the
  largest."""
  n = sum(a.size for a in jax.tree.leaves(dynamics.players(state)))
  if n <= EXACT:
    whole = parallel.device_map(functools.partial(dynamics.jacobian, gan), mesh,
                                (P(), P('data'), P()))
    return np.linalg.eigvals(np.asarray(whole(state, batch, key), np.float64))
  times = parallel.device_map(functools.partial(dynamics.product, gan), mesh,
                              (P(), P('data'), P(), P()))
  with console.progress(PRODUCTS, 'product') as tick:
    def product(u):
      tick(1)
      return times(state, batch, key, u)
    values, errors = dynamics.arnoldi(product, n, PRODUCTS)
  return values[errors <= max(.05 * np.abs(values).max(), errors.min())]


def singular_values(one: Experiment, state: TrainState, batch: Batch) -> np.ndarray:
  """Of dG/dz at LATENTS inputs of the averaged generator: [LATENTS, Z]."""
  keys = rng.per_example(rng.named(rng.root(0), 'latents'), np.arange(LATENTS))
  examples = jax.tree.map(lambda a: a[np.arange(LATENTS) % len(a)], batch)
  z, c = game.drawn(one.gan, keys, examples)

  def at(zc):
    z, c = jax.tree.map(lambda a: a[None], zc)
    G = lambda z: game.sample(one.gan, state.ema, z, c)
    return diagnosis.singular_values(G, z)
  return np.asarray(jax.jit(functools.partial(jax.lax.map, at))((z, c)))


def summary(found: dict) -> dict[str, float]:
  """Everything as numbers by name."""
  calibration = diagnosis.calibration(found['table'])
  s = found['singular values']
  numbers = {f'd/right on {kind}': calibration[kind] for kind in ('real', 'fake')}
  numbers['d/calibration error'] = calibration['ece']
  numbers |= {f'd/slope, {name}': value for name, value in found['steepness'].items()}
  for role, (norms, cosines) in found['agreement'].items():
    numbers[f'{role}/gradient norm'] = norms.mean()
    numbers[f'{role}/cosine of gradients'] = cosines.mean()
  numbers |= {'g/largest singular value': s[:, 0].mean(),
              'g/singular values above 1 % of it': (s > .01 * s[:, :1]).sum(1).mean()}
  numbers |= {f'game/{name}': value
              for name, value in dynamics.summary(found['eigenvalues']).items()}
  return {name: float(value) for name, value in numbers.items()}


def drawn(found: dict, title: str) -> bytes:
  """Five panels, as a PNG."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  figure = Figure(figsize=(16, 3.4), layout='constrained')
  FigureCanvasAgg(figure)
  calibration, norms, cosines, singular, plane = figure.subplots(1, 5)
  count, p, real = np.asarray(found['table'], np.float64).T
  some = count > 0
  calibration.plot([0, 1], [0, 1], color='grey', linewidth=.5)
  calibration.plot(p[some] / count[some], real[some] / count[some], 'o-')
  calibration.set(title='calibration of D', xlabel='sigmoid(logit), mean of a bin',
                  ylabel='share that is real', xlim=(0, 1), ylim=(0, 1))
  for role, (sizes, angles) in found['agreement'].items():
    norms.plot(sizes, 'o-', label=role, markersize=3)
    cosines.plot(angles, 'o-', label=role, markersize=3)
  norms.set(title='gradient norms', xlabel='batch', yscale='log')
  cosines.set(title='cosine with the next', xlabel='batch', ylim=(-1, 1))
  norms.legend()
  singular.semilogy(np.maximum(found['singular values'].T, 1e-8), color='C0', alpha=.4,
                    linewidth=1)
  singular.set(title=f'singular values of dG/dz, {LATENTS} z', xlabel='index')
  plane.axvline(0, color='grey', linewidth=.5)
  plane.plot(found['eigenvalues'].real, found['eigenvalues'].imag, '.')
  plane.set(title="eigenvalues of the game", xlabel='real', ylabel='imaginary')
  figure.suptitle(title, fontsize='medium')
  file = io.BytesIO()
  figure.savefig(file, dpi=90)
  return file.getvalue()
