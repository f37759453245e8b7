"""A training step against the same program in PyTorch, in one process, turn by turn.

  pip install -r benchmarks/requirements.txt
  python -m benchmarks.steps        # prints a table, writes benchmarks/results/steps.json
"""
import os
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch

from benchmarks import torch_gans
from benchmarks.common import flops, machine, matmul_rate, on_noise, program, write


def pytorch(game, batch: int):
  """-> run(n): n steps on random images."""
  real = torch.rand(batch, 1, 28, 28) * 2 - 1

  def run(n):
    for _ in range(n):
      game.step(real)
  return run


def torch_compiled(game):
  """The same with torch.compile on both networks."""
  game.G, game.D = torch.compile(game.G), torch.compile(game.D)
  return game


def measured(programs: dict, steps: int, repeats: int) -> dict[str, list[float]]:
  """Milliseconds a step of each program, `repeats` of each, in turn, after a warm-up."""
  for run in programs.values():
    run(steps)
  found = {name: [] for name in programs}
  for _ in range(repeats):
    for name, run in programs.items():
      start = time.perf_counter()
      run(steps)
      found[name].append((time.perf_counter() - start) / steps * 1e3)
  return found


def products(n: int = 3000) -> dict[str, dict[str, float]]:
  """GFLOP/s of [64, k] @ [k, m], n times over, in XLA and in PyTorch: an MLP's step is mostly
  these."""
  @jax.jit
  def many(a, b):
    again = lambda _, y: (a + y[0, 0] * 0) @ b  # each waits for the one before
    return jax.lax.fori_loop(0, n, again, jnp.zeros((a.shape[0], b.shape[1])))

  found = {}
  for k, m in ((256, 512), (512, 256), (512, 784), (784, 512)):
    a, b = torch.rand(64, k), torch.rand(k, m)
    here = jnp.asarray(a.numpy()), jnp.asarray(b.numpy())
    runs = {'XLA': lambda times: jax.block_until_ready(many(*here)),
            'PyTorch': lambda times: [a @ b for _ in range(n)]}
    ms = measured(runs, n, 5)
    found[f'64 x {k} x {m}'] = {name: 2 * 64 * k * m / float(np.median(times)) / 1e6
                                for name, times in ms.items()}
  return found


def main():
  torch.set_num_threads(os.cpu_count())
  games = {
      'mnist_mlp, batch 64': ('pytorch eager', 256, 15, {
          'pytorch eager': pytorch(torch_gans.MLP(), 64),
          'pytorch compile': pytorch(torch_compiled(torch_gans.MLP()), 64),
          'jaxgan, 1 step a call': program(on_noise('mnist_mlp'), 1),
          'jaxgan, as trained': program(on_noise('mnist_mlp'), 32)}),
      'mnist_dcgan, batch 256': ('pytorch channels_last', 7, 7, {
          'pytorch eager': pytorch(torch_gans.DCGAN(channels_last=False), 256),
          'pytorch channels_last': pytorch(torch_gans.DCGAN(), 256),
          'pytorch channels_last, one forward': pytorch(torch_gans.DCGAN(shared=True), 256),
          'jaxgan, as trained': program(on_noise('mnist_dcgan'), 7)})}
  report = machine() | {'torch': torch.__version__, 'games': {}, 'FLOP a step': {},
                        'matmul FLOP/s': matmul_rate()}
  print(f'{report["device"]}; jax {report["jax"]}, torch {torch.__version__}; '
        f'{report["matmul FLOP/s"] / 1e9:,.0f} GFLOP/s in a matrix product')
  for title, (base, steps, repeats, programs) in games.items():
    found = measured(programs, steps, repeats)
    print(f'\n{title:36}  ms a step, median (min .. max)   speed against {base}')
    report['games'][title] = {}
    for name, times in found.items():
      ratio = float(np.median(np.divide(found[base], times)))
      print(f'  {name:34}  {np.median(times):8.2f} ({min(times):.2f} .. {max(times):.2f})'
            f'{ratio:18.2f}x')
      report['games'][title][name] = {'ms': times, f'speed against {base}': ratio}
    work = report['FLOP a step'][title] = flops(on_noise(title.split(',')[0]))
    share = work / (np.median(times) / 1e3) / report['matmul FLOP/s']
    print(f'  {work / 1e9:.2f} GFLOP a step: {share:.0%} of the rate of a matrix product')
  report['GFLOP/s of products'] = products()
  print('\nGFLOP/s of matrix products')
  for shape, rates in report['GFLOP/s of products'].items():
    print(f'  {shape:34}  ' + ', '.join(f'{name} {rate:.0f}' for name, rate in rates.items()))
  write('steps', report)


if __name__ == '__main__':
  main()
