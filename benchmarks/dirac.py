"""Which rules converge? The Dirac-GAN, measured and by theory.

  python -m benchmarks.dirac    # a table, benchmarks/results/dirac.json, docs/dirac.png

Mescheder et al., 2018, arXiv:1801.04406, definition 2.1: G makes the point theta, D(x) =
psi x, and the data are the point 0; at rest both are 0. With losses of f(t) = -log(1 + e^-t),
v = (psi f'(-theta psi), -theta f'(-theta psi)), as D is high on real examples here (in the
paper on fakes: psi has the other sign, the eigenvalues are the same), and at rest

  v' = [[0, f'(0)], [-f'(0), 0]],  f'(0) = 1/2:  eigenvalues +- f'(0) i   (lemma 2.2).

What is added to the rules adds -q to the last entry: -q/2 +- sqrt(q^2/4 - f'(0)^2).
"""
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from benchmarks.common import machine, write
from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.analysis import dynamics
from jaxgan.augment.base import Augment, none
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss
from jaxgan.types import Batch

DATA = Batch(np.zeros((2, 1), np.float32))
STEP, STEPS, START = .1, 500, (1., 1.)


class Point(nn.Module):
  """G(z) = theta."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    return jnp.full_like(z, 1) * self.param('theta', nn.initializers.zeros, ())


class Line(nn.Module):
  """D(x) = psi x."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    return self.param('psi', nn.initializers.zeros, ()) * x[:, 0], {}


def noise(sigma: float) -> Augment:
  """Instance noise as +-sigma in turn: v' at rest sees a Gaussian's mean and variance only."""
  signs = sigma * jnp.array([[1.], [-1.]])
  return Augment(tuple, lambda keys, x, memory: x + signs, lambda memory, logits: memory)


class Rules(NamedTuple):
  """A game, and what the paper says of it at rest."""
  loss: Loss
  slope: float  # f'(0)
  q: float
  why: str
  augment: Augment = none()
  psi: float = 0.  # where v' is taken, theta being 0


LOG, RP = adversarial.non_saturating(), adversarial.relativistic()
GAMES = {
    'minimax': Rules(adversarial.minimax(), .5, 0, 'lemma 2.2'),
    'non-saturating': Rules(LOG, .5, 0, "lemma 2.2: both games have one v' at rest"),
    'WGAN': Rules(adversarial.wasserstein(), 1, 0, 'f(t) = t, section 3.1'),
    # w (|psi| - 1)^2 adds -2 w (|psi| - 1) sign(psi) to v: no rest at 0, where v jumps
    # by 4 w, though v' on either side is that of a stable game.
    'WGAN-GP, w = 1/2, psi = 0.001': Rules(
        adversarial.wasserstein() + penalties.gradient_penalty(.5), 1, 1,
        'q = 2 w, but v(0) jumps: section 3.1', psi=1e-3),
    # E f(psi x) over x ~ N(0, sigma^2), twice: q = -2 f''(0) sigma^2, f''(0) = -1/4.
    'instance noise, sigma = 1': Rules(LOG, .5, .5, 'q = sigma^2 / 2, section 3.2', noise(1.)),
    'R1, gamma = 0.3': Rules(LOG + penalties.r1(.3), .5, .3, 'q = gamma, section 3.3'),
    'R1, gamma = 1': Rules(LOG + penalties.r1(1.), .5, 1, "the critical gamma = 2 f'(0)"),
    'R2, gamma = 0.3': Rules(LOG + penalties.r2(.3), .5, .3, 'q = gamma, section 3.3'),
    # Huang et al., 2024, arXiv:2501.05441, eq. 12 lacks the square of f'(0).
    'relativistic, R1, gamma = 0.3': Rules(RP + penalties.r1(.3), .5, .3, 'the same game'),
}


def gan(rules: Rules, order=game.simultaneous) -> game.GAN:
  prior = lambda keys, batch: (jnp.zeros((len(keys), 1)), None)
  return game.GAN(Point(), Line(), prior, rules.loss, optax.sgd(STEP), optax.sgd(STEP),
                  rules.augment, order=order)


def state(of: game.GAN, theta: float, psi: float):
  at = {'g': {'theta': jnp.float32(theta)}, 'd': {'psi': jnp.float32(psi)}}
  return game.with_params(game.init(of, DATA, rng.root(0)), **at)


