"""Feeds the compiled step: several steps a call, and the next batches while it runs."""
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jaxgan.data import order
from jaxgan.data.source import Arrays, Source, check_finite
from jaxgan.experiment import Experiment
from jaxgan.io.errors import STALLED, Failure
from jaxgan.types import Batch

STEPS = 32  # a call, at most: a call costs about a millisecond, whatever it computes
BYTES = 2**25  # of data a call, at most
RESIDENT = 2**30  # bytes of a data set that devices keep
SECONDS = 3.  # a call, about: a signal waits for two


def capacity(experiment: Experiment, spec: Batch, members: int = 1) -> int:
  """The steps that one call has capacity for."""
  example = sum(int(np.prod(a.shape)) * np.dtype(a.dtype).itemsize
                for a in jax.tree.leaves(spec))
  step = example * experiment.batch * experiment.gan.batches
  return int(np.clip(BYTES // (step * members), 1, STEPS))


def batches(experiment: Experiment, source: Source, step: int, n: int, capacity: int) -> Batch:
  """This process's part of the batches of steps step .. step + n - 1, as stored.

  Every leaf [capacity, batches, B / processes, ...]; past the n-th step it holds anything.
  Raises Failure (5) where they cannot be read, and (2) for a number that is not finite.
  """
  ids = positions(experiment, source, step, n)
  try:
    examples = (source.drawn(ids, places(experiment, step, n), experiment.seed)
                if hasattr(source, 'drawn') else source[ids])
  except OSError as e:
    raise Failure(f'the data of steps {step + 1:,} to {step + n:,} cannot be read ({e}): mend '
                  'that, then run the same command to resume', code=5) from e
  if not isinstance(source, Arrays):  # which have been looked at
    check_finite(examples, ids)
  return jax.tree.map(lambda a: padded(a, capacity), examples)


def batch_positions(experiment: Experiment, source: Source, step: int, n: int,
                    capacity: int) -> np.ndarray:
  """Where the same examples stand in the source: int32 [capacity, batches, B / processes]."""
  return padded(positions(experiment, source, step, n).astype(np.int32), capacity)


def positions(experiment: Experiment, source: Source, step: int, n: int) -> np.ndarray:
  """Which examples this process has in steps step .. step + n - 1: int64 [n, batches,
  B / processes]."""
  per_step = experiment.gan.batches * experiment.batch
  ids = order.ids(len(source), experiment.seed, step * per_step, n * per_step)
  return shared(experiment, ids, n)


def places(experiment: Experiment, step: int, n: int) -> np.ndarray:
  """Where they stand in the course of the run, alike."""
  per_step = experiment.gan.batches * experiment.batch
  return shared(experiment, np.arange(step * per_step, (step + n) * per_step), n)


def shared(experiment: Experiment, each: np.ndarray, n: int) -> np.ndarray:
  """This process's share of what is one each for the examples of n steps."""
  share = experiment.batch // jax.process_count()
  mine = slice(jax.process_index() * share, (jax.process_index() + 1) * share)
  return each.reshape(n, experiment.gan.batches, experiment.batch)[..., mine]


def padded(a: np.ndarray, capacity: int) -> np.ndarray:
  whole = np.zeros((capacity, *a.shape[1:]), a.dtype)
  whole[:len(a)] = a
  return whole


def resident(source: Source, wanted: bool | None) -> Batch | None:
  """The whole data set, if the devices shall keep it and be sent positions alone.

  As is `wanted`; if that is None on GPUs and TPUs, up to RESIDENT bytes. Raises Failure if it
  is wanted and cannot be.
  """
  if not isinstance(getattr(source, 'source', source), Arrays):  # as it is, or mirrored
    if wanted:
      raise Failure('--resident is for data sets that are read into memory: leave it out')
    return None
  size = len(source) * sum(a.nbytes for a in jax.tree.leaves(source[np.arange(1)]))
  if wanted or wanted is None and jax.default_backend() != 'cpu' and size <= RESIDENT:
    return source.batch if isinstance(source, Arrays) else source[np.arange(len(source))]
  return None


def waited(read: Callable[[], Any], stop: Callable[[], int], most: float) -> Any | None:
  """read(), in a thread of its own, so that signals are heard while it waits; None if stop()
  said so first. What it raises is raised here.

  Raises Failure (6) after `most` seconds, and writes what each thread was at to stderr.
  """
  found, ended = [], threading.Event()

  def run():
    try:
      found.append((read(), None))
    except BaseException as e:
      found.append((None, e))
    ended.set()
  threading.Thread(target=run, name='data', daemon=True).start()
  end = time.monotonic() + most
  while not ended.wait(timeout=.1):
    if stop():
      return None
    if time.monotonic() > end:
      print(stacks(), file=sys.stderr, flush=True)
      raise Failure(f'the data have not come for {most:,.0f} s: see above what each thread was '
                    'at; mend that, or raise --data_timeout, then run the same command to '
                    'resume', code=STALLED)
  value, error = found[0]
  if error is not None:
    raise error
  return value


def stacks() -> str:
  """What each thread is at."""
  frames = sys._current_frames()
  each = {thread.name: traceback.format_stack(frames[thread.ident])
          for thread in threading.enumerate() if thread.ident in frames}
  return '\n'.join(f'thread {name}:\n{"".join(stack)}' for name, stack in each.items())


class Pace:
  """How many steps to give to the next call; never more than two calls are under way.

  `n` follows the clock, which is harmless: any split of the steps gives the same bits.
  Several processes must agree on it.
  """

  def __init__(self, capacity: int):
    self.capacity, self.n, self.last, self.calls = capacity, 1, time.monotonic(), []

  def wait(self, result: Any, n: int) -> Any:
    """Notes a call of n steps; waits for the call before it, and gives its result, if any."""
    self.calls.append((result, n))
    earlier = None
    if len(self.calls) > 1:
      earlier, count = self.calls.pop(0)
      jax.block_until_ready(earlier)
      seconds = (time.monotonic() - self.last) / count
      self.n = int(np.clip(SECONDS / max(seconds, 1e-9), 1, self.capacity))
    self.last = time.monotonic()
    return earlier
