"""The numbers of a run as a picture."""
import io
import pathlib

from jaxgan.io import files


def draw(workdir: pathlib.Path) -> None:
  """Draws metrics.jsonl as curves.png: the loss terms, D's outputs, the metrics."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  rows = [{name: value for name, value in row.items() if isinstance(value, int | float)}
          for row in files.steps(workdir / 'metrics.jsonl')]
  names = sorted({name for row in rows for name in row
                  if name != 'step' and not name.endswith('_per_second')})
  outputs = [name for name in names if name in ('d/real', 'd/fake', 'd/ranking')]
  metrics = [name for name in names if name.startswith('eval/')]
  norms = [name for name in names if name.endswith('/gradient_norm')]
  terms = [name for name in names
           if name not in outputs + metrics + norms and '/skipped' not in name]
  panels = [(title, group) for title, group in (
      ('loss terms', terms), ("D's mean output", outputs), ('gradient norms', norms),
      ('metrics', metrics)) if group]
  if not panels:
    return
  figure = Figure(figsize=(4.5 * len(panels), 3.2), layout='constrained')
  FigureCanvasAgg(figure)
  for axes, (title, group) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels):
    for name in group:
      label = f'{name}: real above fake' if name == 'd/ranking' else name
      points = [(row['step'], row[name]) for row in rows if name in row]
      axes.plot(*zip(*points), label=label, linewidth=1)
    axes.set(title=title, xlabel='step')
    shown = [row[name] for row in rows for name in group if name in row]
    if group in (metrics, norms) and min(shown) > 0:
      axes.set_yscale('log')  # measures of different sizes share the panel
    axes.legend(fontsize='small')
  file = io.BytesIO()
  figure.savefig(file, dpi=110)
  files.write(workdir / 'curves.png', file.getvalue())
