"""What tests of convolutions compare: values, gradients, gradients of gradients."""
import jax
import jax.numpy as jnp
import numpy as np


def derivatives(f, a, w):
  """The value, its gradients, and those of a penalty on the gradients."""
  score = lambda a, w: jnp.sum(jnp.tanh(f(a, w)))
  penalty = lambda a, w: sum(jnp.sum(g**2) for g in jax.grad(score, (0, 1))(a, w))
  return jax.jit(lambda a, w: (f(a, w), jax.grad(score, (0, 1))(a, w),
                               jax.grad(penalty, (0, 1))(a, w)))(a, w)


def assert_close(a, b):
  jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9), a, b)
