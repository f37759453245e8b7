"""What a run will cost, before it is started: no training, no data set on disk."""
import time

import jax
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import parallel, rng
from jaxgan.experiment import Run
from jaxgan.io import trees
from jaxgan.io.console import say
from jaxgan.run import feed, memory
from jaxgan.run.compiled import lowered
from jaxgan.run.states import initial_state
from jaxgan.types import PyTree


def inspect(run: Run, data_dir: str | None) -> None:
  """Prints each network's parameters, and FLOPs, memory and time of a compiled step."""
  experiment, mesh = run.experiment, parallel.mesh()
  parallel.check_batch(experiment.batch)
  spec = experiment.data.describe(data_dir)
  memory.check(memory.of_state(experiment, spec), 'the state')
  state = initial_state(experiment, spec, mesh)
  for name, player in (('generator', state.g), ('discriminator', state.d)):
    say(table(name, player.params))
    if player.stats:
      say(f'  and {count(player.stats):,} statistics\n')

  room = feed.capacity(experiment, spec)
  shape = room, experiment.gan.d_steps, experiment.batch // jax.process_count()
  batches = jax.tree.map(lambda a: np.zeros((*shape, *a.shape), a.dtype), spec)
  batches = parallel.put(batches, mesh, 'shard_map')
  compiled = lowered(experiment, spec).compile()
  flops, room_for = compiled.cost_analysis()['flops'], compiled.memory_analysis()
  memory.check(room_for.argument_size_in_bytes + room_for.temp_size_in_bytes,
               'the training step')
  root = jax.device_put(rng.root(experiment.seed), NamedSharding(mesh, P()))
  n = np.int32(min(room, 8))  # as it is trained, several steps a call
  seconds = timed(lambda state: compiled(state, batches, n, root)[0], state, repeats=3) / n
  kind = f'{jax.device_count()} x {jax.devices()[0].device_kind}'
  say(f'a step of {run.name}, batch {experiment.batch}, on {kind}:\n'
      f'  {flops / 1e9:,.2f} GFLOP a device\n'
      f'  {room_for.argument_size_in_bytes / 1e6:,.1f} MB of arguments (state and {room} '
      f'batches) and {room_for.temp_size_in_bytes / 1e6:,.1f} MB of temporaries a device\n'
      f'  {1e3 * seconds:,.1f} ms, measured here ({flops / seconds / 1e9:,.0f} GFLOP/s a '
      f'device)\n{experiment.steps:,} steps: about '
      f'{seconds * experiment.steps / 3600:,.2f} hours')


def table(name: str, params: PyTree) -> str:
  """A network's parameters, a line each, and their number."""
  leaves = trees.leaves(params)
  width = max(map(len, leaves))
  lines = [f'  {path:{width}}  {str(list(a.shape)):>20}  {a.size:>12,}'
           for path, a in leaves.items()]
  return '\n'.join([f'{name}: {count(params):,} parameters', *lines, ''])


def count(tree: PyTree) -> int:
  return sum(a.size for a in jax.tree.leaves(tree))


def timed(step, state: PyTree, repeats: int) -> float:
  """The median seconds of state -> state, after one call to warm up."""
  state = jax.block_until_ready(step(state))
  seconds = []
  for _ in range(repeats):
    start = time.perf_counter()
    state = jax.block_until_ready(step(state))
    seconds.append(time.perf_counter() - start)
  return float(np.median(seconds))
