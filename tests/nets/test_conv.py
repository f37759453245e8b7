"""The layers equal Flax's, over one to three axes: values, gradients, penalties' gradients."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from derivatives import assert_close, derivatives
from flax import linen as nn
from jax import lax

from jaxgan.nets import bilinear, conv

# axes, kernel, stride: of a number for all axes, and of one each
CASES = [((23,), 5, 2), ((24,), (9,), (4,)), ((16,), 4, 1), ((7, 9), (1, 5), (1, 2)),
         ((8, 6), (5, 3), 3), ((6, 7, 8), 3, 1), ((8, 6, 5), (4, 4, 4), (1, 2, 2)),
         ((7, 4, 4), (3, 1, 1), (2, 1, 1)), ((9, 4, 6), 4, 2)]


@pytest.fixture(autouse=True)
def float64():
  with jax.enable_x64(True):
    yield


def example(axes, seed=0):
  return jnp.asarray(np.random.default_rng(seed).normal(size=(2, *axes, 3)))


def flax_like(layer, axes, kernel, stride, **how):
  return layer(4, conv.sides(kernel, len(axes)), conv.sides(stride, len(axes)), **how)


@pytest.mark.parametrize('axes,kernel,stride', CASES)
def test_layer_is_flax_conv(axes, kernel, stride):
  x = example(axes)
  ours, theirs = conv.Conv(4, kernel, stride), flax_like(nn.Conv, axes, kernel, stride)
  variables = theirs.init(jax.random.key(0), x)
  assert jax.tree.map(jnp.shape, ours.init(jax.random.key(0), x)) == jax.tree.map(
      jnp.shape, variables)
  bias = example((), 1)[0, :1] + jnp.arange(4.)
  of = lambda layer: lambda x, w: layer.apply({'params': {'kernel': w, 'bias': bias}}, x)
  assert_close(*(derivatives(of(layer), x, variables['params']['kernel'])
                 for layer in (ours, theirs)))


@pytest.mark.parametrize('axes,kernel,stride', CASES)
def test_transposed_layer_is_the_adjoint(axes, kernel, stride):
  """<conv(x), y> = <x, conv_transpose(y)>, by autodiff of Flax's convolution."""
  n = len(axes)
  kernel, stride = conv.sides(kernel, n), conv.sides(stride, n)
  axes = tuple(size // by * by for size, by in zip(axes, stride))  # as the layer makes them
  x = example(axes)
  layer = nn.Conv(4, kernel, stride, use_bias=False)
  w = layer.init(jax.random.key(0), x)['params']['kernel']

  def stock(y, w):
    return jax.vjp(lambda x: layer.apply({'params': {'kernel': w}}, x), x)[1](y)[0]
  y = layer.apply({'params': {'kernel': w}}, x)
  ours = conv.ConvTranspose(3, kernel, stride, use_bias=False)
  of = lambda y, w: ours.apply({'params': {'kernel': w}}, y)
  assert_close(*(derivatives(f, y, w) for f in (of, stock)))


@pytest.mark.parametrize('axes', [(9,), (9, 8), (5, 9, 8)])
def test_padding_as_pytorch_has_it(axes):
  x, n = example(axes), len(axes)
  ours = conv.Conv(4, 4, 2, pad=1)
  theirs = nn.Conv(4, (4,) * n, 2, padding=[(1, 1)] * n)
  variables = theirs.init(jax.random.key(0), x)
  assert_close(ours.apply(variables, x), theirs.apply(variables, x))


@pytest.mark.parametrize('kernel,pad', [(3, 1), (4, 1), (5, 2), (7, 3)])
def test_transposed_padding_as_pytorch_has_it(kernel, pad):
  """PyTorch's stands `pad` pixels further in, and ends where twice the size does."""
  x = example((8, 6))
  theirs = nn.Conv(4, (kernel,) * 2, 2, padding=[(pad, kernel)] * 2, use_bias=False)
  w = theirs.init(jax.random.key(0), x)['params']['kernel']
  f = lambda x: theirs.apply({'params': {'kernel': w}}, x)[:, :4, :3]
  y = jnp.asarray(np.random.default_rng(1).normal(size=(2, 4, 3, 4)))
  ours = conv.ConvTranspose(3, kernel, pad=pad, use_bias=False)
  assert_close(ours.apply({'params': {'kernel': w}}, y), jax.vjp(f, x)[1](y)[0])


def test_layer_is_lax_conv_transpose():
  """The layer, against `lax.conv_transpose` with the kernel as TensorFlow has it."""
  y, w = example((4, 4)), jnp.asarray(np.random.default_rng(1).normal(size=(5, 5, 3, 3)))
  layer = conv.ConvTranspose(3, 5, stride=2, use_bias=False)
  got = layer.apply({'params': {'kernel': w}}, y)
  want = lax.conv_transpose(y, w, (2, 2), 'SAME', dimension_numbers=bilinear.LAYOUT,
                            transpose_kernel=True)
  assert_close(got, want)


def test_initial_transposed_kernel_counts_its_inputs():
  w = conv.ConvTranspose(8, 3).init(jax.random.key(0), jnp.ones((1, 4, 4, 400)))
  np.testing.assert_allclose(w['params']['kernel'].std(), (9 * 400) ** -.5, rtol=.05)


def test_sides_of_other_axes_are_refused():
  with pytest.raises(ValueError, match=r'2 sides, \(3, 3\), for x with 1 axes'):
    conv.Conv(4, (3, 3)).init(jax.random.key(0), jnp.ones((1, 8, 3)))
