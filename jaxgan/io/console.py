"""What is printed for people: lines, and the progress of what takes a while."""
import contextlib
import functools
import os
import sys
import time
from typing import TextIO

PATIENCE = 15  # seconds between the lines that tell of progress


def say(line: str, error: bool = False) -> None:
  """Prints a line to stdout, or stderr, unless it is closed, full, or nobody reads it any more:
  then it is quiet from now on, for what is printed is not what is trained."""
  to = sys.stderr if error else sys.stdout
  try:
    if to is not None:  # as Python has a stream that was closed
      print(line, file=to, flush=True)
  except UnicodeEncodeError:
    plain = line.encode(to.encoding or 'ascii', 'replace').decode(to.encoding or 'ascii')
    print(plain, file=to, flush=True)
  except (OSError, ValueError):
    mute(to)


def mute(stream: TextIO) -> None:
  """What is written to a stream from now on goes nowhere, also what waits in it."""
  with contextlib.suppress(OSError, ValueError):
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@functools.cache
def terminal():
  """Rich's console on stdout: one, for what is live there may hold other live things."""
  from rich.console import Console
  return Console()


def is_terminal() -> bool:
  """Whether people look at stdout, so that what was printed can be changed."""
  with contextlib.suppress(AttributeError, OSError, ValueError):  # a stream that was closed
    return sys.stdout.isatty()
  return False


@contextlib.contextmanager
def progress(total: int, unit: str):
  """-> tick(n): n more of `total` are done. A bar on a terminal, elsewhere now and then a
  line with the time left."""
  if is_terminal():
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
    with Progress(BarColumn(), MofNCompleteColumn(), f'{unit}s', TimeRemainingColumn(),
                  console=terminal(), transient=True) as bar:
      task = bar.add_task('', total=total)
      yield lambda n: bar.advance(task, n)
    return
  start = said = time.monotonic()
  done = 0

  def tick(n):
    nonlocal done, said
    done, now = done + n, time.monotonic()
    if now - said > PATIENCE:
      left, said = (now - start) / done * (total - done), now
      say(f'{done:,}/{total:,} {unit}s, {left:,.0f} s left')
  yield tick


def duration(seconds: float) -> str:
  """1:02:03."""
  minutes, s = divmod(round(seconds), 60)
  return f'{minutes // 60}:{minutes % 60:02}:{s:02}'
