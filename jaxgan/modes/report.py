"""A run's folder as one page for the browser: curves, samples by step, scores, what to try."""
import pathlib

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.shared import folder
from jaxgan.pages import record, report
from jaxgan.run import workdir

FLAGS = {'out': ('str', None, 'The .html file (default: WORKDIR/report.html).')}


def run(values, knobs, paths) -> None:
  here = folder(values)
  where = pathlib.Path(values.out or here / 'report.html').expanduser().absolute()
  if where.suffix != '.html':
    raise Failure(f'--out={where}: give a file .html')
  with workdir.storage(where.parent):
    report.write(found(here), where)
  say(f'{where}: open it in a browser')


def found(here: pathlib.Path) -> record.Record:
  """The record of a run's folder. Raises Failure if it holds none."""
  config = workdir.read_config(here)
  if config is None:
    raise Failure(f'{here} holds no run (it has no config.json): give the --workdir of a run')
  return record.read(here, config)
