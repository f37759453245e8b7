"""Fading in: what a network of twice the resolution is at first, on its way, and after."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, priors, rng
from jaxgan.io import trees
from jaxgan.losses import adversarial
from jaxgan.nets import progressive, resnet
from jaxgan.rules.progressive import fading
from jaxgan.run import transfer
from jaxgan.types import Batch

KEY = jax.random.key(0)
HOW = dict(channel_base=64, channel_max=8)


def grown(variables, moves):
  return {**variables, 'progress': {'moves8': jnp.int32(moves)}}


def test_g_goes_from_the_old_image_to_the_new():
  g, z = progressive.Generator((8, 8, 3), 4, **HOW), jax.random.normal(KEY, (3, 6))
  variables = g.init(KEY, z, train=False)
  at = lambda moves: g.apply(grown(variables, moves), z, train=False)
  small = progressive.Generator((4, 4, 3), 0, **HOW)
  kept = {name: variables['params'][name] for name in small.init(KEY, z, train=False)['params']}
  old = small.apply({'params': kept}, z, train=False)
  np.testing.assert_allclose(at(0), resnet.doubled(old), atol=1e-6)
  np.testing.assert_allclose(at(1), at(0) + (at(4) - at(0)) / 4, atol=1e-6)
  np.testing.assert_array_equal(at(4), at(9))
  assert abs(at(4) - at(0)).max() > .01


def test_d_sees_the_small_image_at_first():
  d = progressive.Discriminator(4, **HOW)
  x = jax.random.normal(KEY, (4, 8, 8, 3))
  variables = d.init(KEY, x, train=False)
  at = lambda moves, x: d.apply(grown(variables, moves), x, train=False)[0]
  blurred = resnet.doubled(resnet.halved(x))
  np.testing.assert_allclose(at(0, x), at(0, blurred), atol=1e-5)
  assert abs(at(4, x) - at(4, blurred)).max() > 1e-4


def gan(size, fade):
  return game.GAN(progressive.Generator((size, size, 1), fade, **HOW),
                  progressive.Discriminator(fade, **HOW), priors.normal(4),
                  adversarial.wasserstein(), optax.sgd(.01), optax.sgd(.01), play=fading(fade))


@pytest.mark.slow
def test_moves_are_counted_and_reals_are_as_blurred():
  one, x = gan(8, 4), tiny.batches(1).x[0, 0]

  def f(batch, key):
    state = game.init(one, batch, key)
    for _ in range(3):
      seen = one.play(one, game.axis.vary(state), batch, key)[0].real.x
      state, _ = game.alternating(one, state, jax.tree.map(lambda a: a[None], batch), key)
    return state.g.stats, state.d.stats, game.axis.mean(seen)
  mapped = parallel.device_map(f, parallel.mesh(jax.devices()[:1]), (P('data'), P()))
  g, d, seen = mapped(Batch(x), rng.root(0))
  assert g['progress']['moves8'] == d['progress']['moves8'] == 3
  low = resnet.doubled(resnet.halved(x))
  np.testing.assert_allclose(seen, low + 2 / 4 * (x - low), atol=1e-5)  # before the third


def test_the_next_resolution_takes_over_what_it_has(tmp_path, monkeypatch):
  """All layers of the smaller networks, and not how far they had faded in."""
  init = lambda one, size: jax.tree.map(np.asarray, parallel.device_map(
      lambda key: game.init(one, Batch(jnp.zeros((2, size, size, 1))), key),
      parallel.mesh(jax.devices()[:1]), (P(),))(rng.root(size)))
  small, large = init(gan(4, 0), 4), init(gan(8, 4), 8)
  monkeypatch.setattr(transfer, 'newest', lambda workdir: tmp_path)
  monkeypatch.setattr(transfer.checkpoint, 'verified',
                      lambda path: trees.leaves(small))
  found = transfer.carried(large, 'before')
  for role in 'gd':
    old, new = (getattr(state, role).params for state in (small, found))
    for name in old:
      assert tiny.same(old[name], new[name]), name
    fresh = new.keys() - old.keys()
    assert fresh and all('8' in name for name in fresh)
  assert found.g.stats['progress']['moves8'] == 0
