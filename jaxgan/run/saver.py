"""Writes to disk while training goes on."""
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Saver:
  """One job after another, in one thread; at most one is under way.

  What a job raises is raised by the next call of `check` or `wait` after its end, in the thread
  that calls. Python waits for the last job when it ends.
  """

  def __init__(self):
    self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='save')
    self.last: Future | None = None

  def start(self, job: Callable, *args) -> None:
    """Waits for the job before this one, then starts this."""
    self.wait()
    self.last = self.pool.submit(job, *args)

  def check(self) -> None:
    """Raises what the last job raised, if it has ended."""
    if self.last and self.last.done():
      self.wait()

  def wait(self) -> None:
    """Waits until the last job has ended, and raises what it raised, once."""
    last, self.last = self.last, None
    if last:
      last.result()
