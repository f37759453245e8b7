"""What both ways of scoring share: which measures are asked for, and how scores are shown."""
import difflib
from collections.abc import Sequence

import numpy as np

from jaxgan.errors import Failure
from jaxgan.metrics import features, naming
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.metrics.suite import MEASURES, Score


def asked(names: str, known: Sequence[str] = tuple(MEASURES)) -> list[str]:
  """'fd,kd' -> ['fd', 'kd']. Raises Failure on names that are none of `known`."""
  found = [name.strip() for name in names.split(',') if name.strip()]
  for name in found:
    if name not in known:
      near = difflib.get_close_matches(name, known, 1)
      hint = f'did you mean {near[0]}? ' if near else ''
      raise Failure(f'--eval_metrics={names}: no measure {name!r}: {hint}'
                    f'There are {", ".join(known)}')
  if not found:
    raise Failure(f'--eval_metrics is empty: there are {", ".join(known)}')
  return found


def check(measures: Sequence[str], extractor: Extractor, n: int, other: str = '') -> None:
  """Raises Failure for what cannot be had, before any sample is drawn."""
  if 'fid' in measures:
    naming.check_fid(extractor, n, other)


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
  """A line a name: mean and standard deviation over seeds; the floor, from real images."""
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
    title = (fakes or these)[0]['name']
    lines.append((title, f'{np.mean(values):.4g}{spread}' if values else '', error,
                  real[0] if real else ''))
  seeds = len({r['seed'] for r in records if r['of'] == 'samples'})
  head = '', 'samples' if seeds == 1 else f'samples, {seeds} seeds', 'error', 'test images'
  columns = [(title, *cells) for title, cells in zip(head, zip(*lines)) if any(cells)]
  widths = [max(map(len, column)) for column in columns]
  return '\n'.join('  '.join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip()
                   for line in zip(*columns))
