"""Runs beside each other: a table, curves over each other, knobs against scores, pictures."""
import os
import pathlib
from collections.abc import Sequence

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.report import found
from jaxgan.pages import comparison, record
from jaxgan.run import workdir

FLAGS = {
    'runs': ('strs', [], "Folders of runs, or of sweeps; the words after `compare`."),
    'metric': ('str', None, 'Which scores, by how their names start, with commas between '
               '(default: all).'),
    'out': ('str', None, 'Folder for compare.html, compare.csv and compare.png (default: the '
            'folder that the runs share).')}
WORDS = 'runs'


def run(values, knobs, paths) -> None:
  records = [found(folder) for folder in folders(values.runs)]
  if len(records) < 2:
    raise Failure('compare needs two runs or more: jaxgan compare RUN RUN, or the folder of a '
                  'sweep')
  chosen = metrics(records, values.metric)
  where = pathlib.Path(values.out or os.path.commonpath(
      [record.folder.parent for record in records])).expanduser().absolute()
  with workdir.storage(where):
    made = comparison.write(records, chosen, where)
  shown = chosen if values.metric else comparison.told_on_a_terminal(records, chosen)
  say(comparison.plain(*comparison.rows(records, shown)))
  say(f'all {len(chosen)} scores: {", ".join(map(str, made))}')


def folders(given: Sequence[str]) -> list[pathlib.Path]:
  """The runs' folders: those given, and those that are in one that holds no run itself. Raises
  Failure for a folder without any."""
  result = []
  for path in (pathlib.Path(name).expanduser().absolute() for name in given):
    below = sorted(file.parent for file in path.glob('*/config.json'))
    if not below and not (path / 'config.json').exists():
      raise Failure(f'{path} holds no run, nor the runs of a sweep (no config.json)')
    result += [path] if (path / 'config.json').exists() else below
  return list(dict.fromkeys(result))


def metrics(records: Sequence[record.Record], asked: str | None) -> list[str]:
  """The scores to show. Raises Failure for one that no run has."""
  known = comparison.metrics(records)
  if asked is None:
    return known
  starts = [start.strip() for start in asked.split(',')]
  for start in starts:
    if not any(name.startswith(start) for name in known):
      raise Failure(f'--metric={asked}: no run has a score {start!r}, but '
                    f'{", ".join(known) or "none"}')
  return [name for name in known if name.startswith(tuple(starts))]
