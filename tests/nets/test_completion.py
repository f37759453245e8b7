"""Completion: partial convolutions by hand, sizes as published, what is known comes back."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.data import source
from jaxgan.nets import completion, superres
from jaxgan.types import Batch


def holed(size, channels=3, n=2):
  image = jax.random.uniform(jax.random.key(0), (n, size, size, channels), minval=-1)
  mask = jnp.ones((n, size, size, 1)).at[:, size // 4:size // 2, size // 4:].set(0)
  return {'image': image * mask, 'mask': mask}


def count(net, *args):
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  return sum(a.size for a in jax.tree.leaves(shapes['params']))


def images(size):
  return jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)


@pytest.mark.parametrize('net,args,expected', [
    (completion.partial(), (None, holed(128)), 25_779_796),  # naoto0804's, of 7 levels
    (completion.Discriminator(), (images(64), holed(64, n=1)), 5_946_816),  # DeepFill's
    (superres.Residual(), (None, images(16)), 1_517_571),  # the rest: BasicSR's
    (superres.RRDB(), (None, images(16)), 16_697_987),
    (superres.Discriminator(), (images(128),), 14_499_401),
    (superres.UNetDiscriminator(), (images(64),), 4_376_897)])
def test_parameters_of_the_originals(net, args, expected):
  assert count(net, *jax.tree.map(jnp.zeros_like, args)) == expected


def test_a_partial_convolution_by_hand():
  """Ones everywhere: each window's sum is brought to that of a full one."""
  layer = completion.Partial(1, 3, act=lambda a: a, norm=False, use_bias=True)
  known = np.zeros((1, 6, 6, 1), np.float32)
  known[0, 0, 0] = known[0, 1, 1] = 1
  variables = {'params': {'Conv_0': {'kernel': np.ones((3, 3, 1, 1), np.float32)},
                          'bias': np.float32([.5])}}
  y, valid = layer.apply(variables, 2 * known, known, False)
  seen = np.zeros((6, 6))
  for i, j in ((0, 0), (1, 1)):
    seen[max(i - 1, 0):i + 2, max(j - 1, 0):j + 2] += 1
  np.testing.assert_array_equal(valid[0, ..., 0], seen > 0)
  np.testing.assert_allclose(y[0, ..., 0], np.where(seen > 0, 2 * 9 + .5, 0), rtol=1e-6)


def test_what_is_not_known_does_not_matter_to_partial_convolutions():
  net, c = completion.partial(3, (4, 8), (5, 3)), holed(16)
  x, variables = net.init_with_output(jax.random.key(1), None, c, train=False)
  assert x.shape == c['image'].shape
  assert len(jax.tree.leaves(variables['params'])) > 6
  params = jax.tree.map(lambda a: a + .1, variables['params'])
  plain, other = (net.apply(variables | {'params': params}, None, c | {'image': image},
                            train=False)
                  for image in (c['image'], c['image'] * c['mask']))
  np.testing.assert_array_equal(plain, other)
  # a mask of nothing known gives no number that is not finite
  none = jax.tree.map(jnp.zeros_like, c)
  assert jnp.isfinite(net.apply(variables, None, none, train=False)).all()


def test_channels_count_in_the_share_that_is_known():
  skip, x = jnp.ones((1, 5, 5, 1)), jnp.ones((1, 3, 3, 3))
  both, share = completion.joined(skip, 0 * skip[..., :1], x, jnp.ones((1, 3, 3, 1)))
  assert both.shape == (1, 5, 5, 4)
  np.testing.assert_allclose(share, .75)


@pytest.mark.parametrize('make', [completion.partial, completion.gated])
@pytest.mark.parametrize('size', [16, 28])
def test_what_is_known_comes_back_to_the_bit(make, size):
  """Through the scale of the networks and back to bytes; the hole is made anew."""
  rng = np.random.default_rng(0)
  x = rng.integers(0, 256, (2, size, size, 3)).astype(np.uint8)
  data = source.arrays(Batch(x))
  mask = np.ones((2, size, size, 1), np.float32)
  mask[:, 3:9, 4:12] = 0
  c = {'image': data.decode(Batch(x)).x * mask, 'mask': mask}
  net = make(3, (4, 8, 8), (5, 3, 3))
  made, _ = net.init_with_output(jax.random.key(0), None, c, train=False)
  made = np.asarray(data.encode(made))
  known = np.broadcast_to(mask > 0, x.shape)
  np.testing.assert_array_equal(made[known], x[known])
  assert (made[~known] != x[~known]).mean() > .9


def test_the_critic_sees_the_mask():
  net, c = completion.Discriminator((4, 8)), holed(16)
  (logits, out), variables = net.init_with_output(jax.random.key(0), c['image'], c, train=False)
  assert logits.shape == (2, 4, 4, 8) and len(out['maps']) == 2
  other, _ = net.apply(variables, c['image'], c | {'mask': 1 - c['mask']}, train=False)
  assert abs(other - logits).max() > 1e-3


@pytest.mark.parametrize('net', [superres.Residual(4, 1), superres.RRDB(4, 2, 1)])
def test_four_times_the_size(net):
  c = jax.random.uniform(jax.random.key(0), (2, 6, 5, 3))
  x, variables = net.init_with_output(jax.random.key(1), None, c, train=False)
  assert x.shape == (2, 24, 20, 3) and x.dtype == jnp.float32
  if isinstance(net, superres.Residual):  # without residual: bilinear
    zero = jax.tree.map(jnp.zeros_like, variables)
    np.testing.assert_allclose(net.apply(zero, None, c, train=False),
                               superres.enlarged(c, 4), rtol=1e-6)


def test_a_logit_a_pixel():
  (logits, _), variables = superres.UNetDiscriminator(4).init_with_output(
      jax.random.key(0), jnp.ones((1, 16, 24, 3)), None, train=False)
  assert logits.shape == (1, 16, 24) and 'spectral' in variables
