"""What users meet: one line that says what, where, and what to do next; never a traceback."""
import difflib
import os
import pathlib
from typing import Any

LOST = STALLED = 6
MEMORY = 7


class Failure(Exception):
  """Ends the program with one line on stderr and `code`, without a traceback.

  Codes: 1 a job of a sweep has failed; 2 bad flags, configuration, data or paths; 3 training is
  not finite; 4 no usable or compatible checkpoint; 5 storage; 6 another process was lost, or
  the data did not come; 7 out of memory; 129, 130 and 143 stopped by SIGHUP, SIGINT and
  SIGTERM, state saved.
  """

  def __init__(self, message: str, code: int = 2):
    super().__init__(' '.join(message.split()))
    self.code = code


def check_writable(folder: pathlib.Path, flag: str = '--workdir') -> None:
  """Raises Failure unless the folder of that flag can be made or written. Makes nothing."""
  there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
  if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
    what = 'not writable' if there.is_dir() else 'a file, not a folder'
    raise Failure(f'{flag}={folder}: {there} is {what}: make it writable, or choose another '
                  f'{flag}')


def first_line(error: Exception) -> str:
  """What an exception says, in a line that can be read: of a long one, both ends."""
  line = str(error).splitlines()[0] if str(error) else type(error).__name__
  return line if len(line) < 240 else f'{line[:120]} .. {line[-100:]}'


def choose(options: dict[Any, Any], knob: str, value: Any) -> Any:
  """What an experiment offers under a name, or a number. Raises Failure for others."""
  if value not in options:
    names = [str(name) for name in options]
    near = difflib.get_close_matches(str(value), names, 1) or names
    raise Failure(f'--{knob}={value} is none of {", ".join(names)}: try --{knob}={near[0]}')
  return options[value]
