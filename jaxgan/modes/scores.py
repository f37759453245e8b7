"""What both ways of scoring share: which measures are asked for, and how scores are shown."""
from collections.abc import Sequence

import numpy as np

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, measures, naming
from jaxgan.metrics.extractors.base import Extractor, Recipe
from jaxgan.metrics.suite import Score
from jaxgan.types import Paths


def check(asked: Sequence[str], extractor: Extractor, n_fake: int, n_real: int,
          other: str = '') -> None:
  """Raises Failure for what cannot be had, before any sample is drawn."""
  measures.check_counts(asked, n_fake, n_real)
  if 'fid' in asked:
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
