"""A sweep: runs that an experiment or the command line lists, times seeds, a folder each."""
import itertools
import pathlib
from collections.abc import Sequence

from jaxgan import experiment
from jaxgan.experiment import Knobs, Run
from jaxgan.io.errors import Failure

Runs = dict[pathlib.Path, Run]


def named(override: Knobs) -> str:
  """'lr=0.001,b1=0.5'."""
  return ','.join(f'{knob}={value}' for knob, value in override.items())


def listed(name: str, knobs: Knobs) -> list[Knobs]:
  """What the runs of a sweep differ in: every combination of the knobs that are given as lists;
  without any, what the experiment's sweep() lists. Raises Failure if there is none."""
  lists = {knob: values for knob, values in knobs.items() if isinstance(values, list)}
  if not lists:
    try:
      return experiment.listed(name, 'sweep')
    except Failure as e:
      raise Failure(f'{e}; or give a parameter several values: --lr=1e-4,2e-4')
  for knob, values in lists.items():
    if len(set(values)) < len(values):
      raise Failure(f'--{knob}={",".join(map(str, values))} has a value twice: give each once')
  return [dict(zip(lists, values)) for values in itertools.product(*lists.values())]


def runs(name: str, folder: pathlib.Path, knobs: Knobs, loop: Knobs, overrides: Sequence[Knobs],
         seeds: int) -> Runs:
  """The runs of a sweep, each with so many seeds, by folder: FOLDER/KNOB=VALUE,seedN."""
  found = {}
  for override in overrides:
    first = (knobs | override).get('seed', 0)
    for seed in range(first, first + seeds):
      parts = [named(override)] * bool(override) + [f'seed{seed}'] * (seeds > 1)
      one = knobs | override | ({'seed': seed} if seeds > 1 else {})
      found[folder / ','.join(parts)] = experiment.load(name, one, loop)
  return found


def one_of(found: Runs, index: int) -> Runs:
  """The run of an index. Raises Failure if there is none."""
  if not 0 <= index < len(found):
    raise Failure(f'--sweep_index={index} is none of the {len(found)} runs, 0 to '
                  f'{len(found) - 1}')
  return dict([list(found.items())[index]])
