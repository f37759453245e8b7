"""How long training takes and how much is left: compilation, samples, metrics, saves apart."""
import contextlib
import time
from collections.abc import Iterator, Mapping


class Stopwatch:
  """Seconds of training steps since the first call ended, and of what was done between them,
  for each of so many runs."""

  def __init__(self, runs: int = 1):
    self.runs, self.start = runs, None
    self.between: dict[str, tuple[float, int]] = {}  # seconds and times, by name

  def begin(self) -> None:
    """Call it when the first call, which was compiled, has ended."""
    self.start = time.monotonic()

  def training(self) -> float:
    """Seconds since then, without what was done between steps; 0 before."""
    if self.start is None:
      return 0.
    return time.monotonic() - self.start - sum(seconds for seconds, _ in self.between.values())

  @contextlib.contextmanager
  def apart(self, name: str) -> Iterator[None]:
    """Around what is no training. It must wait for the steps before, and is not nested."""
    begun = time.monotonic()
    try:
      yield
    finally:
      seconds, times = self.between.get(name, (0., 0))
      self.between[name] = seconds + time.monotonic() - begun, times + 1

  def left(self, per_step: float, steps: int, times: Mapping[str, int]) -> float:
    """Seconds that so many steps take, and what is due between them so many times, each as
    long as it took on average; nothing for what has not been done yet."""
    mean = lambda name: self.between[name][0] / self.between[name][1]
    return steps * per_step + sum(self.runs * n * mean(name) for name, n in times.items()
                                  if name in self.between)
