"""Networks that are told the class: where it goes, and that it is heard."""
import jax
import numpy as np
import pytest

from jaxgan.nets import conditioning, dcgan

C = np.array([2, 0, 1])


def test_beside():
  z = np.ones((3, 4), np.float32)
  got = conditioning.beside(3)(z, C)
  np.testing.assert_array_equal(got, np.concatenate([z, np.eye(3)[C]], 1))


def test_maps():
  x = np.ones((3, 5, 6, 2), np.float32)
  got = conditioning.maps(3)(x, C)
  assert got.shape == (3, 5, 6, 5)
  np.testing.assert_array_equal(got[..., :2], x)
  np.testing.assert_array_equal(got[:, 4, 0, 2:], np.eye(3)[C])
  assert (got[..., 2:].std((1, 2)) == 0).all()


def test_each_player_hears_the_class():
  z, x = np.ones((3, 4), np.float32), np.ones((3, 8, 8, 1), np.float32)
  G = dcgan.Generator((8, 8, 1), (4, 4), 3, conditioning.beside(3))
  D = dcgan.Discriminator((4, 4), 3, condition=conditioning.maps(3))
  for net, given, out in ((G, z, lambda y: y), (D, x, lambda y: y[0])):
    variables = net.init(jax.random.key(0), given, C, train=False)
    same, other = (out(net.apply(variables, given, c, train=False)) for c in (C * 0, C))
    np.testing.assert_allclose(same[0], same[1], rtol=1e-5)
    assert abs(other[0] - other[1]).max() > 1e-4


@pytest.mark.parametrize('modulation', [conditioning.by_class(3), conditioning.by_noise(4)])
def test_modulated_generators(modulation):
  """At first as without, but for what self-modulation adds; then each example has its own."""
  z = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
  G = dcgan.Generator((8, 8, 1), (4, 4), 3, modulation=modulation)
  variables = G.init(jax.random.key(0), z, C, train=False)
  shaken = jax.tree.map(lambda a: a + .3 * np.random.default_rng(a.size).normal(size=a.shape),
                        variables['params'])
  draw = lambda c, z: G.apply({**variables, 'params': shaken}, z, c, train=False)
  other = draw((C + 1) % 3, z)
  told = abs(draw(C, z) - other).max((1, 2, 3))
  assert (told > 1e-3).all() if 'Embed_0' in shaken else (told == 0).all()
  np.testing.assert_allclose(draw(C[::-1], z[::-1])[::-1], draw(C, z), rtol=1e-4, atol=1e-5)


def test_class_gains_start_as_plain_batch_norm():
  x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
  G = dcgan.Generator((8, 8, 1), (4, 4), 3, modulation=conditioning.by_class(3))
  variables = G.init(jax.random.key(0), x, C, train=False)
  plain = dcgan.Generator((8, 8, 1), (4, 4), 3)
  named = plain.init(jax.random.key(0), x, train=False)
  kept = {name: value for name, value in variables['params'].items() if 'Embed' not in name}
  norms = {k: v for k, v in named['params'].items() if 'Norm' in k}
  np.testing.assert_allclose(
      plain.apply({**named, 'params': kept | norms}, x, train=False),
      G.apply(variables, x, C, train=False), rtol=1e-5)
