"""A training step against the same program in PyTorch, in one process, turn by turn.

  python benchmarks/steps.py            # prints a table, writes benchmarks/results/steps.json
"""
import dataclasses
import json
import os
import pathlib
import platform
import sys
import time

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

import jax
import numpy as np
import torch

from benchmarks import torch_gans
from jaxgan import experiment, feed, parallel, rng, train
from jaxgan.data import source
from jaxgan.types import Batch

RESULTS = pathlib.Path(__file__).parent / 'results'


def jaxgan(name: str, per_call: int):
  """-> run(n): n steps of an experiment on random images, `per_call` a call."""
  one = experiment.load(name).experiment
  images = np.random.default_rng(0).integers(0, 256, (4096, 28, 28, 1), dtype=np.uint8)
  one = dataclasses.replace(one, data=source.arrays(Batch(images)))
  spec, mesh = one.data.describe(None), parallel.mesh()
  advance = train.compiled_steps(one, mesh, 'shard_map')
  state, room = train.initial_state(one, spec, mesh), feed.capacity(one, spec)
  batches = parallel.put(feed.take(one, one.data.load(None), 0, room, room), mesh, '')
  root = rng.root(0)

  def run(n):
    nonlocal state
    for _ in range(n // per_call):
      state, _ = advance(state, batches, np.int32(per_call), root)
    jax.block_until_ready(state)
  return run


def pytorch(game, batch: int):
  """-> run(n): n steps on random images."""
  real = torch.rand(batch, 1, 28, 28) * 2 - 1

  def run(n):
    for _ in range(n):
      game.step(real)
  return run


def compiled(game):
  """The same with torch.compile on both networks."""
  game.G, game.D = torch.compile(game.G), torch.compile(game.D)
  return game


def measured(programs: dict, steps: int, repeats: int) -> dict[str, list[float]]:
  """Milliseconds a step of each program, `repeats` of each, in turn."""
  for run in programs.values():
    run(steps)
  found = {name: [] for name in programs}
  for _ in range(repeats):
    for name, run in programs.items():
      start = time.perf_counter()
      run(steps)
      found[name].append((time.perf_counter() - start) / steps * 1e3)
  return found


def main():
  torch.set_num_threads(os.cpu_count())
  games = {
      'mnist_mlp, batch 64': ('pytorch eager', 256, 15, {
          'pytorch eager': pytorch(torch_gans.MLP(), 64),
          'pytorch compile': pytorch(compiled(torch_gans.MLP()), 64),
          'jaxgan, 1 step a call': jaxgan('mnist_mlp', 1),
          'jaxgan, as trained': jaxgan('mnist_mlp', 32)}),
      'mnist_dcgan, batch 256': ('pytorch channels_last', 8, 7, {
          'pytorch eager': pytorch(torch_gans.DCGAN(channels_last=False), 256),
          'pytorch channels_last': pytorch(torch_gans.DCGAN(), 256),
          'pytorch channels_last, one forward': pytorch(torch_gans.DCGAN(shared=True), 256),
          'jaxgan, 1 step a call': jaxgan('mnist_dcgan', 1),
          'jaxgan, as trained': jaxgan('mnist_dcgan', 8)})}
  report = {'device': f'{os.cpu_count()} cores, {cpu()}', 'jax': jax.__version__,
            'torch': torch.__version__, 'python': platform.python_version(), 'games': {}}
  print(f'{report["device"]}; jax {jax.__version__}, torch {torch.__version__}')
  for title, (base, steps, repeats, programs) in games.items():
    found = measured(programs, steps, repeats)
    print(f'\n{title:36}  ms a step (median, min .. max)   speed against {base}')
    report['games'][title] = {}
    for name, times in found.items():
      ratio = float(np.median(np.divide(found[base], times)))
      print(f'  {name:34}  {np.median(times):8.2f} ({min(times):.2f} .. {max(times):.2f})'
            f'{ratio:18.2f}x')
      report['games'][title][name] = {'ms': times, 'speed against ' + base: ratio}
  RESULTS.mkdir(exist_ok=True)
  (RESULTS / 'steps.json').write_text(json.dumps(report, indent=1))


def cpu() -> str:
  """The processor's name."""
  lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
  return next((x.split(':')[1].strip() for x in lines if x.startswith('model name')), '?')


if __name__ == '__main__':
  main()
