"""The convolutions equal XLA's own: values, gradients, and gradients of gradients."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from derivatives import assert_close, derivatives
from jax import lax

from jaxgan.nets import bilinear
from jaxgan.nets.conv import same_pads

# kernel, stride, size: odd and even, overlapping and not, and strides beyond the kernel
CASES = [(3, 1, (6, 7)), (5, 1, (7, 7)), (4, 2, (8, 8)), (5, 2, (8, 9)), (3, 2, (9, 6)),
         (5, 3, (10, 11)), (4, 4, (8, 8)), (1, 1, (4, 4)), (2, 3, (7, 9)), (3, 5, (11, 6)),
         ((1, 5), (1, 4), (3, 18)), ((5, 1), (3, 1), (9, 4)), ((3, 4), (2, 3), (7, 9))]


@pytest.fixture(autouse=True)
def float64():
  with jax.enable_x64(True):
    yield


def arrays(kernel, stride, size):
  draw = lambda seed, *shape: np.random.default_rng(seed).normal(size=shape)
  pads = same_pads(size, kernel, stride)
  out = [-(-n // by) for n, by in zip(size, bilinear.both(stride))]
  return (jnp.asarray(draw(0, 2, *size, 3)), jnp.asarray(draw(1, *bilinear.both(kernel), 3, 4)),
          jnp.asarray(draw(2, 2, *out, 4)), pads)


def stock_conv(x, w, stride, pads):
  return lax.conv_general_dilated(x, w, bilinear.both(stride), 'SAME',
                                  dimension_numbers=bilinear.LAYOUT)


def stock_transpose(y, w, stride, pads, size):
  x = jnp.zeros((y.shape[0], *size, w.shape[2]), y.dtype)
  return jax.vjp(lambda x: stock_conv(x, w, stride, pads), x)[1](y)[0]


@pytest.mark.parametrize('kernel,stride,size', CASES)
def test_conv_to_second_order(kernel, stride, size):
  x, w, _, pads = arrays(kernel, stride, size)
  assert_close(*(derivatives(lambda x, w: f(x, w, stride, pads), x, w)
                 for f in (bilinear.conv, stock_conv)))


@pytest.mark.parametrize('kernel,stride,size', CASES)
def test_transpose_to_second_order(kernel, stride, size):
  _, w, y, pads = arrays(kernel, stride, size)
  fast, stock, plain = (
      derivatives(lambda y, w: f(y, w, stride, pads, size), y, w)
      for f in (bilinear.conv_transpose, stock_transpose, bilinear.plain_conv_transpose))
  assert_close(fast, stock)
  assert_close(plain, stock)


@pytest.mark.parametrize('groups', [1, 3, bilinear.FEW + 2])
def test_grouped(groups):
  """A few groups and many, which are computed in two ways."""
  draw = lambda seed, *shape: jnp.asarray(np.random.default_rng(seed).normal(size=shape))
  x, w = draw(0, 2, 5, 6, 2 * groups), draw(1, 3, 3, 2, 4 * groups)
  stock = lambda x, w: lax.conv_general_dilated(
      x, w, (1, 1), 'SAME', dimension_numbers=bilinear.LAYOUT, feature_group_count=groups)
  ours = lambda x, w: bilinear.grouped(x, w, groups)
  assert_close(*(derivatives(f, x, w) for f in (ours, stock)))
