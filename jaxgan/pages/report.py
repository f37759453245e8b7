"""One run as a page: what was asked, how it went, what it made, and what to try."""
import pathlib
import re
import shlex
from collections.abc import Mapping

from jaxgan.io import catalogue, files
from jaxgan.io.console import duration
from jaxgan.pages import page
from jaxgan.pages.advice import advice
from jaxgan.pages.record import Record, Series, judged, scores

HELP = ('Drag over a chart to see a part, double-click to see all, click a name to hide it. A '
        'dashed line is what real examples get. d/ranking is the share of pairs in which D '
        'puts the real example above the fake.')
KINDS = {'loss terms': r'[gd]/(?!real$|fake$|ranking$|gradient_norm$|skipped).*',
         "D's output": r'd/(real|fake|ranking)', 'gradient norms': r'[gd]/gradient_norm',
         'speed': r'.*_per_second'}


def write(record: Record, where: pathlib.Path) -> None:
  """Writes the page of a run."""
  files.write(where, report(record))


def report(record: Record) -> str:
  """The page of a run, HTML."""
  name = record.config['experiment'] or 'an Experiment made in Python'
  summary = catalogue.summary(catalogue.path(name)) if name in catalogue.names() else ''
  return page.document(
      f'{name}: {record.folder.name}',
      f'<h1>{page.text(pathlib.Path(name).stem)}</h1>', f'<p>{page.text(summary)}</p>',
      page.facts(told(record)), warnings(record),
      page.section('Scores', score_table(record), judged_table(record)),
      page.section('Samples', samples(record)),
      page.section('Curves', page.panels(curves(record)), f'<p class="faint">{HELP}</p>'),
      page.section('Networks', networks(record)),
      page.section('Asked for', knobs(record)))


def told(record: Record) -> dict[str, str]:
  """What, by which code, on what, for how long."""
  loop, last = record.config.get('loop') or {}, record.starts[-1] if record.starts else {}
  steps = record.config['knobs'].get('steps')
  versions = last.get('versions', {})
  found = {
      'state': f'{record.state}, step {record.step:,}' + (f' of {steps:,}' if steps else ''),
      'time': f'{duration(record.seconds)} in {len(record.starts)} '
              f'start{"s" * (len(record.starts) != 1)}',
      'command': f'<code>{page.text(shlex.join(last.get("command", [])))}</code>',
      'code': page.text(last.get('commit') or 'no commit known'),
      'devices': page.text(', '.join(last.get('devices', []))),
      'versions': page.text(', '.join(f'{name} {value}' for name, value in versions.items())),
      'data': page.text(', '.join(
          f'{name} {value}' for name, value in (record.config.get('identity') or {}).items()
          if isinstance(value, int | str))),
      'folder': f'<code>{page.text(str(record.folder))}</code>'}
  if loop.get('init_from'):
    found['started from'] = page.text(loop['init_from'])
  return found


def warnings(record: Record) -> str:
  boxes = [f'<div class="warning"><p><b>{page.text(one.what)}.</b> {page.text(one.why)}</p>'
           f'<p>Try: {page.text(one.do)}.</p></div>' for one in advice(record)]
  return page.section('What the log warns of', *boxes)


def score_table(record: Record) -> str:
  way = {True: 'higher', False: 'lower', None: ''}
  return page.table(
      ['in training', 'last', 'best', 'at step', 'real examples', 'better'],
      [(one.name, one.last, one.best, one.at, one.floor, way[one.rising])
       for one in scores(record)])


def judged_table(record: Record) -> str:
  def value(one):
    spread = '' if one['deviation'] is None else f' ± {one["deviation"]:.2g}'
    return f'{one["mean"]:.4g}{spread}'
  return page.table(['by eval', 'of', 'step', 'mean ± deviation', 'seeds'],
                    [(one['name'], one['of'], one['step'], value(one), one['seeds'])
                     for one in judged(record)])


def samples(record: Record) -> str:
  reals = record.folder / 'samples' / 'reals.png'
  beside = page.image(reals, 'real examples') if reals.exists() else ''
  return page.slides({'averaged generator, fixed latents': record.pictures()}, beside)


def curves(record: Record) -> list[str]:
  """A chart for each metric, and one for each kind of the game's numbers."""
  floors = {f'eval/{name}': value for name, value in record.floors.items()}
  charts = [page.chart(measure, named, floors)
            for measure, named in by_measure(record.series).items()]
  for title, pattern in KINDS.items():
    named = {name: points for name, points in record.series.items()
             if re.fullmatch(pattern, name)}
    charts.append(page.chart(title, named, log=title == 'gradient norms'))
  return charts


def by_measure(series: Mapping[str, Series]) -> dict[str, dict[str, Series]]:
  """The metrics, those of one measure together: they have one scale."""
  found = {}
  for name, points in series.items():
    if name.startswith('eval/'):
      measure = re.split('[-_@]', name.removeprefix('eval/'))[0]
      found.setdefault(measure, {})[name] = points
  return found


def networks(record: Record) -> str:
  """The parameters of each network's layers."""
  parts = []
  for role, leaves in (record.config.get('networks') or {}).items():
    layers = {}
    for path, shape in leaves.items():
      layers.setdefault(path.split('/')[0], []).append((path, shape))
    total = sum(size(shape) for shape in leaves.values())
    rows = [(layer, sum(size(shape) for _, shape in inner),
             ', '.join(f'{path.removeprefix(layer + "/")} {"×".join(map(str, shape))}'
                       for path, shape in inner[:4]) + ', ..' * (len(inner) > 4))
            for layer, inner in layers.items()]
    parts.append(f'<p>The {page.text(role)} has {total:,} parameters.</p>'
                 + page.table(['layer', 'parameters', 'shapes'], rows))
  return '\n'.join(parts)


def size(shape: list[int]) -> int:
  found = 1
  for n in shape:
    found *= n
  return found


def knobs(record: Record) -> str:
  asked = record.config['knobs'] | (record.config.get('loop') or {})
  return page.facts({f'--{name}': page.text(str(value)) for name, value in asked.items()})
