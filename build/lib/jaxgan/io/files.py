"""Files that are written whole, and lines of JSON that are read whatever happened to them."""
import contextlib
import json
import math
import os
import pathlib

from jaxgan.io.console import say


def write(path: pathlib.Path, content: bytes | str) -> None:
  """Writes a file whole or not at all."""
  path.parent.mkdir(parents=True, exist_ok=True)
  partial = path.with_name(f'.{path.name}.partial')
  partial.write_bytes(content.encode() if isinstance(content, str) else content)
  os.replace(partial, path)


def strict(values: dict) -> str:
  """A JSON object on one line, by the standard: null where a number is not finite."""
  def plain(value):
    if isinstance(value, dict):
      return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
      return [plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
  return json.dumps(plain(values), allow_nan=False)


def set_aside(path: pathlib.Path) -> None:
  """Gives a file that cannot be read another name, with a line."""
  aside = path.with_name(f'{path.name}.damaged')
  os.replace(path, aside)
  say(f'{path} cannot be read: it is {aside} now')


def read(path: pathlib.Path) -> list[dict]:
  """The objects of a JSON lines file; lines that are none are left out. None of no file."""
  return [row for line in lines(path) if (row := parsed(line)) is not None]


def steps(path: pathlib.Path) -> list[dict]:
  """Those that tell of a training step."""
  return [row for row in read(path) if type(row.get('step')) is int]


def kept(path: pathlib.Path) -> list[dict]:
  """`steps` of a run that goes on. If others than the last line, which a kill may have cut,
  cannot be read, the file is copied to NAME.damaged, and a line says so."""
  every, rows = lines(path), steps(path)
  bad = len(every) - len(rows)
  if bad > 1 or bad and parsed(every[-1]) is not None:
    aside = path.with_name(f'{path.name}.damaged')
    write(aside, path.read_bytes())
    say(f'{path}: {bad} of {len(every):,} lines cannot be read: they are left out, and the '
        f'file as it was is {aside}')
  return rows


def lines(path: pathlib.Path) -> list[bytes]:
  return path.read_bytes().splitlines() if path.exists() else []


def parsed(line: bytes) -> dict | None:
  """A line's object; None if it is none."""
  with contextlib.suppress(ValueError, RecursionError):  # of bytes and of JSON
    row = json.loads(line)
    return row if isinstance(row, dict) else None
