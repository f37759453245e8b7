"""Every benchmark in turn, each in a process of its own, and a picture of the steps.

  pip install -r benchmarks/requirements.txt
  python -m benchmarks --data_dir=DIR    # tables, benchmarks/results/*.json, docs/speed.png

Nothing else should use the machine meanwhile. What needs hours is not in it: games, mixtures,
soak.
"""
import subprocess
import sys

import numpy as np
from absl import app, flags

from benchmarks.common import read

ALL = {'parameters': False, 'steps': False, 'loop': False, 'members': False, 'metrics': False,
       'scaling': False, 'gpu': False, 'start': True, 'data': True}  # needs --data_dir?
flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets.')


def draw(path: str) -> None:
  """Milliseconds a step of each program, the median and the range, by game."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  games = read('steps')['games']
  figure = Figure(figsize=(8, 2.6), layout='constrained')
  FigureCanvasAgg(figure)
  for axes, (title, programs) in zip(figure.subplots(1, len(games)), games.items()):
    for i, (name, found) in enumerate(programs.items()):
      ms, ours = found['ms'], name.startswith('jaxgan')
      axes.barh(i, np.median(ms), color='C0' if ours else '.7')
      axes.plot([min(ms), max(ms)], [i, i], 'k-', linewidth=1)
    axes.set(title=title, xlabel='ms a step', yticks=range(len(programs)))
    axes.set_yticklabels(programs, fontsize='small')
    axes.invert_yaxis()
  figure.savefig(path, dpi=100)


def main(_):
  where = flags.FLAGS.data_dir
  failed = []
  for name, takes_data in ALL.items():
    print(f'\n== python -m benchmarks.{name}', flush=True)
    data = [f'--data_dir={where}'] if takes_data and where else []
    if subprocess.run([sys.executable, '-m', f'benchmarks.{name}', *data]).returncode:
      failed.append(name)
  if 'steps' not in failed:
    draw('docs/speed.png')
  if failed:
    sys.exit(f'these failed: {", ".join(failed)}')


if __name__ == '__main__':
  app.run(main)
