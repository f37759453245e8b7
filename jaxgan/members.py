"""Several runs as one program: their states side by side, one step vmapped over them.

Members differ in their seeds: initial parameters, noise and the order of the data. Each is
the run that it would be alone, up to rounding.
"""
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from jaxgan import parallel, rng
from jaxgan.experiment import Experiment
from jaxgan.types import Batch, Key, PyTree, TrainState

# The step count is one for all, so that what happens at some steps only stays a branch.
AXES = TrainState(step=None, g=0, d=0, ema=0, memory=0, skips=0)


def vmapped(steps: Callable) -> Callable:
  """steps(state, batches, n, key) -> (state, terms), for states, batches and keys [S, ...]."""
  return jax.vmap(steps, in_axes=(AXES, 0, None, 0), out_axes=(AXES, 0))


def batches_spec(count: int) -> P:
  """How batches [K, d_steps, B, ...], or [S, K, d_steps, B, ...], lie on the devices."""
  return parallel.BATCHES if count == 1 else P(None, *parallel.BATCHES)


def join(states: Sequence[TrainState], mesh: Mesh) -> TrainState:
  """The states of members at one step, as one; of one member, its own."""
  if len(states) == 1:
    return states[0]
  hosts = [parallel.local(state) for state in states]
  joined = jax.tree.map(lambda *leaves: np.stack(leaves), *hosts)
  return parallel.replicate(joined.replace(step=hosts[0].step), mesh)


def part(i: int, count: int) -> Callable[[PyTree], PyTree]:
  """-> the function that gives member i's part of a joint state, or of joint terms."""
  if count == 1:
    return lambda tree: tree
  return lambda tree: jax.tree.map(lambda a: a[i] if a.ndim else a, tree)  # step has no axis


def stack(batches: Sequence[Batch]) -> Batch:
  """Each member's batches, [S, K, d_steps, B, ...]; of one member, its own."""
  if len(batches) == 1:
    return batches[0]
  return jax.tree.map(lambda *leaves: np.stack(leaves), *batches)


def roots(experiments: Sequence[Experiment]) -> Key:
  """Each member's root key, [S]; of one member, its own."""
  keys = [rng.root(one.seed) for one in experiments]
  return keys[0] if len(keys) == 1 else jnp.stack(keys)
