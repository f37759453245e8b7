"""The one axis that a batch is divided over: all that networks and losses know of devices.

A training step is code for one device. It runs inside `parallel.device_map`, where each
of N devices holds B/N examples and this axis joins them.
"""
import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.types import Array, PyTree

NAME = 'data'


def example_ids(n: int) -> Array:
  """The global indices [n], int32, of this device's n examples."""
  return lax.axis_index(NAME) * n + jnp.arange(n)


def vary(tree: PyTree) -> PyTree:
  """Marks replicated arrays as this device's own, so that their gradients are too.

  Under `shard_map`, the gradient of a local loss with respect to a *replicated* array is
  already summed over the devices, and its `mean` N times too large. The form right in
  every mode, with one all-reduce, is `mean(grad(loss)(vary(params)))`.
  """
  return jax.tree.map(lambda a: lax.pcast(a, NAME, to='varying'), tree)


def on_cpu() -> bool:
  """Whether CPUs compute: for what has a form of its own there. Asked while tracing."""
  return jax.default_backend() == 'cpu'


def size() -> int:
  """How many devices share a batch."""
  return lax.axis_size(NAME)


def gather(a: Array) -> Array:
  """The examples of all devices, in global order: [b, ...] -> [B, ...]."""
  return lax.all_gather(a, NAME, tiled=True)


def mean(tree: PyTree) -> PyTree:
  """Averages floating-point leaves over the devices, in one all-reduce. The rest, which is
  alike on all, is only marked so."""
  leaves, treedef = jax.tree.flatten(tree)
  floats = [jnp.issubdtype(a.dtype, jnp.inexact) for a in leaves]
  means = iter(lax.pmean([a for a, f in zip(leaves, floats) if f], NAME))
  return treedef.unflatten([next(means) if f else lax.pmax(a, NAME)
                            for a, f in zip(leaves, floats)])
