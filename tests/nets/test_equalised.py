"""Equalised layers, filters and minibatch deviation against slow explicit forms."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgan.nets import bilinear, equalised, fir, progressive, stylegan2

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (64, 8, 8, 6))


def made(net, *args, **kw):
  variables = jax.jit(lambda: net.init(KEY, *args, **kw))()
  return net.apply(variables, *args, **kw), variables['params']


def test_a_dense_layer_keeps_the_variance_and_learns_at_its_rate():
  x = jax.random.normal(KEY, (4096, 50))
  y, params = made(equalised.Dense(20, rate=.01, bias=3.), x)
  np.testing.assert_allclose((y - y.mean(0, keepdims=True)).std(), 1, rtol=.1)
  assert 90 < params['kernel'].std() < 110
  np.testing.assert_allclose(y, x @ params['kernel'] * .01 / np.sqrt(50) + .03, atol=1e-5)


def test_an_active_convolution_keeps_the_mean_square():
  y, _ = made(equalised.Conv(64, 3), X)
  np.testing.assert_allclose((y[:, 1:-1, 1:-1] ** 2).mean(), 1, rtol=.15)


def dilated(x):
  """Zeros between pixels, and one after the last."""
  return lax.pad(x, 0., [(0, 0, 0), (0, 1, 1), (0, 1, 1), (0, 0, 0)])


@pytest.mark.slow
@pytest.mark.parametrize('k', [1, 3])
def test_resampled_is_filter_and_convolution_one_after_the_other(k):
  """Upsampling: zeros, convolution with the kernel reversed, filter; all at full size."""
  w, taps = jax.random.normal(KEY, (k, k, 6, 5)), fir.normalised(fir.BINOMIAL)
  big = fir.upfirdn(dilated(X), 2 * taps, pads=(2, 1))
  plain = bilinear.plain_conv(big, w[::-1, ::-1], 1, ((k // 2,) * 2,) * 2)
  inner = slice(3, -3)  # the orders differ where zeros meet the edge
  np.testing.assert_allclose(equalised.resampled(X, w, 2, 1)[:, inner, inner],
                             plain[:, inner, inner], atol=1e-4)
  small = bilinear.plain_conv(fir.upfirdn(X, taps, pads=(2, 2)) if k == 3 else
                          fir.upfirdn(X, taps, pads=(1, 1)), w, 2, ((0, 0), (0, 0)))
  np.testing.assert_allclose(equalised.resampled(X, w, 1, 2), small, atol=1e-4)


@pytest.mark.parametrize('up, down, pads', [(1, 1, (1, 2)), (2, 1, (2, 1)), (1, 2, (1, 1)),
                                            (2, 3, (4, -1))])
def test_resampling_has_its_adjoint_as_gradient(up, down, pads):
  """<f(x), y> = <x, f'(y)>, and f is linear, so any further derivative is one of these."""
  f = lambda x: fir.upfirdn(x, [1., 2., 4., 3.], up, down, pads)
  y = jax.random.normal(jax.random.key(1), f(X).shape)
  back = jax.grad(lambda x: (f(x) * y).sum())(X)
  np.testing.assert_allclose((f(X) * y).sum(), (X * back).sum(), rtol=1e-4)
  again = jax.grad(lambda y: (jax.vjp(f, X)[1](y)[0] * X).sum())(y)
  np.testing.assert_allclose(again, f(X), atol=1e-4)


def test_resampling_keeps_constants():
  flat = jnp.ones((1, 16, 16, 1))
  for f, inner in ((fir.doubled, slice(2, -2)), (fir.halved, slice(1, -1))):
    np.testing.assert_allclose(f(flat)[:, inner, inner], 1, atol=1e-6)


def test_a_modulated_convolution_is_one_kernel_an_example():
  kernel = jax.random.normal(KEY, (3, 3, 6, 5))
  styles = jax.random.normal(jax.random.key(1), (4, 6))
  found = stylegan2.modulated(X[:4], kernel, styles)
  for x, s, y in zip(X, styles, found):
    w = kernel * s[None, None, :, None]
    w = w / jnp.sqrt((w ** 2).sum((0, 1, 2), keepdims=True) + 1e-8)
    one = bilinear.plain_conv(x[None], w, 1, ((1, 1),) * 2)[0]
    np.testing.assert_allclose(one, y, atol=1e-4)


def test_demodulation_gives_unit_variance():
  x = jax.random.normal(KEY, (256, 8, 8, 6))
  kernel = 7 * jax.random.normal(KEY, (3, 3, 6, 5))
  styles = 3 * jax.random.normal(jax.random.key(1), (256, 6))
  y = stylegan2.modulated(x, kernel, styles)[:, 1:-1, 1:-1]
  np.testing.assert_allclose(y.std((0, 1, 2)), 1, rtol=.1)


def test_minibatch_deviation_of_two_and_two():
  x = jnp.zeros((4, 2, 2, 3)).at[0].set(2.).at[2].set(6.)
  found = equalised.deviation(x, 2, shared=False)
  np.testing.assert_allclose(found[..., :3], x)
  np.testing.assert_allclose(found[:, 0, 0, 3], [1, 1, 3, 3], atol=1e-3)
  with pytest.raises(ValueError, match='groups of 3: a batch of 4'):
    equalised.deviation(x, 3, shared=False)


def test_resolutions_go_down_to_four_or_an_odd_size():
  assert equalised.resolutions(32) == (4, 8, 16, 32)
  assert equalised.resolutions(28) == (7, 14, 28)


def test_pixel_norm():
  y = progressive.pixel_norm(X)
  np.testing.assert_allclose((y ** 2).mean(3), 1, rtol=1e-5)
