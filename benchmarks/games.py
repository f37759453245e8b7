"""Loss against penalty on MNIST, at one budget: scores of every game of `mnist_dcgan_games`.

  python -m benchmarks.games --data_dir=DIR --runs=runs/games    # a table, JSON, docs/games.png

Goes on where it was stopped: what benchmarks/results/games.json has is not run again. All games
of a seed come before the next seed.
"""
import itertools
import pathlib

import numpy as np
from absl import app, flags

from benchmarks.common import machine, read, write
from jaxgan import experiment
from jaxgan.experiment import builder
from jaxgan.io import files
from jaxgan.io.console import say
from jaxgan.modes import eval as evaluate
from jaxgan.types import Paths

NAME, N = 'mnist_dcgan_games', 10_000
MEASURES = {'fd': 'fd_cnn-mnist@10k', 'precision': 'precision3_cnn-mnist@10k',
            'recall': 'recall3_cnn-mnist@10k'}
flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets.')
flags.DEFINE_string('cache_dir', None, 'Folder for what is computed once.')
flags.DEFINE_string('runs', 'runs/games', 'Folder of the runs.')
flags.DEFINE_integer('steps', 1500, 'Of each run.')
flags.DEFINE_integer('width', 16, 'Of the networks; mnist_dcgan has 64.')
flags.DEFINE_integer('seeds', 3, 'Of each game.')


def games() -> tuple[list[str], list[str]]:
  """The names of the losses and of the penalties."""
  file = experiment.catalogue.path(NAME)
  found = builder(file).__globals__
  return list(found['LOSSES']), list(found['PENALTIES'])


def score(folder: pathlib.Path, knobs: dict, paths: Paths) -> dict[str, float]:
  """Trains a run, or goes on with it, and scores it -> value by measure."""
  loop = dict(eval_every=0, sample_every=knobs['steps'], save_every=knobs['steps'], best='')
  loop.train([experiment.load(NAME, knobs, loop)], [folder], paths)
  request = evaluate.Request(N, 'fd,prdc', None, range(1), 'latest', True)
  evaluate.evaluate(folder, None, request, paths)
  rows = files.read(folder / 'evals.jsonl')
  samples = {row['name']: row['value'] for row in rows if row['of'] == 'samples'}
  return {short: samples[name] for short, name in MEASURES.items()}


def table(found: dict[str, list[dict]], losses: list[str], penalties: list[str]) -> str:
  """FD / precision / recall, means over seeds, and FD's deviation; a row a loss."""
  def cell(scores):
    if not scores:
      return ''
    mean = {name: np.mean([s[name] for s in scores]) for name in MEASURES}
    spread = np.std([s['fd'] for s in scores], ddof=1) if len(scores) > 1 else np.nan
    return (f'{mean["fd"]:.1f} ± {spread:.1f} / {mean["precision"]:.2f} '
            f'/ {mean["recall"]:.2f}')
  rows = [['fd / precision / recall', *penalties]]
  rows += [[loss, *(cell(found.get(f'{loss} {p}')) for p in penalties)] for loss in losses]
  return '\n'.join('| ' + ' | '.join(row) + ' |' for row in rows)


def draw(found: dict[str, list[dict]], losses: list[str], penalties: list[str],
         path: str) -> None:
  """FD of every run, a dot, by loss and penalty."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  figure = Figure(figsize=(8, 3.6), layout='constrained')
  FigureCanvasAgg(figure)
  axes = figure.subplots()
  for i, penalty in enumerate(penalties):
    dots = [(at + .15 * (i - 1.5), s['fd']) for at, loss in enumerate(losses)
            for s in found.get(f'{loss} {penalty}', [])]
    axes.plot(*np.transpose(dots).reshape(2, -1), 'o', color=f'C{i}', label=penalty,
              markersize=4)
  axes.set(yscale='log', ylabel=f'{MEASURES["fd"]}, lower is better',
           xticks=range(len(losses)))
  axes.set_xticklabels(losses)
  axes.legend(fontsize='small')
  figure.savefig(path, dpi=100)


def main(_):
  values = flags.FLAGS
  losses, penalties = games()
  paths = Paths(values.data_dir, values.cache_dir)
  budget = {'steps': values.steps, 'width': values.width}
  report = read('games')
  if any(report.get(name) != value for name, value in budget.items()):
    report = machine() | budget | {'games': {}}
  for seed, loss, penalty in itertools.product(range(values.seeds), losses, penalties):
    found = report['games'].setdefault(f'{loss} {penalty}', [])
    if len(found) <= seed:
      folder = pathlib.Path(values.runs, f'{loss}-{penalty}', f'seed{seed}')
      knobs = budget | dict(loss=loss, penalty=penalty, seed=seed)
      found.append(score(folder, knobs, paths))
      say(f'{loss} with {penalty}, seed {seed}: {found[-1]}')
      write('games', report)
  found = report['games']
  print(table(found, losses, penalties))
  draw(found, losses, penalties, 'docs/games.png')


if __name__ == '__main__':
  app.run(main)
