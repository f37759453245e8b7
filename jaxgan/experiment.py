"""An experiment is one run: what is trained, on what, for how long."""
import dataclasses
import functools
import importlib.util
import inspect
import math
import os
import pathlib
import sys
import traceback
import types
from typing import Any

from jaxgan.data.source import Dataset
from jaxgan.gan import GAN
from jaxgan.io import catalogue
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.io.errors import choose as choose  # for experiment files
from jaxgan.io.knobs import COMMON
from jaxgan.metrics import measures, suite
from jaxgan.types import Metric

Knobs = dict[str, Any]
POSITIVE = {'size', 'width', 'z_dim'}  # knobs by these names are sizes, and at least 1


def setting(default, text: str):
  """A field of the loop, which is a flag of the same name: `text` is its help."""
  return dataclasses.field(default=default, metadata={'help': text})


@dataclasses.dataclass(frozen=True)
class Experiment:
  """All that the loop needs.

  Args:
    gan: the players and their game.
    data: what they learn from.
    batch: examples in a batch, over all devices.
    steps: of training: one of G's updates each.
    seed: of weights, noise and the order of the data.
    metrics: what judges samples in training.
    log_every, sample_every, eval_every, save_every: in steps; 0 for never.
    keep, eval_share, max_nonfinite, init_from, data_timeout, best: `--help` says it.

  Raises:
    Failure: for numbers out of range, and a `best` that is no metric of these.

  Example:
    >>> import jaxgan
    >>> from jaxgan.data import digits
    >>> gan = jaxgan.load('digits').gan
    >>> jaxgan.Experiment(gan, digits.load(), batch=64, steps=1000, eval_every=0).save_every
    1000
  """
  gan: GAN
  data: Dataset
  batch: int  # examples in a batch, over all devices
  steps: int  # of training: one of G's updates each
  seed: int = 0
  metrics: tuple[Metric, ...] = ()
  log_every: int = setting(100, 'Steps between log lines.')
  sample_every: int = setting(1000, 'Steps between sample grids.')
  eval_every: int = setting(1000, 'Steps between metrics.')
  save_every: int = setting(1000, 'Steps between checkpoints.')
  keep: int = setting(2, 'Checkpoints to keep.')
  eval_share: float = setting(.05, "Share of the time that metrics may take, but for the "
                              "first, which may train a classifier, and the last step's.")
  max_nonfinite: int = setting(100, 'Updates in a row, left out as not finite, that end the '
                               'run.')
  init_from: str = setting('', 'Workdir of a run to start from: its players, where they fit.')
  data_timeout: float = setting(600., 'Seconds to wait for data before the run is given up, '
                                'saved (exit 6).')
  best: str = setting('', 'Metric by whose best value a state is kept in best/: the first '
                      'whose name starts so.')

  def __post_init__(self):
    for name, least in dict(batch=1, steps=1, keep=1, log_every=0, sample_every=0,
                            eval_every=0, save_every=0, eval_share=0,
                            max_nonfinite=1, data_timeout=1).items():
      if (value := getattr(self, name)) < least:
        raise Failure(f'{name} must be at least {least}, not {value}: --{name}={least}')
    if self.steps >= 2**31:
      raise Failure(f'steps must be at most {2**31 - 1}, not {self.steps}: --steps={2**31 - 1}')
    if not 0 <= self.seed < 2**32:
      raise Failure(f'seed must be 0 to {2**32 - 1}, not {self.seed}: --seed=0')
    rising = {name: up for metric in self.metrics for name, up in metric.rising.items()}
    known = [name for name, up in rising.items() if up is not None]
    near = lambda name: name.startswith(self.best) or self.best.startswith(name)
    if self.best and not any(map(near, known)):
      what = ('does not say whether more is better' if any(map(near, rising)) else
              'is no metric of this run')
      raise Failure(f'best={self.best!r} {what}: give one of '
                    f'{", ".join(known) or "none, for there is none"} with --best')

  def due(self, step: int) -> bool:
    """Whether samples, metrics or a checkpoint need the state after this step."""
    everies = self.sample_every, self.eval_every, self.save_every
    return step == self.steps or any(every and step % every == 0 for every in everies)

  def next_stop(self, step: int) -> int:
    """The next step after which something is due."""
    everies = self.log_every, self.sample_every, self.eval_every, self.save_every
    due = [step - step % every + every for every in everies if every]
    return min([self.steps, *due])


def settings() -> dict[str, tuple[Any, str]]:
  """The loop's fields of an Experiment: (default, help) by name."""
  return {field.name: (field.default, field.metadata['help'])
          for field in dataclasses.fields(Experiment) if 'help' in field.metadata}


LOOP = tuple(settings())


@dataclasses.dataclass(frozen=True)
class Run:
  """An experiment by name, with every knob resolved; '' is one that was made in Python."""
  name: str  # as --experiment takes it
  knobs: Knobs
  experiment: Experiment

  @property
  def file(self) -> pathlib.Path | None:
    return catalogue.path(self.name) if self.name else None


def knobs(name: str) -> Knobs:
  """The parameters of an experiment's builder, with their defaults."""
  file = catalogue.path(name)
  signature = inspect.signature(builder(file))
  for parameter in signature.parameters.values():
    if type(parameter.default) not in (bool, int, float, str):
      raise Failure(f'{file}: experiment({parameter.name}=...) needs a default that is a '
                    'bool, int, float or str, to be a flag')
  return {p.name: p.default for p in signature.parameters.values()}


