"""A sweep: the runs that an experiment lists, times seeds, each in a folder of its own."""
import pathlib

from jaxgan import experiment
from jaxgan.experiment import Knobs, Run
from jaxgan.io.errors import Failure

Runs = dict[pathlib.Path, Run]


def named(override: Knobs) -> str:
  """'lr=0.001,b1=0.5'."""
  return ','.join(f'{knob}={value}' for knob, value in override.items())


def runs(name: str, folder: pathlib.Path, knobs: Knobs, loop: Knobs, sweep: bool,
         seeds: int) -> Runs:
  """The runs of an experiment's sweep(), if `sweep`, each with so many seeds, by folder:
  FOLDER/KNOB=VALUE,seedN. Raises Failure if the experiment lists none."""
  found = {}
  for override in experiment.listed(name, 'sweep') if sweep else [{}]:
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
