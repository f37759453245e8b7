"""What a run will cost, before it is started: no training, no data set on disk."""
import time

import jax
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import experiment, parallel, rng
from jaxgan.experiment import LOOP, Run
from jaxgan.io import trees
from jaxgan.io.console import say
from jaxgan.run import feed, memory
from jaxgan.run.compiled import lowered
from jaxgan.run.states import initial_state, shapes
from jaxgan.types import Batch, PyTree

FLAGS = {'time': ('bool', False, 'Compile the step and time it: minutes of a large one.')}
KNOBS = True


def run(values, knobs, paths) -> None:
  settings = {name: values[name].value for name in LOOP if values[name].present}
  knobs = experiment.chosen(values.experiment, knobs, paths.data_dir)
  inspect(experiment.load(values.experiment, knobs, settings), paths.data_dir, values.time)


def inspect(run: Run, data_dir: str | None, compile: bool = False) -> None:
  """Prints each network's parameters, a step's FLOPs and the state's memory, without compiling;
  if asked for, the memory and the time of the compiled step too."""
  one = run.experiment
  parallel.check_batch(one.batch)
  spec = one.data.describe(data_dir)
  state = shapes(one, spec)
  for name, player in (('generator', state.g), ('discriminator', state.d)):
    say(table(name, player.params))
    if player.stats:
      say(f'  and {count(player.stats):,} statistics\n')
  size = memory.of_state(one, spec)
  say(f'the state: {size / 1e6:,.1f} MB (parameters, statistics, optimisers, average)')
  memory.check(size, 'the state')
  step = lowered(one, spec)
  flops = (step.cost_analysis() or {}).get('flops')  # GPUs tell it of compiled programs alone
  if flops:
    say(f'a step of {run.name}, batch {one.batch}: {flops / 1e9:,.2f} GFLOP a device, as XLA '
        'counts the program before it is compiled')
  if not compile:
    return say(f'{one.steps:,} steps; --time compiles one and times it')
  say('compiling the step: some seconds, or minutes of a large one', error=True)
  timed(run, spec, step)


def timed(run: Run, spec: Batch, step: jax.stages.Lowered) -> None:
  """Compiles the step, and prints its memory and its time."""
  one, mesh, start = run.experiment, parallel.mesh(), time.perf_counter()
  compiled = step.compile()
  say(f'compiled in {time.perf_counter() - start:,.1f} s')
  flops, needed = compiled.cost_analysis()['flops'], compiled.memory_analysis()
  memory.check(needed.argument_size_in_bytes + needed.temp_size_in_bytes, 'the training step')
  capacity = feed.capacity(one, spec)
  shape = capacity, one.gan.batches, one.batch // jax.process_count()
  batches = jax.tree.map(lambda a: np.zeros((*shape, *a.shape), a.dtype), spec)
  batches = parallel.put(batches, mesh, 'shard_map')
  root = jax.device_put(rng.root(one.seed), NamedSharding(mesh, P()))
  n = np.int32(min(capacity, 8))  # as it is trained, several steps a call
  advance = lambda state: compiled(state, batches, n, root)[0]
  seconds = median(advance, initial_state(one, spec, mesh), repeats=3) / n
  kind = f'{jax.device_count()} x {jax.devices()[0].device_kind}'
  say(f'a step of {run.name}, batch {one.batch}, on {kind}:\n'
      f'  {needed.argument_size_in_bytes / 1e6:,.1f} MB of arguments (state and {capacity} '
      f'batches) and {needed.temp_size_in_bytes / 1e6:,.1f} MB of temporaries a device\n'
      f'  {1e3 * seconds:,.1f} ms, measured here ({flops / seconds / 1e9:,.0f} GFLOP/s a '
      f'device)\n{one.steps:,} steps: about {seconds * one.steps / 3600:,.2f} hours')


def table(name: str, params: PyTree) -> str:
  """A network's parameters, a line each, and their number."""
  leaves = dict(trees.paths(params))
  width = max(map(len, leaves))
  lines = [f'  {path:{width}}  {str(list(a.shape)):>20}  {a.size:>12,}'
           for path, a in leaves.items()]
  return '\n'.join([f'{name}: {count(params):,} parameters', *lines, ''])


def count(tree: PyTree) -> int:
  return sum(a.size for a in jax.tree.leaves(tree))


def median(step, state: PyTree, repeats: int) -> float:
  """The median seconds of state -> state, after one call to warm up."""
  state = jax.block_until_ready(step(state))
  seconds = []
  for _ in range(repeats):
    start = time.perf_counter()
    state = jax.block_until_ready(step(state))
    seconds.append(time.perf_counter() - start)
  return float(np.median(seconds))
