"""Consistency terms on players whose answers are known."""
import numpy as np
import rounds

from jaxgan.losses import consistency
from jaxgan.types import Batch

X, FAKE = rounds.draw(8, 3), rounds.draw(8, 3, seed=1)
W = np.array([1., -2., .5], np.float32)
D = lambda x, c: (x @ W, {})
AT = dict(D=D, real=Batch(X), fake=Batch(FAKE), on_real=(X @ W, {}), on_fake=(FAKE @ W, {}))
double = lambda keys, x: 2 * x


def test_on_real_and_on_fakes():
  found, _ = rounds.terms(consistency.consistency(3., double).d, (), **AT)
  np.testing.assert_allclose(found['consistency'], 3 * ((X @ W) ** 2).mean(), rtol=1e-5)
  found, _ = rounds.terms(consistency.balanced_consistency(3., 2., double).d, (), **AT)
  np.testing.assert_allclose(
      (found['consistency'], found['consistency_fake']),
      (3 * ((X @ W) ** 2).mean(), 2 * ((FAKE @ W) ** 2).mean()), rtol=1e-5)


def test_of_maps():
  """The mean over a map, the sum over maps."""
  D = lambda x, c: ([(x[:, :, None] * W[None, None]), x @ W], {})
  at = dict(AT, D=D, on_real=D(X, None), on_fake=D(FAKE, None))
  square = lambda x: ((x[:, :, None] * W) ** 2).mean() + ((x @ W) ** 2).mean()
  found, _ = rounds.terms(consistency.balanced_consistency(3., 2., double).d, (), **at)
  np.testing.assert_allclose((found['consistency'], found['consistency_fake']),
                             (3 * square(X), 2 * square(FAKE)), rtol=1e-5)
  at |= dict(z=FAKE, G=lambda z, c: 2 * z)  # nothing else differs: z and z' are near
  found, _ = rounds.terms(consistency.latent_consistency(2., .5, sigma=0.).d, (), **at)
  np.testing.assert_allclose(found['latent_consistency'], 2 * square(FAKE), rtol=1e-5)


def test_the_transform_draws_a_key_an_example(devices):
  import jax
  noise = lambda keys, x: x + jax.vmap(lambda k: jax.random.normal(k, (3,)))(keys)
  one, four = (rounds.terms(consistency.consistency(1., noise).d, (), some, **AT)[0]
               for some in (devices[:1], devices))
  np.testing.assert_allclose(one['consistency'], four['consistency'], rtol=1e-5)
  assert one['consistency'] > .5


def test_real_and_fake_are_transformed_apart():
  """On one batch for both the gaps would be one number."""
  import jax
  noise = lambda keys, x: x + jax.vmap(lambda k: jax.random.normal(k, (3,)))(keys)
  at = dict(AT, fake=Batch(X), on_fake=(X @ W, {}))
  found, _ = rounds.terms(consistency.balanced_consistency(1., 1., noise).d, (), **at)
  assert abs(found['consistency'] - found['consistency_fake']) > 1e-3


def test_in_the_latent_space():
  """A linear G: the images are apart by what z is, times 3."""
  z = rounds.draw(8, 3, seed=2)
  at = dict(AT, z=z, G=lambda z, c: 3 * z, fake=Batch(3 * z), on_fake=(3 * z @ W, {}))
  loss = consistency.latent_consistency(2., .5, sigma=.1)
  d, g = (rounds.terms(role, (), **at)[0]['latent_consistency'] for role in (loss.d, loss.g))
  several = [rounds.terms(role, (), **dict(at, z=z + i, fake=Batch(3 * (z + i)),
                                           on_fake=(3 * (z + i) @ W, {})))[0]
             for role in (loss.d, loss.g) for i in range(2)]
  assert len({round(float(s['latent_consistency']), 4) for s in several[:2]}) == 1, 'one key'
  # E |3 sigma n W|^2 = 9 sigma^2 |W|^2; E |3 sigma n|^2 = 9 sigma^2 3
  assert 0 < d < 4 * 2 * .09 * (W @ W) and -.5 * .09 * 3 * 3 < g < -.5 * .09 * .5
