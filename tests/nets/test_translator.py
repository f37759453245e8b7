"""CycleGAN's networks: sizes as published, both ways, what a stage sees."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.nets import patch, translator, unet

SMALL = functools.partial(translator.Translator, width=4, blocks=1)


def image(size, channels=3):
  return jax.random.normal(jax.random.key(size), (2, size, size, channels))


def count(net, *args):
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  return sum(a.size for a in jax.tree.leaves(shapes['params']))


@pytest.mark.parametrize('width,blocks,channels,expected', [
    (64, 9, 3, 11_378_179), (64, 6, 3, 7_837_699),  # junyanz's resnet_9blocks, resnet_6blocks
    (8, 3, 1, 68_659), (16, 3, 1, 270_947)])
def test_parameters_of_the_originals(width, blocks, channels, expected):
  net = translator.Translator(3, width, blocks)
  assert count(net, None, image(32, channels)) == expected


def test_of_cyclegan_as_a_whole():
  """junyanz's: two translators and two critics of patches, 28,285,832."""
  critic = functools.partial(patch.Discriminator, norm=unet.instance_norm)
  pair = {'a': image(64), 'b': image(64)}
  both = translator.Both(*[functools.partial(translator.Translator, 3)] * 2)
  assert count(both, None, pair) + count(translator.OfEach(critic), pair) == 28_285_832


def test_an_image_of_its_size():
  c = image(12, 1)
  x, variables = SMALL(3).init_with_output(jax.random.key(0), None, c, train=False)
  assert x.shape == (2, 12, 12, 3) and x.dtype == jnp.float32 and abs(x).max() < 1
  assert variables.keys() == {'params'}
  half = SMALL(3, dtype=jnp.bfloat16).apply(variables, None, c, train=False)
  np.testing.assert_allclose(half, x, atol=.15)


def test_each_goes_the_other_way():
  """x['a'] comes of c['b'] alone, and x['b'] of c['a']."""
  net = translator.Both(functools.partial(SMALL, 1), functools.partial(SMALL, 3))
  c = {'a': image(8, 1), 'b': image(8, 3)}
  x, variables = net.init_with_output(jax.random.key(0), None, c, train=False)
  assert jax.tree.map(jnp.shape, x) == jax.tree.map(jnp.shape, c)
  again = net.apply(variables, None, c | {'a': 1 - c['a']}, train=False)
  np.testing.assert_array_equal(again['a'], x['a'])
  assert abs(again['b'] - x['b']).max() > 1e-3


def test_maps_of_stages():
  """Of CUT: the input, what is halved, what a block made; the image needs the rest."""
  net, c = translator.Translator(3, 4, 3), image(16)
  variables = net.init(jax.random.key(0), None, c, train=False)
  maps = net.apply(variables, None, c, train=False, maps=(0, 1, 3, 4, 6))
  assert [m.shape[1:] for m in maps] == [(16, 16, 3), (16, 16, 4), (4, 4, 16), (4, 4, 16),
                                         (4, 4, 16)]
  np.testing.assert_array_equal(maps[0], c)
  assert abs(maps[3] - maps[2]).max() > 1e-3 < abs(maps[4] - maps[3]).max()
  alone = net.apply(variables, None, c, train=False, maps=(3,))
  np.testing.assert_array_equal(alone[0], maps[2])
  with pytest.raises(ValueError, match='the stages are 0 to 6'):
    net.apply(variables, None, c, train=False, maps=(7,))


def test_critics_of_each():
  critic = functools.partial(patch.Discriminator, (4, 8), norm=unet.instance_norm)
  net, x = translator.OfEach(critic), {'a': image(16, 1), 'b': image(16, 3)}
  (logits, out), variables = net.init_with_output(jax.random.key(0), x, None, train=False)
  assert jax.tree.map(jnp.shape, logits) == {'a': (2, 6, 6), 'b': (2, 6, 6)}
  again, _ = net.apply(variables, x | {'a': 2 * x['a']}, None, train=False)
  np.testing.assert_array_equal(again['b'], logits['b'])
  assert abs(again['a'] - logits['a']).max() > 1e-3 and out.keys() == {'a', 'b'}


def test_pixels_that_are_compared():
  """CUT's: 560,384 parameters beside the translator; of each stage as many pixels as asked for,
  the same ones of two images."""
  make = functools.partial(translator.Translator, 3)
  whole = count(translator.Contrasted(make), None, image(64))
  assert whole - count(make(), None, image(64)) == 560_384
  net = translator.Contrasted(functools.partial(SMALL, 3), (0, 2, 4), 32)
  c = image(16)
  x, variables = net.init_with_output(jax.random.key(0), None, c, train=False)
  np.testing.assert_array_equal(
      x, SMALL(3).apply({'params': variables['params']['translator']}, None, c, train=False))
  noise = jax.random.uniform(jax.random.key(1), (2, 256))
  how = dict(of=1 - c, noise=noise, count=20, train=False)
  found = net.apply(variables, None, c, **how)
  assert [v.shape for v in found] == [(2, 20, 32), (2, 20, 32), (2, 16, 32)]
  for v in found:
    np.testing.assert_allclose((v ** 2).sum(-1), 1, rtol=1e-3)
  every = net.apply(variables, None, c, of=1 - c, train=False)
  _, at = jax.lax.top_k(noise, 20)
  np.testing.assert_allclose(found[0][1], every[0][1][at[1]], atol=1e-6)
