"""The training step as a compiled program: of one run, of several, of data on the devices."""
import functools
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.experiment import Experiment, Run
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.run import ensemble, feed, memory, states
from jaxgan.types import Batch, Paths


def steps(experiment: Experiment, mesh: Mesh, kind: str, runs: Sequence[Run] = ()) -> Callable:
  """(state, batches [K, batches, B, ...], n, root key) -> (state, terms), over the mesh;
  of several runs, these are their joint ones [S, ...]."""
  play = functools.partial(game.train_steps, experiment.gan, experiment.data.decode)
  if len(runs) > 1:
    play = ensemble.vmapped(runs)
  spec = ensemble.batches_spec(len(runs) or 1)
  at = experiment.gan.sharded or P()
  return parallel.device_map(play, mesh, (at, spec, P(), P()), kind, (0,), (at, P()))


def on_devices(experiment: Experiment, mesh: Mesh, data: Batch) -> Callable:
  """The compiled steps of a run whose data set lies on every device: for batches they take
  the positions [K, batches, B] of examples."""
  def play(state, positions, n, key, data):
    examples = lambda at: experiment.data.decode(jax.tree.map(lambda a: a[at], data))
    return game.train_steps(experiment.gan, examples, state, positions, n, key)
  at = experiment.gan.sharded or P()
  mapped = memory.checked(parallel.device_map(
      play, mesh, (at, parallel.BATCHES, P(), P(), P()), donate=(0,), out_specs=(at, P())))
  data = parallel.replicate(data, mesh)  # an argument: a constant would be compiled in
  return lambda state, positions, n, key: mapped(state, positions, n, key, data)


def lowered(experiment: Experiment, spec: Batch,
            advance: Callable | None = None) -> jax.stages.Lowered:
  """The training step as a program, before compilation; of `advance`, if it is made already."""
  mesh = parallel.mesh()
  on = lambda at: lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype,
                                                 sharding=NamedSharding(mesh, at))
  state = states.shapes(experiment, spec)
  state = jax.tree.map(lambda a, at: on(at)(a), state,
                       experiment.gan.sharded or jax.tree.map(lambda a: P(), state))
  per_step = (feed.capacity(experiment, spec), experiment.gan.batches, experiment.batch)
  batches = jax.tree.map(lambda a: jax.ShapeDtypeStruct((*per_step, *a.shape), a.dtype), spec)
  batches = jax.tree.map(on(parallel.BATCHES), batches)
  advance = advance or steps(experiment, mesh, 'shard_map')
  return advance.lower(state, batches, np.int32(1), rng.root(experiment.seed))


def check(experiment: Experiment, spec: Batch, advance: Callable | None) -> None:
  """Traces the step, so that what raises in a network or a loss does so before the start.
  `advance` are its `steps`, if they are of this run alone: JAX keeps what it has traced, unless
  the data set lies on the devices."""
  lowered(experiment, spec, advance)
  def fakes(key):
    examples = jax.tree.map(lambda a: np.zeros((2, *a.shape), a.dtype), spec)
    batch = experiment.data.decode(examples)
    state = game.init(experiment.gan, batch, key)
    z, c = game.drawn(experiment.gan, rng.per_example(key, np.arange(2)), batch)
    return batch.x, game.sample(experiment.gan, state.ema, z, c)
  real, fake = jax.eval_shape(fakes, rng.root(0))
  shapes = [jax.tree.map(lambda a: a.shape[1:], x) for x in (real, fake)]
  if shapes[0] != shapes[1]:
    raise ValueError(f'the generator makes {shapes[1]} where the data are {shapes[0]}')


def programs(runs: Sequence[Run], paths: Paths) -> list[list[Run]]:
  """The runs in groups that are one program each: alike but for seeds and floats, if their
  step can be traced so; else one by one."""
  found = []
  for group in ensemble.groups(runs):
    try:
      if len(group) > 1:
        joint_shapes(group, group[0].experiment.data.describe(paths.data_dir))
      found.append(group)
    except Failure:
      raise
    except Exception as e:
      say(f'{len(group)} runs cannot be one program, and are trained one by one: '
          f'{type(e).__name__}: {str(e).splitlines()[0]}')
      found += [[run] for run in group]
  return found


def joint_shapes(runs: Sequence[Run], spec: Batch):
  """What a joint step of several runs gives, by tracing it."""
  one, mesh = runs[0].experiment, parallel.mesh()
  many = lambda a: jax.ShapeDtypeStruct((len(runs), *a.shape), a.dtype)
  state = states.shapes(one, spec)
  joint = jax.tree.map(many, state).replace(step=state.step)
  per_step = (feed.capacity(one, spec, len(runs)), one.gan.batches, one.batch)
  batches = jax.tree.map(lambda a: many(jax.ShapeDtypeStruct((*per_step, *a.shape), a.dtype)),
                         spec)
  n = jax.ShapeDtypeStruct((), np.int32)
  roots = ensemble.roots([run.experiment for run in runs])
  return jax.eval_shape(steps(one, mesh, 'shard_map', runs), joint, batches, n, roots)
