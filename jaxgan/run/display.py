"""What a run prints while it trains: on a terminal one block that is always current, elsewhere
a line at each log step."""
import contextlib
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from jaxgan.io import console
from jaxgan.io.console import say
from jaxgan.run import memory

HEADS = 20  # lines of numbers under one head
WIDTH = 9  # characters of a number, at most


class Pace(NamedTuple):
  """How fast a run goes."""
  unit: str  # of what: 'images'
  rate: float  # a second
  left: float  # seconds to the end


class Display(Protocol):
  """What is shown of one program's runs, the first one's terms and every one's scores."""

  def terms(self, step: int, values: Mapping[str, float], pace: Pace | None) -> None: ...

  def scores(self, step: int, values: Mapping[str, float], floors: Mapping[str, float],
             run: str) -> None: ...

  def progress(self, step: int) -> None: ...

  def close(self) -> None: ...


def display(steps: int, step: int, quiet: bool = False) -> Display:
  """The display for where this program prints to, from a step on; `quiet`: scores alone."""
  if quiet:
    return Quiet()
  return Block(steps, step) if console.is_terminal() else Lines(steps)


def shown(values: Mapping[str, float]) -> dict[str, float]:
  """The terms for people: all but how many updates were left out, which `left_out` says."""
  return {name: value for name, value in values.items() if '/skipped' not in name}


def left_out(values: Mapping[str, float], before: dict[str, float]) -> str:
  """Says how many updates were left out, if they have become more than before."""
  said = []
  for role in 'gd':
    name = f'{role}/skipped'
    if (now := values.get(name, 0.)) > before.get(name, 0.):
      said.append(f'{now:,.0f} of {role.upper()}')
      before[name] = now
  return f'updates left out so far, not being finite: {", ".join(said)}' if said else ''


def compared(name: str, value: float, before: float | None, floor: float | None) -> str:
  """'fd@1k 5.93 (before 6.4, real examples 0.163)'."""
  beside = ([f'before {before:.3g}'] if before is not None else []) + (
      [f'real examples {floor:.3g}'] if floor is not None else [])
  return f'{name} {value:.3g}' + (f' ({", ".join(beside)})' if beside else '')


class Trend:
  """Scores, each beside the one before."""

  def __init__(self):
    self.last = {}

  def text(self, values: Mapping[str, float], floors: Mapping[str, float], run: str) -> str:
    found = []
    for name, value in values.items():
      found.append(compared(name, value, self.last.get((run, name)), floors.get(name)))
      self.last[run, name] = value
    return ('  ' + run if run else '') + '  ' + '  '.join(found)


class Quiet:
  """Scores alone."""

  def __init__(self):
    self.trend = Trend()

  def terms(self, step, values, pace):
    pass

  def scores(self, step, values, floors, run):
    say(f'step {step:,}{self.trend.text(values, floors, run)}')

  def progress(self, step):
    pass

  def close(self):
    pass


class Lines(Quiet):
  """A line at each log step, in columns under a head: d's terms, g's terms, pace."""

  def __init__(self, steps: int):
    super().__init__()
    self.steps, self.columns, self.count, self.skipped = steps, None, 0, {}

  def terms(self, step, values, pace):
    if text := left_out(values, self.skipped):
      say(f'step {step:,}: {text}')
    values = shown(values)
    names = list(values)
    if names != self.columns or self.count % HEADS == 0:
      self.columns, self.count = names, 0
      self.head(pace)
    self.count += 1
    cells = [f'{step:>{self.first()},}', *(f'{value:.3g}'.rjust(width) for value, width in zip(
        values.values(), self.widths()))]
    if pace:
      cells += [f'{pace.rate:>{len(pace.unit) + 2},.0f}', f'{console.duration(pace.left):>8}']
    say('  '.join(cells))

  def head(self, pace: Pace | None) -> None:
    """Two lines: whose the columns are, and their names."""
    first, widths = self.first(), self.widths()
    roles, names, last = [' ' * first], ['step'.rjust(first)], None
    for name, width in zip(self.columns, widths):
      role, _, short = name.rpartition('/')
      roles.append((role.upper() if role != last else '').rjust(width))
      names.append(short.rjust(width))
      last = role
    if pace:
      names += [f'{pace.unit}/s', 'left'.rjust(8)]
    say('  '.join(roles).rstrip())
    say('  '.join(names))

  def first(self) -> int:
    return max(len(f'{self.steps:,}'), 4)

  def widths(self) -> list[int]:
    return [max(len(name.rpartition('/')[2]), WIDTH) for name in self.columns]


class Block(Quiet):
  """One block on a terminal: the bar, the newest terms, the last scores, the memory in use."""

  def __init__(self, steps: int, step: int):
    super().__init__()
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    self.bar = Progress(TextColumn('step'), BarColumn(None), MofNCompleteColumn(),
                        TextColumn('{task.description}'), expand=True)
    self.task = self.bar.add_task('', total=steps, completed=step)
    self.skipped, self.lines, self.judged = {}, {}, {}
    self.live = Live(get_renderable=self.block, console=console.terminal(),
                     refresh_per_second=2)
    self.live.start()

  def block(self):
    """What is shown now."""
    from rich.console import Group
    from rich.table import Table
    table = Table.grid(padding=(0, 2))
    for title, text in {**self.lines, **self.judged}.items():
      table.add_row(title, text)
    return Group(self.bar, table)

  def terms(self, step, values, pace):
    if text := left_out(values, self.skipped):
      say(f'step {step:,}: {text}')
    for role in 'dg':
      self.lines[role.upper()] = '  '.join(
          f'{name[2:]} {value:.3g}' for name, value in shown(values).items()
          if name.startswith(f'{role}/'))
    used = f'{memory.used() / 1e9:.1f} GB'
    if pace:
      used = f'{pace.rate:,.0f} {pace.unit}/s  {console.duration(pace.left)} left  {used}'
    self.bar.update(self.task, description=used)

  def scores(self, step, values, floors, run):
    self.judged[run or 'scores'] = f'step {step:,}{self.trend.text(values, floors, "")}'

  def progress(self, step):
    self.bar.update(self.task, completed=step)

  def close(self):
    with contextlib.suppress(OSError, ValueError):  # a terminal that is gone
      self.live.stop()
