"""What left-of-parallel code may do with the axis."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel


@pytest.mark.parametrize('kind', ['shard_map', 'pmap'])
def test_the_gradient_rule(kind):
  """mean(grad(loss)(vary(w))) is the gradient of the mean, not N times it."""
  def grad(w, x):
    return axis.mean(jax.grad(lambda w: jnp.mean((w * x) ** 2))(axis.vary(w)))
  x = np.arange(8, dtype=np.float32)
  mapped = parallel.device_map(grad, parallel.mesh(), (P(), P('data')), kind)
  np.testing.assert_allclose(mapped(np.float32(3), x), 6 * (x**2).mean(), rtol=1e-6)


def test_mean_keeps_integers():
  f = lambda x: axis.mean({'x': x.mean(), 'n': jnp.int32(7)})
  found = parallel.device_map(f, parallel.mesh(), (P('data'),))(np.arange(8.))
  assert found['x'] == 3.5 and found['n'] == 7 and found['n'].dtype == jnp.int32


def test_example_ids_are_global():
  f = lambda x: jax.lax.all_gather(axis.example_ids(len(x)), axis.NAME, tiled=True)
  mapped = jax.shard_map(f, mesh=parallel.mesh(), in_specs=P('data'), out_specs=P(),
                         check_vma=False)
  np.testing.assert_array_equal(mapped(np.zeros(8)), np.arange(8))
