"""Many seeds in one program: a joint step of eight runs against eight steps of one.

  python -m benchmarks.members    # a line an experiment, benchmarks/results/members.json
"""
import dataclasses
import statistics
import time

import jax
import numpy as np

from benchmarks.common import machine, on_noise, write
from jaxgan import experiment, parallel
from jaxgan.experiment import Run
from jaxgan.run import compiled, ensemble, feed, states

SEEDS, PAIRS = 8, 5


def seeded(name: str, seed: int) -> Run:
  """A run with this seed; those on MNIST, on noise of its size."""
  run = experiment.load(name, {'seed': seed})
  if not name.startswith('mnist'):
    return run
  return dataclasses.replace(run, experiment=on_noise(name, seed=seed))


def runner(runs):
  """-> run(n): n joint steps of these runs, on one set of batches."""
  one, mesh = runs[0].experiment, parallel.mesh()
  spec, source = one.data.describe(None), one.data.load(None)
  capacity = feed.capacity(one, spec, len(runs))
  batches = ensemble.stack([feed.batches(run.experiment, source, 0, capacity, capacity)
                            for run in runs])
  batches = parallel.put(batches, mesh, 'shard_map', ensemble.batches_spec(len(runs)))
  fresh = [states.initial_state(run.experiment, spec, mesh) for run in runs]
  state = ensemble.join(fresh, mesh)
  advance = compiled.steps(one, mesh, 'shard_map', runs)
  roots = ensemble.roots([run.experiment for run in runs])

  def run(n):
    nonlocal state
    for _ in range(n // capacity):
      state, _ = advance(state, batches, np.int32(capacity), roots)
    jax.block_until_ready(state)
    return n // capacity * capacity
  return run


def seconds(run, n: int) -> float:
  """Of a step."""
  start = time.perf_counter()
  done = run(n)
  return (time.perf_counter() - start) / done


def main():
  report = machine() | {'seeds': SEEDS}
  print(report['device'])
  for name in ('ring8_mlp', 'grid25_mlp', 'mnist_mlp'):
    runs = [seeded(name, seed) for seed in range(SEEDS)]
    one, many = runner(runs[:1]), runner(runs)
    one(100), many(100)
    pairs = [(seconds(one, 600), seconds(many, 600)) for _ in range(PAIRS)]
    gain = statistics.median(SEEDS * alone / joint for alone, joint in pairs)
    report[name] = {'alone, joint: ms': [[1e3 * t for t in pair] for pair in pairs],
                    'gain': gain}
    alone, joint = (1e3 * statistics.median(times) for times in zip(*pairs))
    print(f'{name}: one run {alone:.2f} ms a step, {SEEDS} in one program {joint:.2f} ms: '
          f'{gain:.2f}x the throughput of one after the other')
  write('members', report)


if __name__ == '__main__':
  main()
