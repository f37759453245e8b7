"""Standing statistics: a generator's batch norm, averaged anew over batches of its own samples
(Brock et al., 2019, arXiv:1809.11096, appendix A), so that they fit its averaged weights."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan.experiment import Experiment
from jaxgan.io.errors import Failure
from jaxgan.types import Batch, PyTree

NORMS = 'batch_stats'


def standing(experiment: Experiment, average: PyTree, conditions: PyTree, batches: int,
             seed: int = 0) -> PyTree:
  """`average` of a generator, {'params', 'stats'}, with the mean of the means and variances
  of so many batches, as large as in training. Raises Failure if it has no batch norm."""
  gan, size = experiment.gan, experiment.batch
  if NORMS not in average['stats']:
    raise Failure('--standing: the generator of this run has no batch norm: leave it out')
  others = {name: s for name, s in average['stats'].items() if name != NORMS}

  def after(start: float, z, c, key) -> PyTree:
    """The running averages after one batch, from those that are all `start`."""
    stats = jax.tree.map(lambda a: jnp.full_like(a, start), average['stats'][NORMS])
    variables = {'params': average['params'], **others, NORMS: stats}
    _, found = gan.generator.apply(axis.vary(variables), z, c, train=True,
                                   mutable=[NORMS, *others], rngs={'noise': key})
    return found[NORMS]

  def one(key, batch):
    keys = rng.per_example(key, axis.example_ids(size))
    z, c = gan.prior(keys, batch)
    low, high = (after(start, z, c, key) for start in (0., 1.))
    # low = (1 - m) b and high = m + (1 - m) b, of a momentum m that is the layer's own affair
    return axis.mean(jax.tree.map(lambda low, high: low / (1 - (high - low)), low, high))

  seen = parallel.device_map(one, parallel.mesh(jax.devices()[:1]), (P(), P()))
  total = None
  for i in range(batches):
    ids = np.arange(i * size, (i + 1) * size)
    batch = experiment.data.decode(Batch(None, jax.tree.map(lambda a: a[ids % len(a)],
                                                            conditions)))
    stats = seen(jax.random.fold_in(rng.named(rng.root(seed), 'standing'), i), batch)
    total = stats if total is None else jax.tree.map(jnp.add, total, stats)
  mean = jax.tree.map(functools.partial(jnp.multiply, 1 / batches), total)
  return {**average, 'stats': others | {NORMS: jax.device_get(mean)}}
