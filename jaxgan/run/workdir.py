"""The folder of a run: what it was asked to do, by what, and that nobody else writes there.

config.json     the experiment's name and every knob, and the shapes of its data
conditions.npz  conditions from the data, for sampling without it; only if there are any
run.json        versions, devices, commit, command, times, exit code of the latest start
"""
import contextlib
import fcntl
import hashlib
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import jax
import numpy as np

from jaxgan import rng
from jaxgan.data.source import Source, identity
from jaxgan.experiment import LOOP, Run
from jaxgan.io import files, trees
from jaxgan.io.errors import Failure
from jaxgan.metrics import naming
from jaxgan.run import checkpoint, description
from jaxgan.types import Batch, PyTree, TrainState

SETTINGS = {'x64': 'JAX_ENABLE_X64', 'threefry_partitionable': 'JAX_THREEFRY_PARTITIONABLE',
            'prng_impl': 'JAX_DEFAULT_PRNG_IMPL'}


@contextlib.contextmanager
def locked(workdir: pathlib.Path):
  """Holds the folder for this process. Raises Failure if another one does."""
  try:
    workdir.mkdir(parents=True, exist_ok=True)
    file = (workdir / '.lock').open('a+')
  except OSError as e:
    raise Failure(f'--workdir={workdir} cannot be written ({e.strerror}): choose another')
  with file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process, however
    except OSError:
      file.seek(0)
      raise Failure(f'another run (process {file.read().strip() or "unknown"}) is using '
                    f'{workdir}: wait for it, or choose another --workdir')
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    yield


def config(run: Run, spec: Batch, data: Source | None = None) -> dict:
  """What config.json holds; of `data`, if they are loaded, what tells them apart."""
  found = {'experiment': run.name, 'content': content(run.name), 'knobs': run.knobs,
           'loop': {name: getattr(run.experiment, name) for name in LOOP},
           'data': {'x': described(spec.x), 'c': described(spec.c)},
           'numbers': rng.environment()}
  if data is not None:
    found |= {'classes': getattr(data, 'classes', None),
              'class_names': getattr(data, 'class_names', None), 'identity': identity(data)}
  return found


def for_readers(run: Run, state: TrainState) -> dict:
  """What config.json holds for those who read of the run, and not for those who resume it."""
  shapes = lambda player: {path: list(a.shape) for path, a in trees.paths(player.params)}
  return {'networks': {'generator': shapes(state.g), 'discriminator': shapes(state.d)},
          'gan': description.fields(run.experiment.gan),
          'rising': {name: up for metric in run.experiment.metrics
                     for name, up in metric.rising.items()}}


def described(tree: PyTree) -> Any:
  """Shapes and dtypes for JSON, which has no tuples; `modes.shared.described` reads them."""
  if tree is None:
    return None
  if isinstance(tree, dict):
    return {name: described(value) for name, value in tree.items()}
  if isinstance(tree, Batch):  # a partner
    return {'batch': [described(tree.x), described(tree.c)]}
  if isinstance(tree, list | tuple):
    each = [described(value) for value in tree]
    return each if isinstance(tree, list) else {'tuple': each}
  return {'shape': list(tree.shape), 'dtype': np.dtype(tree.dtype).name}


def content(experiment: str) -> str | None:
  """sha256 of a user's experiment file, by which it is known wherever it is; None of ours."""
  if not experiment.endswith('.py'):
    return None
  return hashlib.sha256(pathlib.Path(experiment).read_bytes()).hexdigest()


def read_config(workdir: pathlib.Path) -> dict | None:
  """config.json as data; None if there is none. Raises Failure (4), naming the field, if it is
  not what `config` gives."""
  path = workdir / 'config.json'
  if not path.exists():
    return None
  try:
    found = json.loads(path.read_bytes())
    for name, kind in (('', dict), ('experiment', str), ('knobs', dict), ('data', dict),
                       ('data.x', dict | list), ('classes', int | None), ('loop', dict | None),
                       ('class_names', list | None), ('identity', dict | None),
                       ('content', str | None), ('numbers', dict | None)):
      check_field(found, name, kind)
    for name, value in found['knobs'].items():
      if not isinstance(value, bool | int | float | str):
        raise ValueError(f'knobs.{name} is {value!r}, and no bool, number or text')
    return found
  except (ValueError, KeyError, TypeError, RecursionError) as e:
    raise Failure(f'{path} is damaged ({type(e).__name__}: {e}): restore it, or choose '
                  'another --workdir', code=4)


