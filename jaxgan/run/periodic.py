"""What is due after a training step: numbers, pictures, metrics, checkpoints."""
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np

from jaxgan import parallel
from jaxgan.data import order
from jaxgan.data.source import Source
from jaxgan.experiment import Experiment
from jaxgan.io import files
from jaxgan.run import checkpoint, workdir
from jaxgan.run.display import Pace
from jaxgan.run.log import Log
from jaxgan.run.sampling import latents
from jaxgan.run.saver import Saver
from jaxgan.run.stopwatch import Stopwatch
from jaxgan.types import PLAYED, Batch, PyTree, Samples, Terms, TrainState

SHOWN, ROWS = 64, 1000  # samples in a picture; of points and rows of a table
WAIT = .05  # of the time since the last line: for terms that are nearly there
CONDITIONS = 1000  # examples whose conditions samples are drawn for, in turn


Evaluator = tuple[int, Callable[[Batch, Batch], dict[str, float]]]  # a Metric, prepared


class Periodic:
  """Does what an experiment's `_every`s ask for. One process has it.

  Samples have fixed latents: pictures and metrics of two steps differ by training alone.
  `source` has the conditions that samples are drawn for (`data.source.scored_on`), and what
  they are compared with. `draw` is the experiment's `sampler`; `pick` gives this run's part of
  a state and terms that hold several runs', whose one `watch` tells training from the rest.
  `floors` is filled by the evaluators.
  """

  def __init__(self, experiment: Experiment, source: Source, folder: pathlib.Path, log: Log,
               draw: Callable, evaluators: Sequence[Evaluator],
               floors: Mapping[str, float] = {},
               pick: Callable[[PyTree], PyTree] = lambda tree: tree,
               watch: Stopwatch | None = None):
    self.experiment, self.folder, self.log = experiment, folder, log
    self.evaluators, self.floors, self.pick = evaluators, floors, pick
    self.watch = watch or Stopwatch()
    self.saver = Saver()
    self.draw = draw
    asked = any(metric.latents for metric in experiment.metrics)
    self.latents = latents(experiment) if asked else None
    count = max([CONDITIONS, *(n for n, _ in evaluators)])
    self.ids = order.ids(len(source), experiment.seed, 0, count)
    self.examples = source[self.ids]
    self.shown = ROWS if getattr(self.examples.x, 'ndim', 0) == 2 else SHOWN
    reals = self.reals(self.shown)
    self.log.picture('reals', experiment.data.show(reals.x, reals.c), log.step)
    workdir.write_conditions(folder, jax.tree.map(lambda a: a[:CONDITIONS], self.examples.c))
    self.clock, self.unwritten = None, None  # (seconds of training, step) at the last line
    self.began, self.judging = time.monotonic(), None  # seconds; the first of all prepares

  def before(self, state: TrainState) -> None:
    """Call it before the first step of a run: what its untrained generator draws."""
    if self.experiment.sample_every:
      self.draw_samples(0, state)

  def draw_samples(self, step: int, state: TrainState) -> None:
    fakes, reals = self.fakes(state, self.shown), self.reals(self.shown)
    picture = self.experiment.data.show(fakes.x, fakes.c, reals.x)
    self.log.picture(f'fakes_{step:08}', picture, step)

  def after(self, step: int, state: TrainState, terms: Terms) -> None:
    """Call it when the step has been dispatched, before its state is given away.

    Terms are read one call late, so that the device never waits for the log; at once, where
    the call took as long as the device: a rate is then of these steps, and not of the next.
    """
    self.saver.check()
    due = lambda every: bool(every) and (step % every == 0 or step == self.experiment.steps)
    if self.watch.start is None:
      jax.block_until_ready((state, terms))
      self.watch.begin()
    self.clock = self.clock or (self.watch.training(), step)
    self.flush()
    self.log.progress(step)
    if due(self.experiment.log_every):
      self.unwritten = step, self.pick(terms)
      if soon(terms, WAIT * (self.watch.training() - self.clock[0])):
        self.flush()
    if not self.experiment.due(step):
      return
    jax.block_until_ready((state, terms))  # training's time, not that of what follows
    self.flush()
    self.saver.wait()  # a kill in what follows, which may take long, loses no save before it
    if due(self.experiment.sample_every):
      with self.watch.apart('samples'):
        self.draw_samples(step, state)
    if due(self.experiment.eval_every) and self.evaluators and self.may_evaluate(step):
      with self.watch.apart('metrics'):
        self.evaluate(step, state)
    if due(self.experiment.save_every):
      with self.watch.apart('saves'):
        self.save(state)

  def flush(self) -> None:
    """Writes the terms that were held back."""
    if not self.unwritten:
      return
    (step, terms), self.unwritten = self.unwritten, None
    values = played(parallel.local(terms))
    (then, last), now = self.clock, self.watch.training()
    if step == last:  # of the first call, which was compiled, no rate is known
      return self.log.scalars(step, values)
    self.clock = now, step
    per_step = (now - then) / (step - last)
    rate = self.experiment.batch / max(per_step, 1e-9)
    self.log.scalars(step, values, Pace(self.experiment.data.unit, rate,
                                        self.left(step, per_step)))

  def left(self, step: int, per_step: float) -> float:
    """Seconds to the end, with samples, metrics and saves."""
    one = self.experiment
    def times(every: int) -> int:
      return -(-one.steps // every) - step // every if every else 0
    seconds = self.watch.left(per_step, one.steps - step, {
        'samples': times(one.sample_every), 'saves': times(one.save_every)})
    metrics = self.watch.left(0., 0, {'metrics': times(one.eval_every)})
    return seconds + min(metrics, one.eval_share * seconds + self.watch.left(
        0., 0, {'metrics': 1}))  # they have a share of the time, but for the last

  def close(self, step: int, state: TrainState) -> None:
    """At the end, planned or not: nothing done is lost."""
    self.flush()
    try:
      self.saver.wait()
    finally:  # if an earlier save failed, this one may not
      self.save(state)
      self.saver.wait()
    if step == self.experiment.steps:
      self.log.finish()
    self.log.close()

  def save(self, state: TrainState) -> None:
    """Starts to write a copy: the state's own memory is given to the next step."""
    self.saver.start(self.write, jax.tree.map(np.array, parallel.local(self.pick(state))))

  def write(self, state: TrainState) -> None:
    with workdir.storage(self.folder):
      checkpoint.save(self.folder / 'checkpoints', state, self.experiment.keep)
      files.write(self.folder / 'saved', str(int(state.step)))

  def fakes(self, state: TrainState, n: int) -> Samples:
    """n samples, of the conditions of as many examples."""
    average, c = parallel.local(self.pick(state.ema)), self.reals(n).c
    x = self.draw(average, n, self.experiment.seed, Batch(None, c))
    return Samples(x, c, self.ids[:n])

  def reals(self, n: int) -> Batch:
    return jax.tree.map(lambda a: a[:n], self.examples)

  def may_evaluate(self, step: int) -> bool:
    """Whether metrics have had less than their share of the time, that of the first left out:
    it prepares what they need; always at the last step."""
    elapsed = time.monotonic() - self.began
    return (step == self.experiment.steps or not self.judging
            or self.judging <= self.experiment.eval_share * elapsed)

  def evaluate(self, step: int, state: TrainState) -> None:
    """Logs the metrics, and keeps the state if it is the best by the experiment's choice."""
    start, found = time.monotonic(), {}
    fake = self.fakes(state, max(n for n, _ in self.evaluators))
    if self.latents:
      fake = fake._replace(z=self.latents(len(fake.ids), self.experiment.seed,
                                          Batch(None, fake.c)))
    for n, score in self.evaluators:
      first = lambda a, n=n: a[:n]
      found |= score(self.reals(n), jax.tree.map(first, fake))
    self.log.scores(step, found, self.floors)
    if self.experiment.best:
      state = parallel.local(self.pick(state))
      rising = {name: up for metric in self.experiment.metrics
                for name, up in metric.rising.items()}
      workdir.keep_best(self.folder, state, self.experiment.best, found, rising)
    seconds = time.monotonic() - start
    if self.judging is None:
      self.began, seconds = self.began + seconds, 0.
    self.judging = (self.judging or 0.) + seconds


def soon(terms: Terms, seconds: float) -> bool:
  """Whether the device has computed these, or does so in as many seconds."""
  end = time.monotonic() + seconds
  while not all(a.is_ready() for a in jax.tree.leaves(terms) if isinstance(a, jax.Array)):
    if time.monotonic() > end:
      return False
    time.sleep(seconds / 10)
  return True


def played(terms: Terms) -> Terms:
  """The terms of the moves that a step had (`types.maybe_played`)."""
  return {name: value for name, value in terms.items()
          if not name.endswith(PLAYED) and np.all(terms.get(f'{name}{PLAYED}', True))}
