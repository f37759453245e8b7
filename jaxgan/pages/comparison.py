"""Several runs side by side: as a table, a page, a CSV file and a picture."""
import collections
import csv
import io
import math
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from jaxgan.io import files
from jaxgan.pages import page
from jaxgan.pages.record import Record, Score, Series, scores

SIDE_BY_SIDE = 8  # runs whose pictures are shown
LINE = 3  # metrics on a line of a terminal
SPEED = '_per_second'


class Group(NamedTuple):
  """Runs that differ in their seeds alone."""
  name: str  # what they have that others have not: 'lr=0.001'
  records: list[Record]


def differing(records: Sequence[Record]) -> list[str]:
  """The knobs in which runs differ, seeds and experiments among them."""
  every = [asked(record) for record in records]
  names = dict.fromkeys(name for knobs in every for name in knobs)
  return [name for name in names if len({str(knobs.get(name)) for knobs in every}) > 1]


def asked(record: Record) -> dict:
  return {'experiment': record.config['experiment']} | record.config['knobs']


def grouped(records: Sequence[Record]) -> list[Group]:
  """Runs by all but their seeds, in their order."""
  names = [name for name in differing(records) if name != 'seed']
  found = collections.defaultdict(list)
  for record in records:
    knobs = asked(record)
    found[','.join(f'{name}={knobs[name]}' for name in names if name in knobs)].append(record)
  return [Group(name or first_name(records), its) for name, its in found.items()]


def first_name(records: Sequence[Record]) -> str:
  return pathlib.Path(records[0].config['experiment'] or 'Python').stem


def metrics(records: Sequence[Record]) -> list[str]:
  """The metrics that any run has."""
  return list(dict.fromkeys(one.name for record in records for one in scores(record)))


def score(record: Record, name: str) -> Score:
  """A metric of a run; without numbers, if the run has none."""
  return next((one for one in scores(record) if one.name == name),
              Score(name, None, None, None, None, None))


