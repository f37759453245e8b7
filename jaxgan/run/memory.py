"""Whether a run fits into memory: said in numbers, and before it starts if that is known."""
import contextlib
import os
import resource
from collections.abc import Callable, Iterator

import jax

from jaxgan.experiment import Experiment
from jaxgan.io.errors import MEMORY, Failure, first_line
from jaxgan.run import states
from jaxgan.types import Batch

SIGNS = ('RESOURCE_EXHAUSTED', 'Out of memory', 'out of memory', 'bad_alloc')  # in XLA's errors
ADVICE = ('lower --batch or the width, or use --remat or --divide_state where the experiment '
          'and the devices allow it; --mode=inspect shows what a run needs')


def available() -> int | None:
  """Bytes that one device of this process may use; None if it does not say. CPU devices, of
  which there may be several, share the machine's."""
  device = jax.local_devices()[0]
  if device.platform == 'cpu':
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // jax.local_device_count()
  return (device.memory_stats() or {}).get('bytes_limit')


def used() -> int:
  """Bytes in use, at most so far: of the first device; of this process, where that is a CPU."""
  stats = jax.local_devices()[0].memory_stats() or {}
  return stats.get('peak_bytes_in_use') or 1024 * resource.getrusage(
      resource.RUSAGE_SELF).ru_maxrss


def of_state(experiment: Experiment, spec: Batch) -> int:
  """Bytes of parameters, statistics, optimisers and average."""
  return sum(a.size * a.dtype.itemsize
             for a in jax.tree.leaves(states.shapes(experiment, spec)))


def check(needed: int, what: str) -> None:
  """Raises Failure (7) if a device has not so many bytes."""
  if (have := available()) is not None and needed > have:
    raise Failure(f'out of memory before the start: {what} needs {gigabytes(needed)} a device, '
                  f'which has {gigabytes(have)}: {ADVICE}', code=MEMORY)


def checked(advance: Callable) -> Callable:
  """The compiled step, whose first call raises Failure (7) where the program that XLA has made
  needs more memory than there is, before it runs."""
  program = None

  def call(*args):
    nonlocal program
    if program is None:
      program = advance.lower(*args).compile()
      found = program.memory_analysis()
      if found is not None:
        check(found.argument_size_in_bytes + found.temp_size_in_bytes, 'the training step')
    return program(*args)
  return call


def is_short(error: BaseException) -> bool:
  """Whether an exception says that memory has run out."""
  return isinstance(error, MemoryError) or (
      isinstance(error, jax.errors.JaxRuntimeError) and any(s in str(error) for s in SIGNS))


@contextlib.contextmanager
def enough(experiment: Experiment, spec: Batch) -> Iterator[None]:
  """Around training: raises Failure (7), with what the state takes, where memory runs out."""
  try:
    yield
  except Exception as e:
    if not is_short(e):
      raise
    raise Failure(f'out of memory ({first_line(e)}): the '
                  f'state takes {gigabytes(of_state(experiment, spec))}, the step more: '
                  f'{ADVICE}', code=MEMORY) from e


def gigabytes(n: int) -> str:
  return f'{n / 1e9:,.3g} GB'
