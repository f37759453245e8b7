"""The runs of a sweep as jobs, one each, by submitit (pip install submitit): a SLURM array, or
processes of this machine."""
import dataclasses
import pathlib
import subprocess
import sys
from collections.abc import Sequence

from jaxgan import log
from jaxgan.errors import Failure

LAUNCH = pathlib.Path(__file__).parents[1] / 'launch.py'


@dataclasses.dataclass(frozen=True)
class Job:
  """A start of launch.py; submitit starts it again after a preemption or a time-out, and it
  goes on from its checkpoint."""

  def __call__(self, argv: Sequence[str]) -> None:
    code = subprocess.run([sys.executable, LAUNCH, *argv]).returncode
    if code:
      raise RuntimeError(f'launch.py ended with {code}: its last line says why')

  def checkpoint(self, argv: Sequence[str]):
    import submitit
    return submitit.helpers.DelayedSubmission(self, argv)


def submit(cluster: str, options: str, argv: Sequence[str], indices: Sequence[int],
           folder: pathlib.Path) -> None:
  """Starts `launch.py argv --sweep_index=i` for each index.

  Args: cluster, 'slurm' or 'local'; options, of submitit, as
  'timeout_min=60,gpus_per_node=1,slurm_partition=gpu'; folder, where its logs go. Waits for
  local jobs. Raises Failure: without submitit, for options it does not know, if a job fails.
  """
  try:
    import submitit
    executor = submitit.AutoExecutor(folder, cluster=cluster)
  except ImportError:
    raise Failure('--submit needs submitit: pip install submitit')
  except RuntimeError as e:
    raise Failure(f'--submit={cluster}: {e}: is this a machine that submits jobs?')
  try:
    executor.update_parameters(**parsed(options))
  except (NameError, AssertionError, TypeError) as e:
    raise Failure(f'--submit_with={options}: {str(e).splitlines()[0]}')
  jobs = executor.map_array(Job(), [[*argv, f'--sweep_index={i}'] for i in indices])
  log.say(f'{len(jobs)} jobs, {jobs[0].job_id} to {jobs[-1].job_id}: logs in {folder}')
  if cluster != 'local':
    return
  failed = [job.job_id for job in jobs if job.exception()]
  if failed:
    raise Failure(f'{len(failed)} of {len(jobs)} jobs failed: see {folder}/{failed[0]}_*.err; '
                  'the same command goes on with what is not done', code=1)


def parsed(options: str) -> dict[str, int | str]:
  """'a=1,b=c' -> {'a': 1, 'b': 'c'}. Raises Failure."""
  found = {}
  for part in filter(None, options.split(',')):
    name, equals, value = part.partition('=')
    if not equals:
      raise Failure(f'--submit_with={options}: {part!r} is no NAME=VALUE, as in timeout_min=60')
    found[name] = int(value) if value.lstrip('-').isdigit() else value
  return found
