"""Random keys are derived, never carried: a checkpoint holds none, and resume is exact.

key of a draw = fold_in(fold_in(fold_in(root(seed), step), name), global example index)
"""
import zlib

import jax

from jaxgan.types import Array, Key


def root(seed: int) -> Key:
  """The run's key. Threefry: the same numbers for every layout and backend."""
  return jax.random.key(seed, impl='threefry2x32')


def named(key: Key, name: str) -> Key:
  """The key for one purpose. Distinct names give independent keys."""
  return jax.random.fold_in(key, zlib.crc32(name.encode()))


def per_example(key: Key, ids: Array) -> Key:
  """One key [B] an example, from global example indices `ids` [B] (`axis.example_ids`)."""
  return jax.vmap(jax.random.fold_in, (None, 0))(key, ids)
