"""What someone who trains GANs would say of a run's log, and what to try.

Each check looks at the last quarter of a log, for a run is judged by where it is.
"""
import statistics
from typing import NamedTuple

from jaxgan.pages.record import Record, Series

FEW = 8  # points below which a curve says nothing
RANKING = .95  # share of pairs in which D puts the real example above the fake
VANISHED, EXPLODED = 1e-3, 100.  # of the gradient's norm in the first quarter
WORSE = 5  # scores in a row
RECALL = .7  # of its highest


class Advice(NamedTuple):
  """A warning."""
  what: str  # is seen
  why: str  # it matters
  do: str  # what to try


def advice(record: Record) -> list[Advice]:
  """The warnings that a run's log gives rise to, the gravest first."""
  checks = skipped, vanished, exploded, overpowered, narrowed, worsened
  return [found for check in checks for found in check(record)]


def last(points: Series) -> list[float]:
  """The values of the last quarter."""
  return [value for _, value in points[-max(len(points) // 4, 1):]]


def first(points: Series) -> list[float]:
  return [value for _, value in points[:max(len(points) // 4, 1)]]


def skipped(record: Record) -> list[Advice]:
  found = []
  for role, name in (('g', 'G'), ('d', 'D')):
    points = record.series.get(f'{role}/skipped', [(0, 0.)])
    if (count := int(points[-1][1])) > 0:
      at = next(step for step, value in points if value > 0)
      found.append(Advice(
          f'{count:,} updates of {name} were left out, the first by step {at:,}',
          'Their gradients were not finite. A few are harmless; many mean an overflow.',
          'a lower --lr; a penalty on D (R1, spectral norm); float32 where it is bfloat16'))
  return found


def vanished(record: Record) -> list[Advice]:
  points = record.series.get('g/gradient_norm', [])
  if len(points) < FEW:
    return []
  before, now = statistics.median(first(points)), statistics.median(last(points))
  if before == 0 or now > VANISHED * before:
    return []
  return [Advice(
      f"G's gradient has vanished: its norm went from {before:.3g} to {now:.3g}",
      'G learns no more. D is sure of itself, and the loss is flat there.',
      'a loss that does not saturate (non-saturating, hinge); a slower or weaker D; a penalty '
      'on D (R1)')]


def exploded(record: Record) -> list[Advice]:
  found = []
  for role, name in (('g', 'G'), ('d', 'D')):
    points = record.series.get(f'{role}/gradient_norm', [])
    if len(points) >= FEW:
      before, now = statistics.median(first(points)), statistics.median(last(points))
      if before > 0 and now > EXPLODED * before:
        found.append(Advice(
            f"{name}'s gradient grows: its norm went from {before:.3g} to {now:.3g}",
            'The game runs away from its balance; pictures break soon.',
            'a lower --lr; a penalty on D (R1 and R2), or a stronger one; spectral norm'))
  return found


def overpowered(record: Record) -> list[Advice]:
  points = record.series.get('d/ranking', [])
  if len(points) < FEW or statistics.mean(last(points)) <= RANKING:
    return []
  return [Advice(
      f'D ranks {statistics.mean(last(points)):.1%} of pairs rightly, over the last '
      f'{len(last(points))} lines',
      'D tells real from fake nearly always, so that G is told little of how to be better; or '
      'D knows the training set by heart. (A critic of Wasserstein distance may do so.)',
      'a lower learning rate of D, or fewer of its steps; with little data an augmentation '
      '(diffaugment, ada); a penalty on D (R1)')]


def narrowed(record: Record) -> list[Advice]:
  found = []
  for name, points in record.series.items():
    if name.startswith('eval/recall') and len(points) >= 3:
      most, now = max(value for _, value in points), points[-1][1]
      if most > 0 and now < RECALL * most:
        found.append(Advice(
            f'{name.removeprefix("eval/")} fell from {most:.3g} to {now:.3g}',
            'Samples cover less of the data than before: G drops modes.',
            '--step=best; a lower --lr; packing, or a relativistic loss with R1 and R2'))
  return found


def worsened(record: Record) -> list[Advice]:
  found = []
  for name, points in record.series.items():
    up = record.rising(name.removeprefix('eval/')) if name.startswith('eval/') else None
    if up is None or len(points) <= WORSE:
      continue
    sign = 1 if up else -1
    at, best = max(points[:-WORSE], key=lambda point: sign * point[1])
    if all(sign * value < sign * best for _, value in points[-WORSE:]):
      worse = max(sign * value for _, value in points[-WORSE:])
      found.append(Advice(
          f'{name.removeprefix("eval/")} has been worse than at step {at:,} ({best:.3g}) in '
          f'each of the last {WORSE} scores ({abs(worse):.3g} at best)',
          'Training no longer helps, by this measure.',
          f"--step=best of that step, if the experiment's `best` is this measure; a falling "
          f'learning rate; fewer steps (--steps={at})'))
  return found
