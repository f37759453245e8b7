"""Checkpoints that can be trusted: written whole, verified to the byte, never lost.

`checkpoints/STEP/` holds `state/`, written by Orbax, and `digest.json`. It is written under
another name, read back, and renamed: a killed save leaves nothing that looks like a checkpoint,
and an older one is deleted only when the new one is known to be good. Orbax does not notice a
flipped bit, nor a changed dtype; the digest does.
"""
import contextlib
import json
import logging
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxgan.io import trees
from jaxgan.io.errors import Failure, first_line
from jaxgan.types import PyTree

ONE = threading.Lock()  # at a time: what is silenced is the whole process's


def steps(folder: pathlib.Path) -> list[int]:
  """The steps that have a checkpoint, good or damaged, ascending; other names and folders are
  not ours."""
  if not folder.is_dir():
    return []
  return sorted(int(p.name) for p in folder.iterdir()
                if re.fullmatch('0|[1-9][0-9]*', p.name) and is_ours(p))


def is_ours(path: pathlib.Path) -> bool:
  """Whether this is, or was, a checkpoint, and no file or folder of the user's."""
  return (path / 'digest.json').exists() or (path / 'state').is_dir()


def save(folder: pathlib.Path, state: PyTree, keep: int) -> None:
  """Writes the state under its own step, then deletes all but the newest `keep` up to it:
  what is later is of a course that was left.

  One process writes. Raises Failure (3) if a number of the state is not finite, and (5) if the
  storage fails or gives back something else; older checkpoints stay.
  """
  arrays = trees.leaves(state)
  check_finite(arrays)
  step = int(arrays['step'])
  if (folder / str(step) / 'digest.json').exists():
    return
  partial = folder / f'.{step}.partial'
  try:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(partial, ignore_errors=True)
    written = trees.digest(arrays)
    with orbax(partial) as (checkpointer, path):
      checkpointer.save(path / 'state', trees.nested(arrays))
    (partial / 'digest.json').write_text(json.dumps(written, indent=1))
    verified(partial)
    make_room(folder / str(step))
    os.rename(partial, folder / str(step))
  except Exception as e:  # Orbax reports a full disk in several ways
    size = sum(a.nbytes for a in arrays.values())
    shutil.rmtree(partial, ignore_errors=True)
    raise Failure(f'checkpoint {step} ({size:,} bytes) could not be written to {folder}: '
                  f'{first_line(e)}; older ones stay: free space there, or mend the storage, '
                  'then run the same command to resume', code=5) from e
  for other in set(steps(folder)) - set([s for s in steps(folder) if s <= step][-keep:]):
    os.rename(folder / str(other), folder / f'.{other}.partial')
  sweep(folder)


def check_finite(arrays: trees.Leaves) -> None:
  """Raises Failure (3) unless a state is finite. (Optimisers may hold infinities: `gan.applied`
  sees to it that they hold no more than they start with.)"""
  ours = re.compile('[gd]/(params|stats)/|ema/|memory/')
  for path, a in arrays.items():
    if ours.match(path) and np.issubdtype(a.dtype, np.inexact):
      if bad := int(np.sum(~np.isfinite(a))):
        raise Failure(f'step {int(arrays["step"]):,} is not saved: {bad:,} of the {a.size:,} '
                      f'numbers of {path} are not finite; older checkpoints stay', code=3)


def make_room(path: pathlib.Path) -> None:
  """Moves what is no checkpoint, but has the name of one, to a name that is free."""
  if path.exists() or path.is_symlink():
    move_aside(path, path.parent, f'{path.name}.aside')


def alongside(folders: Sequence[pathlib.Path]) -> list[int]:
  """The step that each folder goes on from, in as few groups as share one: the newest that all
  of a group have, 0 of those that have none."""
  have = [steps(folder) or [0] for folder in folders]
  found = [None] * len(have)
  while None in found:
    newest = min(mine[-1] for mine, step in zip(have, found) if step is None)
    found = [newest if step is None and newest in mine else step
             for mine, step in zip(have, found)]
  return found


def sweep(folder: pathlib.Path) -> None:
  """Deletes what a save, or a deletion, that was killed has left."""
  for path in folder.iterdir() if folder.is_dir() else ():
    if re.fullmatch(r'\.[0-9]+\.partial', path.name):
      shutil.rmtree(path, ignore_errors=True)


