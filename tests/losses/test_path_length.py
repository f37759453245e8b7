"""Path lengths of generators whose slope is known."""
import jax
import jax.numpy as jnp
import numpy as np
import rounds
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan.losses.path_length import path_length
from jaxgan.types import Batch


def stretched(by):
  """z [B, 4] -> images [B, 2, 2, 1]."""
  return lambda z, c: by * z.reshape(-1, 2, 2, 1)


def test_a_stretching_generator(devices):
  """J = by I, so |J^T y| = by |y|, and |y|^2 ~ chi^2 with 4 degrees / 4 pixels: mean 1."""
  z, loss = rounds.draw(4096, 4), path_length(2., decay=.25)
  for some in (devices, devices[:1]):
    found, a = rounds.terms(loss.g, jnp.float32(8), some, G=stretched(3.), z=z,
                            fake=Batch(None))
    mean = 3 * np.sqrt(2 / 4) * 1.32934 / 1  # E chi_4 = sqrt(2) Gamma(5/2) / Gamma(2)
    np.testing.assert_allclose(a, .75 * 8 + .25 * mean, rtol=.01)
    variance = 9 - mean ** 2
    np.testing.assert_allclose(found['path_length'], 2 * (variance + (mean - a) ** 2), rtol=.03)


def test_only_g_has_it_and_it_may_look_elsewhere():
  loss = path_length(1., inputs=lambda r: 2 * r.z, draw=lambda r, w, c: stretched(5.)(w, None))
  assert rounds.terms(loss.d, jnp.float32(0), z=rounds.draw(8, 4))[0] == {}
  _, a = rounds.terms(loss.g, jnp.float32(0), z=rounds.draw(2048, 4), fake=Batch(None))
  np.testing.assert_allclose(a, .01 * 5 * .94, rtol=.03)


def test_layers_of_styles_and_one_of_every_few():
  """Styles of n layers that are all stretched alike: the mean of their squares, not the sum."""
  z = rounds.draw(4096, 3, 4)
  half = path_length(1., decay=1., one_in=2, draw=lambda r, w, c: 5. * (
      w.reshape(-1, 3, 2, 2).sum(1)[..., None] + 0 * c[:, None, None, None]))
  _, a = rounds.terms(half.g, jnp.float32(0), z=z, fake=Batch(None, jnp.zeros(4096)))
  np.testing.assert_allclose(a, 5 * .94, rtol=.03)


def test_the_average_is_a_constant_to_g():
  """G(z) = s z: lengths are s l; the slope in s is 2 mean(l (s l - a)), a having no slope."""
  z, loss = rounds.draw(64, 4), path_length(1., decay=.25)

  def value(s, memory):
    r = rounds.of(key=rng.root(0), z=jnp.asarray(z), G=stretched(s), fake=Batch(None))
    terms, a = loss.g(r, axis.vary(memory))
    return terms['path_length'], a

  def on_device(s, memory):
    found, slope = jax.value_and_grad(value, has_aux=True)(axis.vary(s), memory)
    return axis.mean((*found, slope))
  at = parallel.device_map(on_device, parallel.mesh(jax.devices()[:1]), (P(), P()))
  mean = at(jnp.float32(1), jnp.float32(0))[1] / .25  # E l
  square = at(jnp.float32(1), mean)[0] + mean ** 2  # E l^2, for a stays E l
  np.testing.assert_allclose(at(jnp.float32(3), jnp.float32(0))[2],
                             2 * (3 * square - .25 * 3 * mean * mean), rtol=1e-4)
