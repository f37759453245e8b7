"""The convolutions equal XLA's own: values, gradients, and gradients of gradients."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax import lax

from jaxgan.nets import conv

# kernel, stride, size: odd and even, overlapping and not, and strides beyond the kernel
CASES = [(3, 1, (6, 7)), (5, 1, (7, 7)), (4, 2, (8, 8)), (5, 2, (8, 9)), (3, 2, (9, 6)),
         (5, 3, (10, 11)), (4, 4, (8, 8)), (1, 1, (4, 4)), (2, 3, (7, 9)), (3, 5, (11, 6))]


@pytest.fixture(autouse=True)
def float64():
  with jax.enable_x64(True):
    yield


def arrays(kernel, stride, size):
  draw = lambda seed, *shape: np.random.default_rng(seed).normal(size=shape)
  pads = conv.same_pads(size, kernel, stride)
  out = [-(-n // stride) for n in size]
  return (jnp.asarray(draw(0, 2, *size, 3)), jnp.asarray(draw(1, kernel, kernel, 3, 4)),
          jnp.asarray(draw(2, 2, *out, 4)), pads)


def stock_conv(x, w, stride, pads):
  return lax.conv_general_dilated(x, w, (stride, stride), 'SAME',
                                  dimension_numbers=conv.LAYOUT)


def stock_transpose(y, w, stride, pads, size):
  x = jnp.zeros((y.shape[0], *size, w.shape[2]), y.dtype)
  return jax.vjp(lambda x: stock_conv(x, w, stride, pads), x)[1](y)[0]


def derivatives(f, a, w):
  """The value, its gradients, and those of a penalty on the gradients."""
  score = lambda a, w: jnp.sum(jnp.tanh(f(a, w)))
  penalty = lambda a, w: sum(jnp.sum(g**2) for g in jax.grad(score, (0, 1))(a, w))
  return jax.jit(lambda a, w: (f(a, w), jax.grad(score, (0, 1))(a, w),
                               jax.grad(penalty, (0, 1))(a, w)))(a, w)


def assert_close(a, b):
  jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9), a, b)


@pytest.mark.parametrize('kernel,stride,size', CASES)
def test_conv_to_second_order(kernel, stride, size):
  x, w, _, pads = arrays(kernel, stride, size)
  assert_close(*(derivatives(lambda x, w: f(x, w, stride, pads), x, w)
                 for f in (conv.conv, stock_conv)))


@pytest.mark.parametrize('kernel,stride,size', CASES)
def test_transpose_to_second_order(kernel, stride, size):
  _, w, y, pads = arrays(kernel, stride, size)
  fast, stock, plain = (
      derivatives(lambda y, w: f(y, w, stride, pads, size), y, w)
      for f in (conv.conv_transpose, stock_transpose, conv.plain_conv_transpose))
  assert_close(fast, stock)
  assert_close(plain, stock)


def test_layer_is_lax_conv_transpose():
  """The layer, against `lax.conv_transpose` with the kernel as TensorFlow has it."""
  _, w, y, _ = arrays(5, 2, (8, 8))
  layer = conv.ConvTranspose(3, 5, stride=2, use_bias=False)
  got = layer.apply({'params': {'kernel': w}}, y)
  want = lax.conv_transpose(y, w, (2, 2), 'SAME', dimension_numbers=conv.LAYOUT,
                            transpose_kernel=True)
  assert_close(got, want)


def test_layer_is_flax_conv():
  x, _, _, _ = arrays(5, 2, (8, 9))
  ours, theirs = conv.Conv(4, 5, stride=2), nn.Conv(4, (5, 5), 2)
  variables = theirs.init(jax.random.key(0), x)
  assert_close(ours.apply(variables, x), theirs.apply(variables, x))
  assert jax.tree.map(jnp.shape, ours.init(jax.random.key(0), x)) == jax.tree.map(
      jnp.shape, variables)


def test_initial_transposed_kernel_counts_its_inputs():
  w = conv.ConvTranspose(8, 3).init(jax.random.key(0), jnp.ones((1, 4, 4, 400)))
  np.testing.assert_allclose(w['params']['kernel'].std(), (9 * 400) ** -.5, rtol=.05)


@pytest.mark.parametrize('groups', [1, 3, conv.FEW + 2])
def test_grouped(groups):
  """A few groups and many, which are computed in two ways."""
  draw = lambda seed, *shape: jnp.asarray(np.random.default_rng(seed).normal(size=shape))
  x, w = draw(0, 2, 5, 6, 2 * groups), draw(1, 3, 3, 2, 4 * groups)
  stock = lambda x, w: lax.conv_general_dilated(
      x, w, (1, 1), 'SAME', dimension_numbers=conv.LAYOUT, feature_group_count=groups)
  ours = lambda x, w: conv.grouped(x, w, groups)
  assert_close(*(derivatives(f, x, w) for f in (ours, stock)))
