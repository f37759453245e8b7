"""What the benchmarks share: programs that need no data set, and where they were measured."""
import dataclasses
import json
import os
import pathlib
import platform
import re
import time

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import experiment, parallel, rng
from jaxgan.data import source
from jaxgan.metrics import sliced
from jaxgan.run import compiled, feed, states
from jaxgan.types import Batch

RESULTS = pathlib.Path(__file__).parent / 'results'


def on_noise(name: str, n: int = 4096, shape: tuple[int, ...] = (28, 28, 1), classes: int = 0,
             **knobs) -> experiment.Experiment:
  """An experiment, with these knobs, on n random images of this shape."""
  draw = np.random.default_rng(0)
  images = draw.integers(0, 256, (n, *shape), dtype=np.uint8)
  labels = draw.integers(0, classes, n, dtype=np.int32) if classes else None
  one = experiment.load(name, knobs).experiment
  return dataclasses.replace(one, data=source.arrays(Batch(images, labels)), best='',
                             metrics=(sliced.of_pixels(),))


def noise_like(name: str, n: int = 4096, **knobs) -> experiment.Experiment:
  """A recipe, by its name, on n random images shaped and labelled as its data are."""
  spec = experiment.load(name, knobs).experiment.data.describe(None)
  return on_noise(name, n, spec.x.shape, 0 if spec.c is None else 10, **knobs)


def program(one: experiment.Experiment, per_call: int):
  """-> run(n): n steps of the compiled step, `per_call` a call, on one set of batches."""
  spec, mesh, root = one.data.describe(None), parallel.mesh(), rng.root(0)
  advance = compiled.steps(one, mesh, 'shard_map')
  state, room = states.initial_state(one, spec, mesh), feed.capacity(one, spec)
  batches = parallel.put(feed.batches(one, one.data.load(None), 0, room, room), mesh, '')

  def run(n):
    nonlocal state
    for _ in range(n // per_call):
      state, _ = advance(state, batches, np.int32(per_call), root)
    jax.block_until_ready(state)
  return run


def flops(one: experiment.Experiment) -> float:
  """Of a step."""
  return compiled.lowered(one, one.data.describe(None)).cost_analysis()['flops']


def matmul_rate(n: int = 2048, repeats: int = 7, dtype=jnp.float32) -> float:
  """FLOP/s of a matrix product n x n: what this machine can reach."""
  a = jnp.ones((n, n), dtype)
  product = jax.jit(jnp.matmul)
  jax.block_until_ready(product(a, a))
  seconds = []
  for _ in range(repeats):
    start = time.perf_counter()
    jax.block_until_ready(product(a, a))
    seconds.append(time.perf_counter() - start)
  return 2 * n ** 3 / float(np.median(seconds))


def machine() -> dict[str, str]:
  """The device and the versions that a figure belongs to."""
  lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
  cpu = next((x.split(':')[1].strip() for x in lines if x.startswith('model name')), '?')
  return {'device': f'{jax.devices()[0].device_kind}, {os.cpu_count()} cores, {cpu}',
          'python': platform.python_version(), 'jax': jax.__version__}


def read(name: str) -> dict:
  """The report benchmarks/results/NAME.json; empty if there is none."""
  file = RESULTS / f'{name}.json'
  return json.loads(file.read_text()) if file.exists() else {}


def write(name: str, report: dict) -> None:
  """Saves a report as benchmarks/results/NAME.json."""
  RESULTS.mkdir(exist_ok=True)
  (RESULTS / f'{name}.json').write_text(json.dumps(report, indent=1) + '\n')


def tells_a_step(line: str) -> bool:
  """Whether a line that a run has printed holds a step's numbers."""
  return bool(re.match(r' *[\d,]+  ', line))
