"""Trains, or goes on where the folder ends; several runs by --seeds, --sweep, --chain."""
import yaml

from jaxgan import experiment
from jaxgan.experiment import JUDGED, LOOP
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes import sample
from jaxgan.modes.shared import folder
from jaxgan.run import description, dry_run, loop, submit, sweeps, writers
from jaxgan.types import Paths

FLAGS = {
    'seeds': ('int', 1, 'Runs of as many seeds, from --seed on, in one program, each in '
              'WORKDIR/seedN.', 1, 100_000_000),
    'sweep': ('bool', False, 'Every combination of parameters that are given several values, '
              "--lr=1e-4,2e-4, or else the runs that the experiment's sweep() lists; in one "
              'program where they differ in floats alone, each in WORKDIR/KNOB=VALUE.'),
    'chain': ('bool', False, "The runs that the experiment's chain() lists, each from the "
              'players of the one before, in WORKDIR/KNOB=VALUE.'),
    'sweep_index': ('int', None, 'With --sweep or --seeds, only the run of this index, from 0: '
                    'for arrays of jobs.', 0),
    'submit': (['slurm', 'local'], None, 'With --sweep or --seeds, a job each, by submitit: an '
               'array of SLURM, or processes here.'),
    'submit_with': ('str', '', "submitit's options: timeout_min=60,gpus_per_node=1,"
                    'slurm_partition=gpu,slurm_array_parallelism=8.'),
    'profile': ('int', 0, 'Steps to write a trace of, to WORKDIR/profile, for Perfetto or '
                'TensorBoard.', 0),
    'resident': ('bool', None, 'The data set lies on the devices, which find batches in it '
                 '(default: on GPUs and TPUs, if it is in memory and at most 1 GiB).'),
    'deterministic': ('bool', False, 'NVIDIA GPUs take kernels that repeat themselves alone, '
                      'so that a resumed run ends where an undisturbed one does, to the bit (2 '
                      'to 25 % of a step). CPUs always do.'),
    'metrics': ('str', None, 'What judges samples in training: fd, fd-infinity, kd, kid, cs, '
                'prdc, memory, ms-ssim, intra-fd, class-accuracy; several with commas '
                "(default: the experiment's own)."),
    'eval_n': ('int', None, 'How many samples metrics take.', 2, 100_000_000),
    'dry_run': ('bool', False, 'Two steps, a save, a restore, scores and samples in a folder '
                'that is gone afterwards, to see that all of it works.'),
    'print_config': ('bool', False, 'Prints the run as it would be, with its networks, losses '
                     'and optimisers, as YAML, and ends.'),
    'quiet': ('bool', False, 'Of the numbers only scores are printed.'),
    'track': ('str', None, 'Services that get numbers and pictures too: wandb, mlflow, or both '
              'with a comma. They take their settings from their own variables '
              '(WANDB_MODE=offline, MLFLOW_TRACKING_URI).'),
    'coordinator_address': ('str', None, 'host:port of process 0, for several processes '
                            'without SLURM, Open MPI or a TPU pod.'),
    'process_id': ('int', None, 'This process, from 0.'),
    'num_processes': ('int', None, 'How many processes there are.')}
SHARED = ('device_map', 'divide_state', 'inception')
KNOBS = True


def run(values, knobs, paths) -> None:
  """One run in its folder, or several, each in a folder below it. Raises Failure."""
  settings = {name: values[name].value for name in (*LOOP, *JUDGED) if values[name].present}
  knobs = experiment.chosen(values.experiment, knobs, paths.data_dir)
  overrides = sweeps.listed(values.experiment, knobs) if values.sweep else [{}]
  first = experiment.load(values.experiment, knobs | overrides[0], settings)
  several = values.sweep or values.seeds > 1
  check(values, several)
  how = loop.How(values.device_map, values.profile, values.resident, values.divide_state,
                 values.quiet, writers.asked(values.track))
  if values.print_config:
    return say(yaml.safe_dump(description.resolved(first), sort_keys=False,
                              default_flow_style=None, width=96).rstrip())
  if values.dry_run:
    draw = lambda folder, out: sample.sample(folder, values.experiment, sample.Request(
        4, str(out)))
    return dry_run.dry_run(first, paths, how, draw)
  if values.chain:
    return chain(values, knobs, settings, paths, how)
  if not several:
    return loop.train([first], [folder(values)], paths, how)
  runs = sweeps.runs(values.experiment, folder(values), knobs, settings, overrides,
                     values.seeds)
  if values.sweep_index is not None:
    runs = sweeps.one_of(runs, values.sweep_index)
  todo = loop.unfinished(runs, paths)
  if values.submit and todo:
    indices = [i for i, path in enumerate(runs) if path in todo]
    given = [values[name].serialize() for name in values
             if values[name].present and not name.startswith('submit')]
    given += [f'--{name}={",".join(map(str, several))}' for name, several in knobs.items()
              if isinstance(several, list)]
    return submit.submit(values.submit, values.submit_with, given, indices,
                         folder(values) / 'jobs')
  groups = loop.side_by_side(todo, paths)
  for group in groups:
    loop.check_how(list(group.values()), how)
  for group in groups:
    loop.train(list(group.values()), list(group), paths, how)


def check(values, several: bool) -> None:
  """Raises Failure for flags that do not go together."""
  if not several and (values.submit or values.sweep_index is not None):
    raise Failure('--submit and --sweep_index are for several runs: add --sweep or --seeds=N')
  if values.submit and values.sweep_index is not None:
    raise Failure('--submit gives each of its jobs a --sweep_index: leave out one of them')
  if values.submit_with and not values.submit:
    raise Failure('--submit_with is for jobs: add --submit=slurm or --submit=local')
  if values.chain and several:
    raise Failure('--chain is one run after the other: leave out --sweep and --seeds')


def chain(values, knobs: dict, settings: dict, paths: Paths, how: loop.How) -> None:
  """The runs that an experiment's chain() lists, each from the players of the one before."""
  listed = experiment.listed(values.experiment, 'chain')
  for name in set.intersection(*map(set, listed)):  # what only some set, the others are given
    if values[name].present:
      raise Failure(f'--{name} is what the runs of --chain differ in: leave it out')
  for override in listed:
    run = experiment.load(values.experiment, knobs | override, settings)
    here = folder(values) / sweeps.named(override)
    loop.train([run], [here], paths, how)
    settings = settings | {'init_from': str(here)}
