"""What both ways of scoring share: which measures are asked for, and how scores are shown."""
import difflib
from collections.abc import Sequence

import numpy as np

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, naming
from jaxgan.metrics.extractors.base import Extractor, Recipe
from jaxgan.metrics.suite import MEASURES, Score
from jaxgan.types import Paths


def asked(names: str, known: Sequence[str] = tuple(MEASURES)) -> list[str]:
  """'fd,kd' -> ['fd', 'kd']. Raises Failure on names that are none of `known`."""
  found = [name.strip() for name in names.split(',') if name.strip()]
  for name in found:
    if name not in known:
      near = difflib.get_close_matches(name, known, 1)
      hint = f'did you mean {near[0]}? ' if near else ''
      raise Failure(f'--eval_metrics={names}: no measure {name!r}: {hint}'
                    f'There are {", ".join(known)}')
  found = list(dict.fromkeys(found))  # asked for twice, it is still one
  if not found:
    raise Failure(f'--eval_metrics is empty: there are {", ".join(known)}')
  return found


# What a measure needs of each side, at least: by `sets.check`, said before there are features.
LEAST = {'real': {'fd': 2, 'fid': 2, 'fd-infinity': 2, 'kd': 4, 'kid': 1000, 'prdc': 6},
         'fake': {'fd': 2, 'fid': 2, 'fd-infinity': 15, 'kd': 4, 'kid': 1000, 'prdc': 4,
                  'cs': 10}}


def check(measures: Sequence[str], extractor: Extractor, n_fake: int, n_real: int,
          other: str = '') -> None:
  """Raises Failure for what cannot be had, before any sample is drawn."""
  for measure in measures:
    for side, n in (('real', n_real), ('fake', n_fake)):
      if n < (least := LEAST[side].get(measure, 1)):
        raise Failure(f'{measure}: {side} has {n:,} examples and needs at least {least:,}: '
                      f'give more, or leave {measure} out of --eval_metrics')
  if 'fid' in measures:
    naming.check_fid(extractor, n_fake, other)


def check_inception(paths: Paths, extractor: str | Recipe) -> None:
  """Raises Failure for weights that would not be looked at."""
  if paths.inception and not str(extractor).startswith('inception'):
    raise Failure(f'--inception={paths.inception} is not for --extractor={extractor}: add '
                  '--extractor=inception, or leave it out')


def record(score: Score, extractor: Extractor | None, **more) -> dict:
  """A line of evals.jsonl: the number and all that it depends on.

  Only a score that is named after the extractor carries its identity.
  """
  found = score._asdict() | more
  if extractor and (f'_{extractor.name}@' in score.name or score.name.startswith('fid')):
    found |= {'extractor': extractor.name, 'digest': extractor.digest,
              'accuracy': extractor.accuracy, 'batch': features.BATCH}
  return found


def table(records: Sequence[dict]) -> str:
  """A line a name: mean and standard deviation over seeds; the floor, from real images; how
  many real ones it was held against."""
  names = list(dict.fromkeys(r['name'].split('@')[0] for r in records))
  lines = []
  for name in names:
    these = [r for r in records if r['name'].split('@')[0] == name]
    fakes = [r for r in these if r['of'] == 'samples']
    values = [r['value'] for r in fakes]
    spread = f' ± {np.std(values, ddof=1):.3g}' if len(values) > 1 else ''
    errors = [r['error'] for r in fakes if r['error'] is not None]
    error = f'{np.mean(errors):.2g}' if errors else ''
    real = [f'{r["value"]:.4g} ({naming.count(r["n_fake"])})' for r in these
            if r['of'] != 'samples']
    against = sorted({r['n_real'] for r in fakes or these if r['n_real']})
    title = (fakes or these)[0]['name']
    lines.append((title, f'{np.mean(values):.4g}{spread}' if values else '', error,
                  real[0] if real else '', ', '.join(f'{n:,}' for n in against)))
  seeds = len({r['seed'] for r in records if r['of'] == 'samples'})
  head = ('', 'samples' if seeds <= 1 else f'samples, {seeds} seeds', 'error', 'test images',
          'against')
  columns = [(title, *cells) for title, cells in zip(head, zip(*lines)) if any(cells)]
  widths = [max(map(len, column)) for column in columns]
  return '\n'.join('  '.join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip()
                   for line in zip(*columns))


def show(records: Sequence[dict], width: int | None = None) -> None:
  """Prints the table, how to read it, and warnings; `width` is the number of features."""
  if not records:
    return
  say(table(records))
  for line in aid(records, width):
    say(line)


def aid(records: Sequence[dict], width: int | None) -> list[str]:
  """What a reader of these scores should know."""
  mean = lambda measure: np.mean([r['value'] for r in records if r['of'] == 'samples'
                                  and r['name'].startswith(f'{measure}_')] or [np.nan])
  lines = []
  if not np.isnan(mean('precision3')):
    lines.append('precision and density alone say nothing, noise may have them too: read '
                 'recall, coverage and fd')
    if mean('precision3') > .5 and mean('recall3') < .05:
      lines.append(f'warning: precision {mean("precision3"):.2f} with recall '
                   f'{mean("recall3"):.3f}: the samples are all alike, or noise')
  few = sorted({r['n_fake'] for r in records if r['name'].startswith(('fd_', 'fid'))
                and width and min(r['n_fake'], r['n_real'] or r['n_fake']) <= width})
  if few:
    lines.append(f'warning: fd of {few[0]:,} examples or fewer in {width:,} features, which '
                 'they cannot span: its bias is large; compare at equal numbers only')
  return lines