def check_field(found: Any, name: str, kind: Any) -> None:
  """Raises ValueError unless a field, 'a.b' for one within another, is of a kind. None may be
  left out."""
  value = found
  for part in filter(None, name.split('.')):
    if part not in value and not isinstance(None, kind):
      raise ValueError(f'it has no {name}')
    value = value.get(part)
  if not isinstance(value, kind) or isinstance(value, bool):
    raise ValueError(f'{name or "it"} is {type(value).__name__}')


def check_data(workdir: pathlib.Path, data: Source) -> None:
  """Raises Failure (4) if `workdir` holds training on other data, saying what differs. Runs of
  before data were told apart go on."""
  old = (read_config(workdir) or {}).get('identity')
  trained = checkpoint.steps(workdir / 'checkpoints') or (workdir / 'corrupt').exists()
  if old is None or not trained:
    return
  new = json.loads(json.dumps(identity(data)))
  for name in sorted(old.keys() | new.keys()):
    if old.get(name) != new.get(name):
      was, now = (shortened(each.get(name)) for each in (old, new))
      raise Failure(f'{workdir} was trained on other data: {name} was {was} and is {now}: give '
                    'the data that it was trained on with --data_dir to resume it, or another '
                    '--workdir to start anew', code=4)


def shortened(value: Any) -> str:
  text = json.dumps(value)
  return text if len(text) < 80 else f'{text[:77]}..'


def write_conditions(workdir: pathlib.Path, c: PyTree) -> None:
  """Saves the conditions of some examples, if they have any."""
  if leaves := jax.tree.leaves(c):
    file = io.BytesIO()
    np.savez_compressed(file, *leaves)
    files.write(workdir / 'conditions.npz', file.getvalue())


def read_conditions(workdir: pathlib.Path, like: PyTree) -> PyTree:
  """What `write_conditions` saved, in the tree of `like`. Raises Failure (4)."""
  leaves, treedef = jax.tree.flatten(like)
  if not leaves:
    return like
  try:
    with np.load(workdir / 'conditions.npz', allow_pickle=False) as saved:
      return treedef.unflatten([saved[f'arr_{i}'] for i in range(len(leaves))])
  except (OSError, ValueError, KeyError, zipfile.BadZipFile) as e:
    raise Failure(f'{workdir}/conditions.npz, which samples of this run need, cannot be '
                  f'read ({type(e).__name__}): run the training command to write it', code=4)


def keep_best(workdir: pathlib.Path, state: PyTree, best: str, scores: dict[str, float],
              rising: Mapping[str, bool | None]) -> None:
  """Saves the state in best/, if its score is the best so far; best.json says of which step
  and what it is. Of equal scores the first stays, and one that is not finite is never best.

  `best` is a measure of `rising`, which is as a `Metric` has it, or how a score's name starts.
  Raises Failure if there is no such score, or nothing says whether more of it is better.
  """
  name = next((name for name in scores
               if name.startswith(best) or naming.measure(name, rising) == best), None)
  if name is None:
    raise Failure(f'best={best!r} is no metric of this run, but {", ".join(scores)}: '
                  'give one of these with --best')
  up = rising.get(naming.measure(name, rising))
  if up is None:
    raise Failure(f'best={best!r}: the metric of {name} does not say whether more is better '
                  '(Metric.rising): choose another with --best')
  path, value = workdir / 'best.json', float(scores[name])
  before = best_before(path)
  if not math.isfinite(value) or before and before['metric'] == name and (
      value <= before['value'] if up else value >= before['value']):
    return
  checkpoint.save(workdir / 'best', state, keep=1)
  files.write(path, json.dumps({'metric': name, 'value': value, 'step': int(state.step)}))