def speed(record: Record) -> float | None:
  """Examples a second: the middle of what was logged."""
  for name, points in record.series.items():
    if name.endswith(SPEED):
      values = sorted(value for _, value in points)
      return values[len(values) // 2]
  return None


def spread(values: Sequence[float | None], form: str = '.4g') -> str:
  """Mean and standard deviation, as far as there are any."""
  known = [value for value in values if value is not None]
  if not known:
    return ''
  mean = sum(known) / len(known)
  if len(known) == 1:
    return f'{mean:{form}}'
  deviation = math.sqrt(sum((value - mean) ** 2 for value in known) / (len(known) - 1))
  return f'{mean:{form}} ± {deviation:.2g}'


def told_on_a_terminal(records: Sequence[Record], chosen: Sequence[str]) -> list[str]:
  """As many of the metrics as a line has room for; those that say what is better first."""
  directed = [name for name in chosen if records[0].rising(name) is not None]
  return (directed or list(chosen))[:LINE]


def rows(records: Sequence[Record], chosen: Sequence[str]) -> tuple[list[str], list[list[str]]]:
  """(head, rows): a row each group, with mean and deviation over its runs."""
  head = ['run', 'runs', 'step', *(f'{name} {which}' for name in chosen
                                   for which in ('best', 'last')), 'minutes', 'examples/s']
  found = []
  for name, its in grouped(records):
    cells = []
    for metric in chosen:
      each = [score(record, metric) for record in its]
      cells += [spread([one.best for one in each]), spread([one.last for one in each])]
    found.append([name, str(len(its)), f'{min(record.step for record in its):,}', *cells,
                  spread([record.seconds / 60 for record in its], '.1f'),
                  spread([speed(record) for record in its], ',.0f')])
  kept = [i for i in range(len(head)) if any(row[i] for row in found)]
  return [head[i] for i in kept], [[row[i] for i in kept] for row in found]


def plain(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
  """A table for the terminal; all but the first column stand to the right."""
  lines = [head, *body]
  widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
  return '\n'.join('  '.join(cell.rjust(width) if i else cell.ljust(width)
                             for i, (cell, width) in enumerate(zip(line, widths)))
                   for line in lines)


def csv_text(records: Sequence[Record], chosen: Sequence[str]) -> str:
  """A line a run: its knobs that differ, its scores, time and speed, whole."""
  names = differing(records)
  file = io.StringIO()
  out = csv.writer(file, lineterminator='\n')
  out.writerow(['folder', *names, 'step', *(f'{name} {which}' for name in chosen
                                            for which in ('best', 'at step', 'last', 'floor')),
                'minutes', 'examples_per_second'])
  for record in records:
    knobs = asked(record)
    each = [score(record, name) for name in chosen]
    out.writerow([record.folder, *(knobs.get(name, '') for name in names), record.step,
                  *(value for one in each for value in (one.best, one.at, one.last, one.floor)),
                  f'{record.seconds / 60:.3f}', speed(record)])
  return file.getvalue()


def labels(records: Sequence[Record]) -> list[str]:
  """A name for each run, as short as tells it apart."""
  names = differing(records)
  found = [','.join(f'{name}={asked(record).get(name)}' for name in names)
           for record in records]
  if len(set(found)) < len(found):  # by seed and knobs alike
    found = [record.folder.name for record in records]
  return found if len(set(found)) == len(found) else [str(one.folder) for one in records]


def write(records: Sequence[Record], chosen: Sequence[str],
          folder: pathlib.Path) -> list[pathlib.Path]:
  """Writes compare.html, compare.csv and compare.png -> their paths."""
  files.write(folder / 'compare.html', document(records, chosen))
  files.write(folder / 'compare.csv', csv_text(records, chosen))
  files.write(folder / 'compare.png', picture(records, chosen))
  return [folder / f'compare.{ending}' for ending in ('html', 'csv', 'png')]


def document(records: Sequence[Record], chosen: Sequence[str]) -> str:
  """The page."""
  names = labels(records)
  overlaid = [page.chart(name, overlay(records, name), floor=records[0].floors.get(name))
              for name in chosen]
  shown = dict(zip(names, [record.pictures() for record in records][:SIDE_BY_SIDE]))
  more = len(records) - SIDE_BY_SIDE
  left_out = f'<p class="faint">The first {SIDE_BY_SIDE} of {len(records)} runs.</p>'
  slides = page.slides(shown)
  head, body = rows(records, chosen)
  return page.document(
      f'{len(records)} runs', f'<h1>{len(records)} runs compared</h1>',
      page.section('Scores', page.table(head, body)),
      page.section('Knobs against scores', page.panels(knob_charts(records, chosen))),
      page.section('Curves', page.panels(overlaid)),
      page.section('Samples at equal steps', slides, left_out * bool(slides and more > 0)),
      page.section('Runs', page.table(['run', 'folder', 'state'], [
          (name, str(record.folder), record.state) for name, record in zip(names, records)])))


def overlay(records: Sequence[Record], name: str) -> dict[str, Series]:
  """A metric's curve of each run that has it."""
  named = zip(labels(records), records)
  return {label: record.series[f'eval/{name}'] for label, record in named
          if f'eval/{name}' in record.series}


def knob_charts(records: Sequence[Record], chosen: Sequence[str]) -> list[str]:
  """A chart for each knob that is a number and each metric: the best of a run, or the last."""
  charts = []
  for knob in differing(records):
    values = [asked(record).get(knob) for record in records]
    if knob == 'seed' or not all(type(value) in (int, float) for value in values):
      continue
    for name in chosen:
      points: Series = []
      for value, record in zip(values, records):
        one = score(record, name)
        if one.last is not None:
          points.append((value, one.last if one.best is None else one.best))
      charts.append(page.chart(f'{name} over {knob}', {'a run': sorted(points)}, x=knob,
                               dots=True))
  return charts


def picture(records: Sequence[Record], chosen: Sequence[str]) -> bytes:
  """The metrics' curves, laid over each other, as a PNG."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  figure = Figure(figsize=(5.5 * max(len(chosen), 1), 3.6), layout='constrained')
  FigureCanvasAgg(figure)
  for axes, name in zip(figure.subplots(1, max(len(chosen), 1), squeeze=False)[0], chosen):
    for label, points in overlay(records, name).items():
      axes.plot(*zip(*points), label=label, linewidth=1)
    if (floor := records[0].floors.get(name)) is not None:
      axes.axhline(floor, linestyle='--', linewidth=1, color='grey', label='real examples')
    axes.set(title=name, xlabel='step')
    axes.legend(fontsize='x-small')
  file = io.BytesIO()
  figure.savefig(file, dpi=110)
  return file.getvalue()
