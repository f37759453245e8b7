"""Which game finds all modes? Every game of `mixture_games`, on both mixtures, several seeds.

  python -m benchmarks.mixtures --runs=runs/mixtures    # a table, JSON, docs/mixture_games.png

The seeds of a game are one program. Goes on where it was stopped: what
benchmarks/results/mixtures.json has is not run again.
"""
import itertools
import pathlib

import numpy as np
from absl import app, flags

from benchmarks.common import machine, read, write
from jaxgan import experiment
from jaxgan.experiment import builder
from jaxgan.io import files
from jaxgan.types import Paths

NAME, MEASURES = 'mixture_games', ('modes', 'high_quality3')
flags.DEFINE_string('runs', 'runs/mixtures', 'Folder of the runs.')
flags.DEFINE_integer('seeds', 5, 'Of each game.')


def scores(folder: pathlib.Path, knobs: dict, seeds: int) -> list[dict[str, float]]:
  """Trains the seeds of a game to their end -> their last scores."""
  folders = [folder / f'seed{seed}' for seed in range(seeds)]
  loop = dict(eval_share=1e9, sample_every=0)
  runs = [experiment.load(NAME, knobs | {'seed': seed}, loop) for seed in range(seeds)]
  loop.train(runs, folders, Paths())
  last = [[row for row in files.read(one / 'metrics.jsonl') if 'eval/modes@2500' in row][-1]
          for one in folders]
  return [{name: row[f'eval/{name}@2500'] for name in MEASURES} for row in last]


def row(name: str, found: list[dict[str, float]]) -> str:
  """A line of the table: modes by seed, and the mean share of good samples."""
  good = [100 * one['high_quality3'] for one in found]
  modes = ', '.join(f'{one["modes"]:.0f}' for one in found)
  return f'| {name} | {modes} | {np.mean(good):.1f} ± {np.std(good, ddof=1):.1f} % |'


def draw(found: dict[str, dict[str, list]], path: str) -> None:
  """Each run a dot: modes against the share of good samples, a panel a mixture."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  figure = Figure(figsize=(10, 3.6), layout='constrained')
  FigureCanvasAgg(figure)
  for axes, (data, games) in zip(figure.subplots(1, len(found)), found.items()):
    for i, (name, runs) in enumerate(games.items()):
      jitter = .12 * (np.arange(len(runs)) - 2)
      axes.plot([one['modes'] for one in runs] + jitter,
                [100 * one['high_quality3'] for one in runs], 'o', label=name, markersize=4,
                color=f'C{i}')
    axes.set(title=data, xlabel='modes found', ylabel='samples within 3 sigma, %')
  axes.legend(fontsize='x-small')
  figure.savefig(path, dpi=100)


def main(_):
  values = flags.FLAGS
  names = builder(experiment.catalogue.path(NAME)).__globals__
  report = read('mixtures') or machine() | {'runs': {}}
  for data, game in itertools.product(names['MIXTURES'], names['GAMES']):
    found = report['runs'].setdefault(data, {})
    if len(found.get(game, [])) < values.seeds:
      folder = pathlib.Path(values.runs, data, game)
      found[game] = scores(folder, dict(data=data, game=game), values.seeds)
      write('mixtures', report)
    print(row(f'{data}, {game}', found[game]), flush=True)
  draw(report['runs'], 'docs/mixture_games.png')


if __name__ == '__main__':
  app.run(main)
