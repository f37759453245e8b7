"""The numbers of a run as a picture."""
import io
import itertools
import math
import pathlib

from jaxgan.io import files

COLOURS = 'tab10', 'Dark2', 'Set2'  # 26 that differ
FEW = 30  # points that are marked
ACROSS = 3  # panels in a row


def draw(workdir: pathlib.Path) -> None:
  """Draws metrics.jsonl as curves.png: the loss terms, D's outputs, what D ranks rightly, the
  gradients' norms, the metrics."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  rows = [{name: value for name, value in row.items() if isinstance(value, int | float)}
          for row in files.steps(workdir / 'metrics.jsonl')]
  groups = panels({name for row in rows for name in row})
  if not groups:
    return
  across, down = min(ACROSS, len(groups)), -(-len(groups) // ACROSS)
  figure = Figure(figsize=(4.5 * across, 3.2 * down), layout='constrained')
  FigureCanvasAgg(figure)
  for i, (title, group) in enumerate(groups.items(), 1):
    draw_panel(figure.add_subplot(down, across, i), title, group, rows)
  file = io.BytesIO()
  figure.savefig(file, dpi=110)
  files.write(workdir / 'curves.png', file.getvalue())


def panels(names: set[str]) -> dict[str, list[str]]:
  """The names of what is drawn, by the panels' titles."""
  found = {title: [] for title in ('loss terms', "D's mean output", 'real ranked above fake',
                                   'gradient norms', 'metrics')}
  kinds = {'d/real': "D's mean output", 'd/fake': "D's mean output",
           'd/ranking': 'real ranked above fake'}
  for name in sorted(names):
    if name == 'step' or name.endswith('_per_second') or '/skipped' in name:
      continue
    kind = ('metrics' if name.startswith('eval/') else
            'gradient norms' if name.endswith('/gradient_norm') else
            kinds.get(name, 'loss terms'))
    found[kind].append(name)
  return {title: group for title, group in found.items() if group}


def draw_panel(axes, title: str, names: list[str], rows: list[dict]) -> None:
  """Curves by step, from step 0: few points marked, divergences and norms on a log axis."""
  from matplotlib import colormaps
  colours = [colour for name in COLOURS for colour in colormaps[name].colors]
  least = math.inf
  for name, colour in zip(names, itertools.cycle(colours)):
    points = [(row['step'], row[name]) for row in rows if name in row]
    least = min(least, *(value for _, value in points))
    axes.plot(*zip(*points), label=name.removeprefix('eval/'), linewidth=1, color=colour,
              marker='o' if len(points) < FEW else None, markersize=3)
  axes.set(title=title, xlabel='step')
  axes.set_xlim(left=0)
  if title in ('metrics', 'gradient norms') and least > 0:
    axes.set_yscale('log')  # measures of different sizes share the panel
  if title == 'real ranked above fake':
    axes.set_ylim(0, 1)
    axes.axhline(.5, color='grey', linewidth=.5)
  axes.legend(fontsize='small')
