"""What a step costs on many devices: counted in the program, and modelled on paper.

  python -m benchmarks.scaling    # two tables, benchmarks/results/scaling.json

Counted, on 8 simulated devices: how often the compiled step of each family exchanges anything,
as narrow as SMOKE, which is run for two steps: gradients in all-reduces, batch statistics in
gathers and, back, scatters. Modelled, at full size: FLOPs, exchanges and bytes all-reduced a
step, from the program before compilation, and the time of them on known machines. Both branches
of what is lazy are counted, as if each step had all its penalties.
"""
import os
import re

os.environ['XLA_FLAGS'] = ('--xla_force_host_platform_device_count=8 '
                           '--xla_backend_optimization_level=0')

import jax
import numpy as np
from absl import app

from benchmarks.common import machine, write
from jaxgan import experiment, parallel, rng
from jaxgan.data.source import Arrays
from jaxgan.experiment import Experiment, builder
from jaxgan.run import compiled, feed, periodic, states

EXPERIMENTS = ('mnist_mlp', 'mnist_dcgan', 'cifar10_dcgan', 'cifar10_wgan_gp', 'cifar10_sngan',
               'cifar10_sagan', 'cifar10_biggan', 'cifar10_biggan_deep',
               'cifar10_stylegan2_ada', 'cifar10_r3gan', 'fashion_progressive',
               'imagenet128_biggan', 'ffhq256_stylegan2')
# Data sheets: dense bfloat16 FLOP/s of a chip; bytes/s that leave it, one way; seconds a hop.
H200, V5P, SHARE = 989e12, 459e12, .4  # the share of the peak that a step is taken to reach
LINKS = {'NVLink': (H200, 450e9, 3e-6), 'InfiniBand NDR': (H200, 50e9, 5e-6),
         'TPU v5p ICI': (V5P, 600e9, 1e-6)}
PLACES = ((8, 'NVLink'), (64, 'InfiniBand NDR'), (512, 'InfiniBand NDR'), (512, 'TPU v5p ICI'))


def random_examples(one: Experiment, n: int) -> Arrays:
  """Data of an experiment's shapes."""
  draw = np.random.default_rng(0)
  def example(a):
    if a.dtype == np.float32:
      return draw.normal(size=(n, *a.shape)).astype(a.dtype)
    return draw.integers(0, 256 if a.shape else 10, (n, *a.shape)).astype(a.dtype)
  return Arrays(jax.tree.map(example, one.data.describe('')))


def counted(name: str) -> dict:
  """The exchanges of a compiled step on all devices, after two steps of it."""
  smoke = builder(experiment.catalogue.path(name)).__globals__['SMOKE']
  narrow = {knob: value for knob, value in smoke.items() if knob not in ('blocks', 'depth')}
  one = experiment.load(name, narrow | {'batch': 16}).experiment
  spec, mesh = one.data.describe(''), parallel.mesh()
  room = feed.capacity(one, spec)
  batches = feed.batches(one, random_examples(one, 64), 0, min(room, 2), room)
  batches = parallel.put(batches, mesh, 'shard_map')
  program = compiled.lowered(one, spec).compile()
  state = states.initial_state(one, spec, mesh)
  state, terms = program(state, batches, np.int32(min(room, 2)), rng.root(one.seed))
  shown = periodic.played(parallel.local(terms))
  finite = all(np.isfinite(a).all() for a in shown.values())
  text = program.as_text()
  kinds = {'all-reduces': 'all-reduce', 'gathers': 'all-gather', 'scatters': 'reduce-scatter'}
  return {'finite': finite} | {
      name: text.count(f' {kind}(') for name, kind in kinds.items()}


def size_of(tensor: str) -> int:
  """'2x3xf32' -> 24 bytes."""
  *dims, dtype = tensor.split('x')
  width = int(re.search(r'\d+', dtype).group()) // 8
  return int(np.prod([int(d) for d in dims], dtype=np.int64)) * width


def costs(name: str) -> dict:
  """FLOPs, and bytes all-reduced, of a step of the whole batch at full size."""
  one = experiment.load(name).experiment
  lowered = compiled.lowered(one, one.data.describe(''))
  text = lowered.as_text()
  found = re.findall(r'"stablehlo\.all_reduce".*?\}\) : \((.*?)\) ->', text, re.S)
  reduced = sum(size_of(t) for types in found for t in re.findall(r'tensor<([^>]+)>', types))
  joins = sum(text.count(f'"stablehlo.{kind}"') for kind in ('all_gather', 'reduce_scatter'))
  return {'batch': one.batch, 'flops': lowered.cost_analysis()['flops'] * jax.device_count(),
          'bytes': reduced, 'gathers and scatters': joins}


def seconds(cost: dict, n: int, link: str) -> tuple[float, float]:
  """(computation, communication) of a step on n devices that share its batch: a ring's
  2 (n - 1) / n of the bytes pass each link, and each exchange takes 2 log2 n hops."""
  peak, bandwidth, hop = LINKS[link]
  return (cost['flops'] / n / (SHARE * peak),
          2 * (n - 1) / n * cost['bytes'] / bandwidth
          + cost['exchanges'] * 2 * np.log2(n) * hop)


def efficiency(cost: dict, n: int, link: str) -> float:
  """The share of the time that computes, if nothing overlaps; 0 for too small a batch."""
  compute, talk = seconds(cost, n, link)
  return compute / (compute + talk) if cost['batch'] >= n else 0.


def limit(cost: dict, link: str) -> int:
  """The largest power of two of devices that compute at least half of the time."""
  n = 1
  while efficiency(cost, 2 * n, link) >= .5:
    n *= 2
  return n


def main(_):
  report = machine() | {'devices': jax.device_count(), 'counted': {}, 'modelled': {}}
  print('| 8 simulated devices | all-reduces | gathers | scatters |\n|---|---|---|---|')
  for name in EXPERIMENTS:
    found = report['counted'][name] = counted(name)
    assert found['finite'], name
    print(f'| `{name}` | {found["all-reduces"]} | {found["gathers"]} | {found["scatters"]} |',
          flush=True)
  heads = [f'{n} by {link}' for n, link in PLACES]
  print(f'\n| | batch | GFLOP a step | MB all-reduced | {" | ".join(heads)} '
        '| half, InfiniBand |')
  print('|---' * (5 + len(PLACES)) + '|')
  for name in EXPERIMENTS:
    found = report['modelled'][name] = costs(name)
    found['exchanges'] = (report['counted'][name]['all-reduces']
                          + found['gathers and scatters'])
    found |= {f'{n} by {link}': efficiency(found, n, link) for n, link in PLACES}
    found['half by InfiniBand'] = limit(found, 'InfiniBand NDR')
    shares = ' | '.join(f'{found[head]:.0%}' if found[head] else '-' for head in heads)
    print(f'| `{name}` | {found["batch"]} | {found["flops"] / 1e9:,.1f} '
          f'| {found["bytes"] / 1e6:,.1f} | {shares} | {found["half by InfiniBand"]} |',
          flush=True)
  write('scaling', report)


if __name__ == '__main__':
  app.run(main)
