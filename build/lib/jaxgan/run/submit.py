"""The runs of a sweep as jobs, one each, by submitit (pip install submitit): a SLURM array, or
processes of this machine."""
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import jax

from jaxgan.io.console import say
from jaxgan.io.errors import Failure

HERE = str(pathlib.Path(__file__).parents[2])  # where `import jaxgan` finds this package
MINUTES = 24 * 60  # of a job, if nobody says how many; submitit's own are a few
AGAIN = 1000  # times that a job may be out of time


@dataclasses.dataclass(frozen=True)
class Job:
  """A start of `python -m jaxgan`. Out of time or preempted, submitit's signal ends it here by
  an exception: the run saves, and goes on when submitit starts the job again."""
  program: tuple[str, ...] = ('-m', 'jaxgan')

  def __call__(self, argv: Sequence[str]) -> None:
    found = os.pathsep.join(filter(None, (HERE, os.environ.get('PYTHONPATH'))))
    process = subprocess.Popen([sys.executable, *self.program, *argv],
                               env=os.environ | {'PYTHONPATH': found})
    try:
      code = process.wait()
    except BaseException:
      process.terminate()
      process.wait()
      raise
    if code:
      raise RuntimeError(f'the run ended with {code}: its last line says why')

  def checkpoint(self, argv: Sequence[str]):
    import submitit
    return submitit.helpers.DelayedSubmission(self, argv)


def submit(cluster: str, options: str, argv: Sequence[str], indices: Sequence[int],
           folder: pathlib.Path) -> None:
  """Starts `python -m jaxgan argv --sweep_index=i` for each index.

  Args: cluster, 'slurm' or 'local'; options, of submitit, as
  'timeout_min=60,gpus_per_node=1,slurm_partition=gpu'; folder, where its logs go. Waits for
  local jobs, which run all at once. Raises Failure: without submitit, for options it does not
  know, for local jobs on GPUs, if jobs cannot be submitted, and, with code 1, if one fails.
  """
  found = {'timeout_min': MINUTES} | parsed(options)
  if cluster == 'local' and jax.default_backend() != 'cpu':
    raise Failure('--submit=local runs all jobs at once, which is for CPUs: leave it out, and '
                  'the runs come one after the other')
  try:
    with tempfile.TemporaryDirectory() as nowhere:  # it makes its folder before it looks
      executor(pathlib.Path(nowhere), cluster, found)
    commands = [[*argv, f'--sweep_index={i}'] for i in indices]
    jobs = executor(folder, cluster, found).map_array(Job(), commands)
  except ImportError:
    raise Failure('--submit needs submitit: pip install submitit')
  except (NameError, AssertionError, TypeError) as e:
    raise Failure(f'--submit_with={options}: {str(e).splitlines()[0]}')
  except (RuntimeError, OSError) as e:
    raise Failure(f'--submit={cluster}: {str(e).splitlines()[0]}: is this a machine that '
                  'submits jobs, and do --submit_with and the cluster agree?')
  say(f'{len(jobs)} jobs, {jobs[0].job_id} to {jobs[-1].job_id}: logs in {folder}')
  if cluster != 'local':
    return
  failed = [job.job_id for job in jobs if job.exception()]
  if failed:
    raise Failure(f'{len(failed)} of {len(jobs)} jobs failed: see {folder}/{failed[0]}_*.err; '
                  'the same command goes on with what is not done', code=1)


def executor(folder: pathlib.Path, cluster: str, options: dict[str, int | str]):
  """submitit's, with options that it has checked."""
  import submitit
  made = submitit.AutoExecutor(folder, cluster=cluster, slurm_max_num_timeout=AGAIN)
  made.update_parameters(**options)
  return made


def parsed(options: str) -> dict[str, int | str]:
  """'a=1,b=c' -> {'a': 1, 'b': 'c'}. Raises Failure."""
  found = {}
  for part in filter(None, options.split(',')):
    name, equals, value = part.partition('=')
    if not equals:
      raise Failure(f'--submit_with={options}: {part!r} is no NAME=VALUE, as in timeout_min=60')
    found[name] = int(value) if value.lstrip('-').isdigit() else value
  return found
