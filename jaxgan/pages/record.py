"""A run's folder, read: what was asked, by what, and the numbers and pictures that it left."""
import collections
import dataclasses
import datetime
import json
import math
import pathlib
import re
from typing import NamedTuple

from jaxgan.io import files
from jaxgan.metrics import naming

Series = list[tuple[int, float]]  # (step, value), by step


@dataclasses.dataclass(frozen=True)
class Record:
  """A run, as its folder tells of it."""
  folder: pathlib.Path
  config: dict  # config.json
  starts: list[dict]  # run.json: every start, the first first
  series: dict[str, Series]  # metrics.jsonl by name
  evals: list[dict]  # evals.jsonl
  floors: dict[str, float]  # what real examples get, by a metric's name
  best: dict | None  # best.json: metric, value, step

  @property
  def step(self) -> int:
    """The last step that has numbers."""
    return max((points[-1][0] for points in self.series.values()), default=0)

  @property
  def seconds(self) -> float:
    """From start to end, over all starts; one that was killed counts to its last line."""
    log = self.folder / 'metrics.jsonl'
    return sum(lasted(start, log if start is self.starts[-1] else None)
               for start in self.starts)

  @property
  def state(self) -> str:
    """'done', 'ended with exit code N', or that it runs or was killed."""
    if not self.starts:
      return 'never started'
    code = self.starts[-1].get('exit_code')
    if self.step >= (self.config['knobs'].get('steps') or float('inf')):
      return 'done'
    if code is None:
      return 'running, or killed'
    return 'done' if code == 0 else f'ended with exit code {code}'

  def rising(self, name: str) -> bool | None:
    """Whether more of a metric is better; None where nothing says."""
    known = self.config.get('rising') or {}
    return known.get(naming.measure(name, known))

  def pictures(self) -> dict[int, pathlib.Path]:
    """The sample grids by step."""
    found = {}
    for path in sorted((self.folder / 'samples').glob('fakes_*.png')):
      if number := re.fullmatch(r'fakes_(\d+)', path.stem):
        found[int(number[1])] = path
    return found


def read(folder: pathlib.Path, config: dict) -> Record:
  """The record of a folder whose config.json is read already; what is damaged is left out."""
  last = loaded(folder / 'run.json') or {}
  series = collections.defaultdict(list)
  for row in files.steps(folder / 'metrics.jsonl'):
    for name, value in row.items():
      if name != 'step' and isinstance(value, int | float) and math.isfinite(value):
        series[name].append((row['step'], value))
  return Record(folder, config, [*last.pop('earlier', []), last] if last else [],
                dict(series), files.read(folder / 'evals.jsonl'),
                loaded(folder / 'floors.json') or {}, loaded(folder / 'best.json'))


def loaded(path: pathlib.Path) -> dict | None:
  """A file's JSON object; None if there is none."""
  try:
    found = json.loads(path.read_bytes())
  except (OSError, ValueError, RecursionError):
    return None
  return found if isinstance(found, dict) else None


def lasted(start: dict, log: pathlib.Path | None) -> float:
  """Seconds of one start of a run; without an end, up to when its log was written last."""
  began = datetime.datetime.fromisoformat(start['start'])
  if start.get('end'):
    return (datetime.datetime.fromisoformat(start['end']) - began).total_seconds()
  if log is None or not log.exists():
    return 0.
  return max(log.stat().st_mtime - began.timestamp(), 0.)


class Score(NamedTuple):
  """A metric of a run, over its training."""
  name: str
  rising: bool | None
  last: float | None  # None of a run without this metric
  best: float | None  # None if nothing says what is better
  at: int | None  # the step of the best
  floor: float | None  # what real examples get


def scores(record: Record) -> list[Score]:
  """The metrics that training has logged."""
  found = []
  for logged, points in record.series.items():
    if logged.startswith('eval/'):
      name = logged.removeprefix('eval/')
      up = record.rising(name)
      best = at = None
      if up is not None:
        at, best = (max if up else min)(points, key=lambda point: point[1])
      found.append(Score(name, up, points[-1][1], best, at, record.floors.get(name)))
  return found


def judged(record: Record) -> list[dict]:
  """The scores of the mode eval: of each name and step the newest of each seed, as
  {'name', 'step', 'of', 'mean', 'deviation', 'seeds'}."""
  groups = collections.defaultdict(dict)
  for row in record.evals:
    groups[row['name'], row['step'], row['of'], row.get('ema')][row.get('seed')] = row['value']
  found = []
  for (name, step, of, _), values in groups.items():
    known = [value for value in values.values() if value is not None]
    if known:
      mean = sum(known) / len(known)
      squares = sum((value - mean) ** 2 for value in known)
      deviation = math.sqrt(squares / (len(known) - 1)) if len(known) > 1 else None
      found.append(dict(name=name, step=step, of=of, mean=mean, deviation=deviation,
                        seeds=len(known)))
  return found