def restore(folder: pathlib.Path, target: PyTree, step: int | None = None,
            set_aside: bool = False, say: Callable[[str], None] = print) -> PyTree | None:
  """The newest good state (or that of `step`), as NumPy in `target`'s tree; None if none.

  A bad checkpoint is passed over with a line, and with `set_aside` moved to `corrupt/`
  beside the folder. Raises Failure (4) if checkpoints exist but none is good, or if a good
  one does not fit `target`.
  """
  aside = folder.parent / 'corrupt'
  candidates = [step] if step is not None else steps(folder)[::-1]
  for candidate in candidates:
    try:
      arrays = verified(folder / str(candidate))
    except Exception as e:  # damage shows as anything
      reason = first_line(e)
      if not is_damage(e):
        raise Failure(f'checkpoint {candidate} in {folder} cannot be read '
                      f'({type(e).__name__}: {reason}): mend that, then try again',
                      code=4) from e
      say(f'checkpoint {candidate} is damaged ({reason})'
          + (f': moved to {aside}' if set_aside else ''))
      if set_aside:
        move_aside(folder / str(candidate), aside)
      continue
    return trees.fitted(arrays, target, folder / str(candidate))
  if candidates or aside.is_dir() and any(aside.iterdir()):
    have = ', '.join(map(str, steps(folder))) or 'none left'
    what = 'no good checkpoint' if step is None else f'no good checkpoint of step {step}'
    raise Failure(f'{what} in {folder} (there: {have}): repair one from {aside} or a '
                  'backup, or start anew with another --workdir', code=4)
  return None


def is_damage(error: Exception) -> bool:
  """Whether a checkpoint is at fault that cannot be read, and not its storage or the memory."""
  if isinstance(error, OSError):
    return isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError)
  signs = 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'
  return not isinstance(error, MemoryError) and not any(s in str(error) for s in signs)


def verified(path: pathlib.Path) -> trees.Leaves:
  """Reads one checkpoint. Raises if it is not, bit for bit, what was written."""
  if not (path / 'digest.json').exists():
    raise ValueError('it has no digest.json')
  written = json.loads((path / 'digest.json').read_text())
  with orbax(path) as (checkpointer, here):
    flat = trees.leaves(checkpointer.restore(here / 'state'))
  found = trees.digest(flat)
  if found != written:
    wrong = [k for k in written['leaves'] if found['leaves'].get(k) != written['leaves'][k]]
    raise ValueError(f'its digest differs, first at {wrong[0] if wrong else "the root"}')
  return flat


def move_aside(path: pathlib.Path, aside: pathlib.Path, name: str = '') -> None:
  """Moves a file or folder into `aside`, under a name that is free."""
  aside.mkdir(exist_ok=True)
  first = name = name or path.name
  i = 1
  while (aside / name).exists():
    name, i = f'{first}.{i}', i + 1
  os.rename(path, aside / name)


@contextlib.contextmanager
def orbax(path: pathlib.Path):
  """-> (Orbax's checkpointer, for the one process that calls it; `path` as Orbax can take it).

  Orbax takes a path for a pattern: one with *, ?, [ or a backslash is given by way of a link.
  What its threads print of a failure, which it raises too, is not shown.
  """
  import orbax.checkpoint as ocp
  alone = ocp.options.MultiprocessingOptions(
      primary_host=jax.process_index(), active_processes={jax.process_index()},
      barrier_sync_key_prefix=f'process{jax.process_index()}')
  handler = ocp.StandardCheckpointHandler(multiprocessing_options=alone)
  with ONE, contextlib.ExitStack() as stack:
    if set(str(path)) & set('*?[]\\'):
      place = stack.enter_context(tempfile.TemporaryDirectory())
      link = pathlib.Path(place) / 'folder'
      link.symlink_to(path.parent.absolute(), target_is_directory=True)
      path = link / path.name
    stack.enter_context(silent_threads())
    yield stack.enter_context(ocp.Checkpointer(handler, multiprocessing_options=alone)), path


@contextlib.contextmanager
def silent_threads():
  """What libraries' threads print of a failure that is raised here too is not shown: Orbax's by
  logging; and TensorStore's and asyncio's, which may come later, are silent after a failure."""
  loggers = [logging.getLogger(name) for name in ('absl', 'asyncio')]
  levels, thread, unraisable = [one.level for one in loggers], threading.excepthook, (
      sys.unraisablehook)
  for one in loggers:
    one.setLevel(logging.CRITICAL)
  threading.excepthook = lambda args: None
  sys.unraisablehook = lambda args: (
      None if 'loop is closed' in str(args.exc_value) else unraisable(args))
  try:
    yield
    loggers[1].setLevel(levels[1])
    sys.unraisablehook = unraisable
  finally:
    loggers[0].setLevel(levels[0])
    threading.excepthook = thread
