"""What is due after a training step: numbers, pictures, metrics, checkpoints."""
import pathlib
import time

import jax
import numpy as np

from jaxgan import checkpoint, log, parallel, workdir
from jaxgan.data import order
from jaxgan.data.source import Source
from jaxgan.experiment import Experiment
from jaxgan.sampling import sampler
from jaxgan.types import Terms, TrainState

SHOWN, SCORED = 64, 1000  # samples in a picture, and in a metric


class Periodic:
  """Does what an experiment's `_every`s ask for. One process has it.

  Samples have fixed latents: pictures and metrics of two steps differ by training alone.
  """

  def __init__(self, experiment: Experiment, source: Source, folder: pathlib.Path, step: int):
    self.experiment, self.folder = experiment, folder
    self.log = log.Log(folder, step, experiment.steps)
    self.draw = sampler(experiment)
    count = SCORED if experiment.metrics else SHOWN
    self.examples = source[order.ids(len(source), experiment.seed, 0, count)]
    self.log.pictures('reals', self.reals(SHOWN), step)
    workdir.write_conditions(folder, self.examples.c)
    self.clock, self.unwritten = (time.monotonic(), step), None

  def after(self, step: int, state: TrainState, terms: Terms) -> None:
    """Call it when the step has been dispatched, before its state is given away.

    Terms are read one call late, so that the device never waits for the log.
    """
    due = lambda every: bool(every) and (step % every == 0 or step == self.experiment.steps)
    self.flush()
    self.log.progress(step)
    if due(self.experiment.log_every):
      self.unwritten = step, terms
    if due(self.experiment.sample_every):
      self.log.pictures(f'fakes_{step:08}', self.fakes(state, SHOWN), step)
    if due(self.experiment.eval_every) and self.experiment.metrics:
      self.flush()
      self.log.scalars(step, self.scores(state))
    if due(self.experiment.save_every):
      self.flush()
      self.save(state)

  def flush(self) -> None:
    """Writes the terms that were held back."""
    if not self.unwritten:
      return
    (step, terms), self.unwritten = self.unwritten, None
    values = parallel.local(terms)
    now, (then, last) = time.monotonic(), self.clock
    self.clock = now, step
    rate = (step - last) * self.experiment.batch / (now - then)
    self.log.scalars(step, values | {'images_per_second': rate})

  def close(self, step: int, state: TrainState) -> None:
    """At the end, planned or not: nothing done is lost."""
    self.flush()
    self.save(state)
    self.log.close()
    if step == self.experiment.steps:
      log.curves(self.folder)
      log.say(f'trained {step:,} steps; pictures: {self.folder}/samples, '
              f'{self.folder}/curves.png')

  def save(self, state: TrainState) -> None:
    checkpoint.save(self.folder / 'checkpoints', parallel.local(state), self.experiment.keep)
    log.write(self.folder / 'saved', str(int(parallel.local(state.step))))

  def fakes(self, state: TrainState, n: int) -> np.ndarray:
    average = parallel.local(state.ema)
    return self.draw(average, n, self.experiment.seed, self.examples)

  def reals(self, n: int) -> np.ndarray:
    return jax.tree.map(lambda a: a[:n], self.examples.x)

  def scores(self, state: TrainState) -> dict[str, float]:
    real, fake = self.reals(SCORED), self.fakes(state, SCORED)
    found = [metric(real, fake) for metric in self.experiment.metrics]
    return {f'eval/{name}': value for one in found for name, value in one.items()}
