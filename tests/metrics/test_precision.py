"""Matrix products on devices ask for full float32: GPUs would take TF32, TPUs bfloat16."""
import jax
import jax.numpy as jnp
import pytest

from jaxgan.metrics import frechet, moments

X = jnp.ones((5, 3))


@pytest.mark.parametrize('f', [
    frechet.distance,
    lambda x, y: moments.update(moments.start(x[0]), x, jnp.ones(5, bool))])
def test_products_are_of_full_precision(f):
  text = str(jax.make_jaxpr(f)(X, X))
  assert text.count('dot_general') == text.count('precision=(Precision.HIGHEST') > 0
