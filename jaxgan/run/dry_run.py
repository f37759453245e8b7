"""A run in miniature: does all of it work, before hours are spent on it?"""
import contextlib
import dataclasses
import io
import pathlib
import shutil
import tempfile
import time
from collections.abc import Callable

from jaxgan import parallel
from jaxgan.experiment import Experiment, Run
from jaxgan.io import files
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, loop
from jaxgan.types import Paths

STEPS, SAMPLES = 2, 64  # of the run, and of what is scored


def dry_run(run: Run, paths: Paths, how: loop.How,
            sample: Callable[[pathlib.Path, pathlib.Path], None]) -> None:
  """Trains two steps with scores, samples and checkpoints, trains the second again from the
  first one's checkpoint, and draws samples from the folder by sample(folder, out); all in a
  folder that is gone afterwards. Raises Failure for what does not work."""
  if parallel.several():
    raise Failure('--dry_run is for one process: leave out the others')
  small = dataclasses.replace(run, experiment=miniature(run.experiment))
  say(f'dry run of {run.name}: {run.experiment.batch} examples a step')
  with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary) / 'run'
    again = lambda: loop.train([small], [folder], paths, how._replace(quiet=True))
    timed('trained 2 steps; scored, drew and saved', again)
    scores = [row for row in files.steps(folder / 'metrics.jsonl')
              if any(name.startswith('eval/') for name in row)]
    for name, value in (scores[-1] if scores else {}).items():
      if name != 'step':
        say(f'  {name.removeprefix("eval/")} {value:.4g}')
    straight = digest(folder)
    shutil.rmtree(folder / 'checkpoints' / str(STEPS))
    timed('restored the first step, and trained the second again', again)
    same = digest(folder) == straight
    say('  it ends at the same bits' if same else
        '  it ends at other last bits, as GPUs may: see --deterministic')
    timed('drew samples from the folder', lambda: sample(folder, folder / 'sample.npz'))
  say(f'all of it worked, and nothing of it is kept: leave out --dry_run to train '
      f'{run.experiment.steps:,} steps')


def miniature(one: Experiment) -> Experiment:
  """The experiment for two steps, of which each is saved and the last is scored and drawn."""
  # Kernel distances over subsets of 1000 need as many.
  metrics = tuple(metric if 'kd-100x1000' in metric.rising else
                  metric._replace(n=min(metric.n, SAMPLES)) for metric in one.metrics)
  often = lambda every, n: n if every else 0
  return dataclasses.replace(
      one, steps=STEPS, metrics=metrics, keep=STEPS, log_every=1, save_every=1,
      sample_every=often(one.sample_every, STEPS), eval_every=often(one.eval_every, STEPS))


def timed(what: str, do: Callable[[], None]) -> None:
  """Does it, without its own lines, and says how long it took."""
  start = time.monotonic()
  with contextlib.redirect_stdout(io.StringIO()):
    do()
  say(f'  {what}: {time.monotonic() - start:.1f} s')


def digest(folder: pathlib.Path) -> str:
  """What tells the last state of a run from others."""
  last = checkpoint.steps(folder / 'checkpoints')[-1]
  return (folder / 'checkpoints' / str(last) / 'digest.json').read_text()
