"""The networks of pix2pix: sizes as published, what a logit sees, what is joined."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import parallel
from jaxgan.nets import patch, unet

HALF = functools.partial(patch.Discriminator, norm=unet.instance_norm)


def image(size, channels=3):
  return jax.random.normal(jax.random.key(size), (2, size, size, channels))


def shapes(net, *args):
  return jax.eval_shape(lambda key: net.init_with_output(key, *args, train=False),
                        jax.random.key(0))


@pytest.mark.parametrize('net,args,count', [
    (unet.Generator(), (None, image(256)), 54_413_955),  # junyanz's unet_256
    (unet.Generator(widths=(64, 128, 256, *[512] * 4)), (None, image(128)), 41_828_995),
    (patch.Discriminator(), (image(256), image(256)), 2_768_705),
    (patch.MultiScale(HALF), (image(256, 36), image(256)), 5_603_202)])  # pix2pixHD's
def test_parameters_of_the_originals(net, args, count):
  _, variables = shapes(net, *args)
  assert sum(a.size for a in jax.tree.leaves(variables['params'])) == count


@pytest.mark.parametrize('norm', [unet.batch_norm, unet.instance_norm])
def test_an_image_of_an_image(norm):
  net = unet.Generator(3, (4, 8, 8), norm=norm)
  c = image(16, 1)
  x, variables = net.init_with_output(jax.random.key(1), None, c, train=False)
  assert x.shape == (2, 16, 16, 3) and x.dtype == jnp.float32 and abs(x).max() < 1
  with pytest.raises(ValueError, match='20x20 must divide by 8'):
    net.init(jax.random.key(1), None, image(20), train=False)


def test_every_map_on_the_way_down_is_used():
  """Without the innermost map the rest still reaches the image, through what joins them."""
  net = unet.Generator(1, (4, 8, 8), norm=unet.instance_norm)
  c = image(8, 1)
  variables = net.init(jax.random.key(1), None, c, train=False)
  params = variables['params']
  inner = params | {'Conv_2': jax.tree.map(jnp.zeros_like, params['Conv_2'])}
  outer = inner | {'Conv_1': jax.tree.map(jnp.zeros_like, params['Conv_1'])}
  drawn = [net.apply(variables | {'params': p}, None, c, train=False)
           for p in (params, inner, outer)]
  for a, b in ((0, 1), (1, 2)):
    assert abs(drawn[a] - drawn[b]).max() > 1e-4
  assert drawn[2].std(axis=(1, 2)).min() > 1e-4


def test_dropout_is_its_noise():
  net = unet.Generator(1, (4, 8, 8, 8), dropped=2, norm=unet.instance_norm)
  c = image(16, 1)
  variables = net.init(jax.random.key(1), None, c, train=False)

  def drawn(seed, train):
    draw = lambda c, key: net.apply(variables, None, c, train=train, rngs={'noise': key})
    mapped = parallel.device_map(draw, parallel.mesh(jax.devices()[:1]), (P('data'), P()),
                                 out_specs=P('data'))
    return mapped(c, jax.random.key(seed))
  assert tiny.same(drawn(1, False), drawn(2, False))
  assert not tiny.same(drawn(1, True), drawn(2, True))


def test_what_a_logit_sees():
  """70 x 70 pixels, and as many logits as the original's critic has: 30 x 30 of 256 x 256."""
  net = patch.Discriminator((2, 2, 2, 2), norm=lambda train: lambda x: x)
  x = image(256)
  (logits, out), variables = net.init_with_output(jax.random.key(0), x, None, train=False)
  assert logits.shape == (2, 30, 30)
  assert [a.shape[1] for a in out['maps']] == [128, 64, 32, 31]
  slope = jax.grad(lambda x: net.apply(variables, x, None, train=False)[0][0, 15, 15])(x)
  seen = np.argwhere(np.abs(slope[0]).sum(2) > 0)
  assert (np.ptp(seen, axis=0) + 1 == 70).all()
  assert not slope[1].any()


def test_two_scales():
  net = patch.MultiScale(functools.partial(patch.Discriminator, (4, 4, 4)))
  (logits, out), variables = net.init_with_output(jax.random.key(0), image(32), image(32, 1),
                                                  train=False)
  assert [a.shape for a in logits] == [(2, 6, 6), (2, 2, 2)] and len(out['maps']) == 2
  assert {'scale_0', 'scale_1'} == set(variables['params'])


def test_halves():
  x = jnp.arange(16.).reshape(1, 4, 4, 1)
  found = patch.halved(x)[0, ..., 0]
  np.testing.assert_allclose(found, [[2.5, 4], [8.5, 10]])  # of 4, 6, 6 and 9 pixels
