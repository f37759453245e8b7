"""Samples of a generator. Sample i of a seed is the same image, however many are drawn."""
from collections.abc import Callable

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.experiment import Experiment
from jaxgan.types import Batch, PyTree

CHUNK = 256  # samples a call, so that any number of them needs one program


def sampler(experiment: Experiment) -> Callable[..., PyTree]:
  """-> draw(average, n, seed, examples=Batch(None)): n samples as stored, uint8 for images, in
  the tree of the data's x.

  `average` is {'params', 'stats'} of a generator, `examples` what the prior takes
  conditions from, stored, used in turn. `name` sets samples of other purposes apart;
  tick(k) is called after every k samples. Runs on this process's first device.
  """
  @jax.jit
  def chunk(average, ids, key, examples):
    batch = experiment.data.decode(examples)
    z, c = experiment.gan.prior(rng.per_example(key, ids), batch)
    return experiment.data.encode(game.sample(experiment.gan, average, z, c))

  def draw(average: PyTree, n: int, seed: int, examples: Batch = Batch(None),
           name: str = 'samples', tick: Callable[[int], None] = lambda k: None) -> PyTree:
    key, size = rng.named(rng.root(seed), name), min(n, CHUNK)
    average, chunks = jax.device_put(average), []
    for start in range(0, n, size):
      ids = np.arange(start, start + size)
      batch = jax.tree.map(lambda a: a[ids % len(a)], examples)
      chunks.append(parallel.local(chunk(average, ids, key, batch)))
      tick(min(size, n - start))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:n], *chunks)

  return draw


def latents(experiment: Experiment) -> Callable[..., PyTree]:
  """-> drawn(n, seed, examples=Batch(None), name='samples'): the z [n, ..] that `sampler` draws
  these samples from."""
  @jax.jit
  def chunk(ids, key, examples):
    return experiment.gan.prior(rng.per_example(key, ids), experiment.data.decode(examples))[0]

  def drawn(n: int, seed: int, examples: Batch = Batch(None), name: str = 'samples') -> PyTree:
    ids = np.arange(n)
    batch = jax.tree.map(lambda a: a[ids % len(a)], examples)
    return parallel.local(chunk(ids, rng.named(rng.root(seed), name), batch))
  return drawn
