"""Random keys are derived, never carried: a checkpoint holds none, and resume is exact.

key of a draw = fold_in(fold_in(fold_in(root(seed), step), name), global example index)
"""
import zlib

import jax
import jax.numpy as jnp

from jaxgan.types import Array, Key


def root(seed: int) -> Key:
  """The run's key. Threefry: the same numbers for every layout and backend."""
  return jax.random.key(seed, impl='threefry2x32')


def environment() -> dict[str, bool | str]:
  """JAX's settings that change what is drawn or computed: a run goes on with those it has."""
  return {'x64': bool(jax.config.jax_enable_x64),
          'threefry_partitionable': bool(jax.config.jax_threefry_partitionable),
          'prng_impl': str(jax.config.jax_default_prng_impl)}


def named(key: Key, name: str) -> Key:
  """The key for one purpose. Distinct names give independent keys."""
  return jax.random.fold_in(key, zlib.crc32(name.encode()))


def per_example(key: Key, ids: Array) -> Key:
  """One key [B] an example, from global example indices `ids` [B] (`axis.example_ids`)."""
  return jax.vmap(jax.random.fold_in, (None, 0))(key, ids)


def words(keys: Key, n: int) -> Array:
  """Random words, uint32 [B, n], of keys [B]: threefry-2x32 (Salmon et al., 2011).

  The numbers of `jax.extend.random.threefry_2x32(key, arange(n))` for even n. XLA:CPU runs
  JAX's rounds as a loop over memory; unrolled, as here, they stay in registers.
  """
  a, b = jax.random.key_data(keys).T[:, :, None]
  injected = a, b, a ^ b ^ 0x1bd11bda
  half = (n + 1) // 2
  x = jnp.arange(half, dtype=jnp.uint32)[None] + a
  y = jnp.arange(half, 2 * half, dtype=jnp.uint32)[None] + b
  for i in range(5):
    for turn in ((13, 15, 26, 6), (17, 29, 16, 24))[i % 2]:
      x += y
      y = (y << turn | y >> 32 - turn) ^ x
    x += injected[(i + 1) % 3]
    y += injected[(i + 2) % 3] + (i + 1)
  return jnp.concatenate([x, y], axis=1)[:, :n]
