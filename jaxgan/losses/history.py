"""A history of fakes: D is shown some that G made earlier, so that it does not forget them."""
import dataclasses

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import axis, rng
from jaxgan.losses.base import Loss
from jaxgan.types import Batch, Memory, Round


def pooled(loss: Loss, size: int, example: Batch) -> Loss:
  """`loss`, whose D judges fakes of a pool of `size` (Shrivastava et al., 2017,
  arXiv:1612.07828, section 2.3; CycleGAN's image pool): with probability 1/2 a fake changes
  places with one of the pool, and D judges that. The first fakes fill the pool, and are judged
  as they are.

  Args:
    loss: its objective of D sees the fakes of the pool as round.fake and round.on_fake, and a
      round.z that is not theirs.
    size: of the pool; at least the batch's, for each fake of a batch has a place of its own.
    example: one fake's shapes and dtypes, x and c, as networks take them: a Batch of
      ShapeDtypeStruct.

  Raises:
    ValueError: in tracing, for a batch larger than the pool.
  """
  def init() -> Memory:
    pool = jax.tree.map(lambda a: jnp.zeros((size, *a.shape), a.dtype), example)
    return {'pool': pool, 'filled': jnp.zeros((), jnp.int32), 'loss': loss.init()}

  def d(round: Round, memory: Memory):
    fake, after = exchanged(round, memory, size)
    on_fake = round.D(*fake, 'fake')
    seen = round._replace(fake=fake, on_fake=on_fake)
    terms, inner = loss.d(seen, memory['loss'])
    return terms, after | {'loss': inner}

  def g(round: Round, memory: Memory):
    terms, inner = loss.g(round, memory['loss'])
    return terms, memory | {'loss': inner}

  read = lambda round, memory: loss.read(round, memory['loss'])
  return dataclasses.replace(loss, d=d, g=g, init=init, read=read)


def exchanged(round: Round, memory: Memory, size: int) -> tuple[Batch, Memory]:
  """This device's share of the fakes that D judges, and the memory after it. All devices draw
  alike for the whole batch, so that the pool is one."""
  mine = axis.example_ids(len(jax.tree.leaves(round.fake)[0]))
  new = jax.tree.map(axis.gather, lax.stop_gradient(round.fake))
  n = len(jax.tree.leaves(new)[0])
  if n > size:
    raise ValueError(f'a history of {size} fakes is smaller than the batch of {n}: give it at '
                     f'least {n}')
  key, filled, pool = rng.named(round.key, 'history'), memory['filled'], memory['pool']
  filling = filled < size
  places = jnp.where(filling, (filled + jnp.arange(n)) % size,
                     jax.random.permutation(key, size)[:n])
  heads = jax.random.bernoulli(rng.named(key, 'exchanged'), shape=(n,))

  def each(which, a, b):  # a of the examples that `which` says, else b
    return jnp.where(which.reshape(n, *[1] * (a.ndim - 1)), a, b.astype(a.dtype))
  old = jax.tree.map(lambda a: a[places], pool)
  judged = jax.tree.map(lambda old, new: each(~filling & heads, old, new), old, new)
  put = jax.tree.map(lambda old, new: each(~filling & ~heads, old, new), old, new)
  pool = jax.tree.map(lambda a, b: a.at[places].set(b, unique_indices=True), pool, put)
  after = memory | {'pool': pool, 'filled': jnp.minimum(filled + n, size)}
  return jax.tree.map(lambda a: a[mine], judged), after
