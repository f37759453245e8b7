"""What the training loop costs over its bare step: data, logs, samples, metrics, saves.

  python -m benchmarks.loop         # prints a table, writes benchmarks/results/loop.json
"""
import contextlib
import io
import pathlib
import tempfile
import time
from unittest import mock

import numpy as np

from benchmarks.common import machine, on_noise, program, write
from jaxgan.experiment import Experiment, Run
from jaxgan.run import log, loop
from jaxgan.types import Paths


def bare(run, steps: int) -> float:
  """Milliseconds a step of compiled calls alone."""
  start = time.perf_counter()
  run(steps)
  return 1e3 * (time.perf_counter() - start) / steps


def looped(name: str, one: Experiment) -> float:
  """Milliseconds a step of the whole loop, its last 5,000 steps: with samples, metrics and a
  save, without what is compiled once. By the clock: the log has the rate of steps alone."""
  noted, scalars = [], log.Log.scalars

  def timed(self, step, values, pace=None):
    noted.append((step, time.perf_counter()))
    scalars(self, step, values, pace)
  with (tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()),
        mock.patch.object(log.Log, 'scalars', timed)):
    loop.train([Run(name, {}, one)], [pathlib.Path(folder) / 'run'], Paths())
  steps, seconds = zip(*[(step, at) for step, at in noted if step > 5000])
  return 1e3 * (seconds[-1] - seconds[0]) / (steps[-1] - steps[0])


def main():
  report = machine()
  print(report['device'])
  for name, per_call, steps in (('mnist_mlp', 32, 2048),):  # the shortest steps we have
    one = on_noise(name, n=60_000, steps=10_500)
    run = program(one, per_call)
    run(per_call)
    pairs = [(bare(run, steps), looped(name, one), bare(run, steps)) for _ in range(6)]
    costs = [loop / ((a + b) / 2) - 1 for a, loop, b in pairs]
    report[name] = {'bare, loop, bare: ms': pairs, 'cost': costs}
    print(f'{name}: loop {np.median([p[1] for p in pairs]):.2f} ms a step, bare '
          f'{np.median([x for p in pairs for x in (p[0], p[2])]):.2f} ms; the loop costs '
          f'{np.median(costs):.1%} ({min(costs):.1%} .. {max(costs):.1%})')
  write('loop', report)


if __name__ == '__main__':
  main()