JUDGED = ('metrics', 'eval_n')  # what judges samples in training, by other names


def knob_help(name: str) -> dict[str, str]:
  """What each parameter of an experiment is, by its file's HELP or, of usual ones, as ever."""
  file = catalogue.path(name)
  told = COMMON | getattr(module(file), 'HELP', {})
  return {knob: told.get(knob, f'A parameter of {file.name}.') for knob in knobs(name)}


def load(name: str, overrides: Knobs | None = None, loop: Knobs | None = None) -> Run:
  """Builds an experiment from its file, with other values for some knobs; `loop` has those of
  `settings` and of `JUDGED`.

  Raises Failure for names and knobs that do not exist, and for an experiment file that
  raises: with the file's own line.
  """
  values, defaults = knobs(name), knobs(name)
  if unknown := set(overrides or {}) - set(values):
    raise Failure(f'{name} has no {sorted(unknown)}: it has {", ".join(values)}')
  values |= overrides or {}
  for knob, value in values.items():
    if isinstance(value, float) and not math.isfinite(value):
      raise Failure(f'--{knob}={value} is no finite number: give one')
  for knob in values.keys() & POSITIVE:
    if isinstance(values[knob], int) and values[knob] < 1 <= defaults[knob]:
      raise Failure(f'--{knob}={values[knob]} must be at least 1: try --{knob}=1')
  file = catalogue.path(name)
  built = guarded(file, lambda: builder(file)(**values))
  if not isinstance(built, Experiment):
    raise Failure(f'{file}: experiment() must return an Experiment, not {built!r}')
  loop = dict(loop or {})
  built = judged(built, *(loop.pop(name, None) for name in JUDGED), loop)
  built = dataclasses.replace(built, **loop)
  return Run(name if name in catalogue.names() else str(file), values, built)


def judged(built: Experiment, names: str | None, n: int | None, loop: Knobs) -> Experiment:
  """An experiment whose metrics are these measures, 'fd,prdc', or its own, of n samples. Keeps
  no best state by what is not measured any more. Raises Failure."""
  if names is None:
    if n and not built.metrics:
      raise Failure(f'--eval_n={n}: this experiment has no metrics: add --metrics=fd')
    metrics = tuple(metric._replace(n=n or metric.n) for metric in built.metrics)
    return dataclasses.replace(built, metrics=metrics)
  asked = measures.parsed(names, suite.IN_TRAINING, 'metrics')
  n = n or max([1, *(metric.n for metric in built.metrics)])
  measures.check_counts(asked, n, n, 'metrics')
  metric = suite.in_training(built.data, asked, n)
  kept = lambda name: name.startswith(built.best) or built.best.startswith(name)
  best = built.best if any(map(kept, metric.rising)) else ''
  if built.best and not best and 'best' not in loop:
    say(f'no best state is kept: {built.best} is not measured; --best=NAME keeps one')
  return dataclasses.replace(built, metrics=(metric,), best=best)


def chosen(name: str, values: Knobs, data_dir: str | None) -> Knobs:
  """The knobs with what an experiment chooses by the data: by its file's function
  `chosen(knobs, data_dir)`, if it has one."""
  file = catalogue.path(name)
  function = getattr(module(file), 'chosen', None)
  return guarded(file, lambda: function(values, data_dir)) if function else values


def listed(name: str, kind: str) -> list[Knobs]:
  """The overrides that an experiment file's sweep() or chain() lists. Raises Failure."""
  file = catalogue.path(name)
  function = getattr(module(file), kind, None)
  if function is None:
    raise Failure(f'{file} defines no function {kind}() -> [dict(lr=1e-3), ...]: --{kind} is '
                  'for experiments that list their runs')
  return guarded(file, function)


def builder(file: pathlib.Path):
  """The function `experiment` of an experiment file."""
  return module(file).experiment


def module(file: pathlib.Path) -> types.ModuleType:
  """An experiment file, imported; again if it was changed since. Raises Failure."""
  try:
    stat = os.stat(file)
  except OSError as e:
    raise Failure(f'{file} cannot be read ({e.strerror})')
  return imported(file, stat.st_mtime_ns, stat.st_size)


@functools.cache
def imported(file: pathlib.Path, *version: int) -> types.ModuleType:
  """`module` of the file as it was at a time, of a size."""
  def import_file():
    spec = importlib.util.spec_from_file_location(f'experiments.{file.stem}', file)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses, and so linen, look it up there
    spec.loader.exec_module(found)
    return found
  found = guarded(file, import_file)
  if not callable(getattr(found, 'experiment', None)):
    raise Failure(f'{file} defines no function experiment(...)')
  return found


def guarded(file: pathlib.Path | None, call):
  """Calls code of an experiment file; what it raises becomes a Failure with its line. Without a
  file, it is raised as it is."""
  if file is None:
    return call()
  try:
    return call()
  except Failure:
    raise
  except Exception as e:
    lines = [f.lineno for f in traceback.extract_tb(e.__traceback__)
             if f.filename == str(file)]
    line = e.lineno if isinstance(e, SyntaxError) else lines[-1] if lines else 1
    raise Failure(f'{file}:{line}: {type(e).__name__}: {e}') from e
