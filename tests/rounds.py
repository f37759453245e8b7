"""Rounds of the game with given outputs of D, and terms of them, on some devices."""
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan.types import Batch, Round


def draw(*shape, seed=0):
  return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def of(**fields) -> Round:
  """A round of these fields, the others None or zero."""
  blank = dict.fromkeys(Round._fields)
  return Round(**blank | dict(step=jnp.int32(0), key=rng.root(0), real=Batch(None),
                              fake=Batch(None)) | fields)


def terms(objective, memory, devices=None, G=None, D=None, **fields):
  """(terms, memory) of an objective, of arrays [B, ...] sharded over the devices; the mean."""
  def on_device(fields, memory):
    found = objective(of(**fields, G=G, D=D), axis.vary(memory))
    return axis.mean(found)
  mesh = parallel.mesh(devices or jax.devices()[:1])
  mapped = parallel.device_map(on_device, mesh, (P('data'), P()))
  return jax.tree.map(np.asarray, mapped(fields, memory))
