"""Several runs as one program: their states side by side, one step vmapped over them.

Members differ in their seeds (initial parameters, noise, the order of the data) and in knobs
that are floats. Each is the run that it would be alone, up to rounding.
"""
import functools
from collections.abc import Callable, Hashable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.experiment import Experiment, Run, builder
from jaxgan.types import Batch, Key, PyTree, TrainState

# The step count is one for all, so that what happens at some steps only stays a branch.
AXES = TrainState(step=None, g=0, d=0, ema=0, memory=0, skips=0)


def groups(runs: Sequence[Run]) -> list[list[Run]]:
  """Runs that one program may hold: alike but for seeds and floats."""
  found = {}
  for run in runs:
    kind = tuple(value for name, value in run.knobs.items()
                 if not isinstance(value, float) and name != 'seed')
    found.setdefault(kind, []).append(run)
  return list(found.values())


def without_seed(run: Run) -> tuple:
  """What runs that are alike but for their seeds have in common."""
  return tuple(item for item in run.knobs.items() if item[0] != 'seed')


def vmapped(runs: Sequence[Run]) -> Callable:
  """steps(state, batches, n, key) -> (state, terms), for states, batches and keys [S, ...].

  The experiment is built with traced numbers for the floats in which runs differ, whatever
  it makes of them. What cannot bear that (a float in an `if`) raises JAX's error.
  """
  first, build = runs[0], builder(runs[0].file)
  floats = [name for name, value in first.knobs.items() if isinstance(value, float)]
  values = {name: np.float32([run.knobs[name] for run in runs]) for name in floats}
  varied = {name: column for name, column in values.items() if len(set(column.tolist())) > 1}

  def steps(values, state, batches, n, key):
    one = build(**first.knobs | values) if values else first.experiment
    return game.train_steps(one.gan, one.data.decode, state, batches, n, key)
  mapped = jax.vmap(steps, in_axes=(0, AXES, 0, None, 0), out_axes=(AXES, 0))
  return functools.partial(mapped, varied)


def batches_spec(count: int) -> P:
  """How batches [K, batches, B, ...], or [S, K, batches, B, ...], lie on the devices."""
  return parallel.BATCHES if count == 1 else P(None, *parallel.BATCHES)


def join(states: Sequence[TrainState], mesh: Mesh) -> TrainState:
  """The states of members at one step, as one; of one member, its own."""
  if len(states) == 1:
    return states[0]
  hosts = [parallel.local(state) for state in states]
  joined = jax.tree.map(lambda *leaves: np.stack(leaves), *hosts)
  return parallel.replicate(joined.replace(step=hosts[0].step), mesh)


def member(i: int, count: int) -> Callable[[PyTree], PyTree]:
  """-> the function that gives member i's part of a joint state, or of joint terms: of this
  process's copy, for one process alone may ask."""
  if count == 1:
    return lambda tree: tree
  return lambda tree: jax.tree.map(  # step has no axis
      lambda a: a.addressable_data(0)[i] if a.ndim else a, tree)


def stack(batches: Sequence[Batch]) -> Batch:
  """Each member's batches, [S, K, batches, B, ...]; of one member, its own."""
  if len(batches) == 1:
    return batches[0]
  return jax.tree.map(lambda *leaves: np.stack(leaves), *batches)


def roots(experiments: Sequence[Experiment]) -> Key:
  """Each member's root key, [S]; of one member, its own."""
  keys = [rng.root(one.seed) for one in experiments]
  return keys[0] if len(keys) == 1 else jnp.stack(keys)


def once(runs: Sequence[Run], key: Callable[[Run], Hashable], make: Callable) -> list:
  """make(run) of each run, called once for all that have one key."""
  made = {}
  for run in runs:
    if key(run) not in made:
      made[key(run)] = make(run)
  return [made[key(run)] for run in runs]
