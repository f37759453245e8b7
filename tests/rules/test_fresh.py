"""D's batches and G's own."""
import jax
import numpy as np
import tiny

from jaxgan import gan as game
from jaxgan.losses.base import Loss
from jaxgan.rules import fresh

SEEN = Loss(d=lambda r, m: ({'mean': r.real.x.mean() + 0 * r.on_fake[0].mean()}, m),
            g=lambda r, m: ({'mean': r.real.x.mean() + 0 * r.on_fake[0].mean()}, m))


def test_g_sees_the_batch_that_d_has_not_seen():
  gan = tiny.mlp_gan(d_steps=3, order=fresh.alternating, loss=SEEN)
  data = tiny.batches(1, 3)
  _, terms = tiny.steps(gan, jax.devices()[:1])(
      tiny.initial(gan, jax.devices()[:1]), data, np.int32(1), game.rng.root(0))
  np.testing.assert_allclose(terms['d/mean'], data.x[0, 1].mean(), rtol=1e-4)
  np.testing.assert_allclose(terms['g/mean'], data.x[0, 2].mean(), rtol=1e-4)
