"""Networks that are told the class: where it goes, and that it is heard."""
import jax
import numpy as np

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