def mapped(f, *args):
  """f's result on one device, of (state, batch, key)."""
  mesh = parallel.mesh(jax.devices()[:1])
  return parallel.device_map(f, mesh, (P(), P('data'), P()))(*args)


def expected(rules: Rules) -> np.ndarray:
  """The two eigenvalues by theory, the upper or larger first."""
  root = np.sqrt(complex(rules.q ** 2 / 4 - rules.slope ** 2))
  return np.array([-rules.q / 2 + root, -rules.q / 2 - root])


def measured(rules: Rules) -> tuple[np.ndarray, float]:
  """The eigenvalues of v' at rest, and |v| there."""
  of = gan(rules)
  found = [mapped(functools.partial(f, of), state(of, 0, rules.psi), DATA, rng.root(0))
           for f in (dynamics.jacobian, dynamics.field)]
  values = np.linalg.eigvals(np.asarray(found[0], np.float64)).astype(complex)
  order = np.lexsort((-values.real, -values.imag))
  return values[order], float(optax.tree.norm(found[1]))


def trajectory(rules: Rules, order, start=START, steps: int = STEPS) -> np.ndarray:
  """The distance from rest before each step of SGD and after the last: [steps + 1]."""
  of = gan(rules, order)
  distance = lambda at: optax.tree.norm(dynamics.players(at))

  def run(at, batch, key):
    batches = jax.tree.map(lambda a: a[None], batch)
    def step(at, _):
      return game.train_step(of, at, batches, key)[0], distance(at)
    at, distances = jax.lax.scan(step, at, length=steps)
    return jnp.append(distances, distance(at))
  return np.asarray(mapped(run, state(of, *start), DATA, rng.root(0)))


def draw(report: dict, path: str) -> None:
  """Eigenvalues, measured on theory, and the distances of both orders of moves."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  figure = Figure(figsize=(13.5, 3.6), layout='constrained')
  FigureCanvasAgg(figure)
  plane, *times = figure.subplots(1, 3)
  for i, (name, one) in enumerate(report.items()):
    plane.plot(*np.transpose(one['measured']), 'o', color=f'C{i}')
    plane.plot(*np.transpose(one['theory']), 'x', color='black', markersize=4)
    for axes, order in zip(times, ('simultaneous', 'alternating')):
      axes.semilogy(one[order], color=f'C{i}', label=name, linewidth=1)
      axes.set(title=f'distance from rest, {order}', xlabel=f'step of {STEP}')
  plane.axvline(0, color='grey', linewidth=.5)
  plane.set(title="eigenvalues at rest (x: theory)", xlabel='real', ylabel='imaginary')
  figure.legend(*times[0].get_legend_handles_labels(), loc='outside right center',
                fontsize='x-small')
  figure.savefig(path, dpi=100)


def shown(values: np.ndarray) -> str:
  a, b = values
  if abs(a.imag) < 1e-6:
    return f'{a.real:.5f}, {b.real:.5f}'
  return f'{a.real:.5f} +- {a.imag:.5f} i'.replace('-0.00000 ', '0.00000 ')


def main():
  report = {}
  print(f'{"":30}  {"measured":22}  {"theory":22}  {"|v|":>5}  distance after {STEPS} steps of '
        f'{STEP}\n{"":30}  {"":22}  {"":22}  {"":5}  simultaneous  alternating')
  for name, rules in GAMES.items():
    (values, size), theory = measured(rules), expected(rules)
    far = {order.__name__: trajectory(rules, order).tolist()
           for order in (game.simultaneous, game.alternating)}
    print(f'{name:30}  {shown(values):22}  {shown(theory):22}  {size:5.2f}  '
          f'{far["simultaneous"][-1]:12.2e}  {far["alternating"][-1]:11.2e}  {rules.why}')
    pairs = lambda values: [[v.real, v.imag] for v in values]
    report[name] = {'measured': pairs(values), 'theory': pairs(theory), 'why': rules.why,
                    'v': size} | far
  write('dirac', machine() | {'step': STEP, 'start': START, 'games': report})
  draw(report, 'docs/dirac.png')


if __name__ == '__main__':
  main()