def best_before(path: pathlib.Path) -> dict | None:
  """What best.json says, if there is one; one that cannot be read is set aside with a line."""
  if not path.exists():
    return None
  try:
    found = json.loads(path.read_bytes())
    if isinstance(found['metric'], str) and math.isfinite(found['value']):
      return found
  except (ValueError, KeyError, TypeError, RecursionError):
    pass
  files.set_aside(path)
  return None


def differences(old: dict, new: dict) -> list[str]:
  """The fields of a run's trajectory in which two configs differ: 'lr', 'experiment', ..."""
  same_file = old.get('content') is not None and old.get('content') == new.get('content')
  if old['experiment'] != new['experiment'] and not same_file:
    return ['experiment']
  keys = sorted(old['knobs'].keys() | new['knobs'].keys())
  absent = object()
  changed = [k for k in keys if old['knobs'].get(k, absent) != new['knobs'].get(k, absent)]
  changed += ['data'] * (old['data'] != new['data'])
  before = old.get('numbers') or new['numbers']
  return changed + ['numbers'] * (before != new['numbers'])


def refuse(workdir: pathlib.Path, changed: list[str], old: dict, new: dict) -> None:
  """Raises the Failure (4) for a run that would go on as another."""
  was, now = ([f'{k}={c["knobs"].get(k, c.get(k, "none"))}' for k in changed]
              for c in (old, new))
  flags = ' '.join(f'--{k}={old["knobs"][k]}' for k in changed
                   if k in old['knobs'] and k in new['knobs'])
  how = f'pass {flags}' if flags else 'use the code and data that made it'
  if not new['experiment']:
    how = 'give the Experiment that made it'
  elif not old['experiment']:
    how = 'give the Experiment that made it to jaxgan.train'
  if 'numbers' in changed:
    how = ' '.join(f'{SETTINGS[name]}={value}' for name, value in old['numbers'].items())
    how = f'set {how} in the environment'
  raise Failure(f'{workdir} was trained with {", ".join(was)}, and is asked to go on with '
                f'{", ".join(now)}: {how} to resume it, or another --workdir to start anew',
                code=4)


@contextlib.contextmanager
def storage(workdir: pathlib.Path):
  """Around writing to a run's folder: raises Failure (5) where that fails."""
  try:
    yield
  except OSError as e:
    raise Failure(f'{workdir} could not be written ({e.strerror or e}): mend that, or free '
                  'space there, then run the same command to resume', code=5) from e


@contextlib.contextmanager
def recorded(workdir: pathlib.Path):
  """Writes run.json at the start and, with the exit code, at the end."""
  path = workdir / 'run.json'
  packages = ('jax', 'jaxlib', 'flax', 'optax', 'orbax-checkpoint', 'numpy')
  record = {
      'command': sys.argv, 'start': now(), 'end': None, 'exit_code': None,
      'versions': {'python': sys.version.split()[0],
                   **{name: metadata.version(name) for name in packages}},
      'devices': [str(device) for device in jax.devices()],
      'backend': jax.default_backend(), 'processes': jax.process_count(),
      'commit': commit(), 'xla_flags': os.environ.get('XLA_FLAGS', '').split()}
  record['earlier'] = earlier(path)
  files.write(path, json.dumps(record, indent=1))
  code = 1
  try:
    yield
    code = 0
  except Failure as e:
    code = e.code
    raise
  finally:
    with contextlib.suppress(OSError):  # it must not hide why the run ended
      files.write(path, json.dumps(record | {'end': now(), 'exit_code': code}, indent=1))


def earlier(path: pathlib.Path) -> list[dict]:
  """The starts that run.json tells of; a file that does not is set aside, with a line."""
  if not path.exists():
    return []
  try:
    last = json.loads(path.read_bytes())
    return [*last.pop('earlier', []), last]
  except (ValueError, AttributeError, TypeError, RecursionError):
    files.set_aside(path)
    return []


def now() -> str:
  return time.strftime('%Y-%m-%dT%H:%M:%S%z')


def commit() -> str | None:
  """The commit of this code, with '-dirty' if it was changed; None without git."""
  git = ['git', '-C', str(pathlib.Path(__file__).parent), 'describe', '--always', '--dirty',
         '--abbrev=40', '--exclude=*']
  with contextlib.suppress(OSError, subprocess.SubprocessError):
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
  return None
