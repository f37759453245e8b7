"""A trace of some training steps: what the devices and the host did, and when."""
import pathlib
from typing import Any

import jax

from jaxgan.io.console import say

WARM_UP = 2  # calls of the compiled step that are not traced


class Trace:
  """Traces `n` steps, from the third call on; none if n is 0.

  As a context it ends with what it has when the run ends before. Process 0's is written.
  """

  def __init__(self, folder: pathlib.Path, n: int):
    self.folder, self.n = folder, n
    self.calls, self.began = 0, None

  def most(self, step: int) -> int | None:
    """The steps that the next call may have, so that n of them are traced; None for any."""
    return None if self.began is None else self.began + self.n - step

  def __enter__(self) -> 'Trace':
    return self

  def before(self, step: int, state: Any) -> None:
    """Call it before each call of the compiled step."""
    if self.began is not None and step - self.began >= self.n:
      self.end(step, state)
    elif self.began is None and self.n and self.calls == WARM_UP:
      jax.block_until_ready(state)
      if jax.process_index() == 0:
        jax.profiler.start_trace(self.folder)
      self.began = step
    self.calls += 1

  def end(self, step: int, state: Any) -> None:
    jax.block_until_ready(state)
    first, self.n = jax.process_index() == 0, 0
    began, self.began = self.began, None
    if not first:
      return
    jax.profiler.stop_trace()
    say(f'traced steps {began + 1:,} to {step:,}: open {self.folder}/plugins/profile/'
        '*/*.trace.json.gz at ui.perfetto.dev, or the folder with TensorBoard')

  def __exit__(self, *error) -> None:
    if jax.process_index() != 0:
      return
    if self.n and self.began is None:
      say(f'nothing was traced: the run had only {self.calls} calls of the compiled step')
    elif self.began is not None:
      jax.profiler.stop_trace()
      say(f'the run ended while it was traced: see {self.folder}')
      self.began = None
