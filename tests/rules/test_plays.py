"""Ways to play a round: optimised latents, and fakes among the real."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, priors, rng
from jaxgan.losses.adversarial import adversarial
from jaxgan.losses.base import Loss
from jaxgan.rules import latent, pseudo
from jaxgan.types import Batch


class Scaled(nn.Module):
  """G(z) = a z, as an image of 4 elements; D(x) = w x."""
  fake: bool = True

  @nn.compact
  def __call__(self, x, c=None, *, train):
    w = self.param('w', nn.initializers.constant(2. if self.fake else .3), ())
    return w * x if self.fake else (w * x.sum(1), {})


def linear(play, loss, **changes):
  return game.GAN(Scaled(), Scaled(fake=False), priors.uniform(4), loss, optax.sgd(.1),
                  optax.sgd(.1), play=play, **changes)


def terms(gan, role, memory=None):
  """The terms of one player's move, from z and x [8, 4]."""
  x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)

  def f(batch, key):
    state = game.init(gan, batch, key)
    if memory is not None:
      state = state.replace(memory=state.memory | {'augment': memory})
    return game.update(gan, state, batch, key, role)
  mapped = parallel.device_map(f, parallel.mesh(jax.devices()[:4]), (P('data'), P()))
  state, found = mapped(Batch(x), rng.root(0))
  return state, {name: float(value) for name, value in found.items()}, x


def test_latents_move_up_the_slope_of_d_of_g():
  """D(G(z)) = .6 sum z, so g = .6 everywhere and |g|^2 = 1.44."""
  seen = Loss(d=lambda r, m: ({'z': r.z.mean()}, m))
  plain = adversarial(d=lambda real, fake: fake - real, g=lambda real, fake: -fake)
  at = lambda play: terms(linear(play, plain + seen), 'd')[1]['d/z']
  step, z = .9 * .6 / (1.44 + 5.), at(game.play)
  moved = at(latent.latent())
  assert 0 < moved - z <= step + 1e-6
  np.testing.assert_allclose(at(latent.latent(step=.1)) - z, step / 9, rtol=.02)
  assert at(latent.latent(step=1e3)) == 1, 'clipped to the prior'


def test_latents_move_by_maps_of_logits():
  """D(G(z)) = .6 (mean z + sum z) / 2, so g = .375 everywhere and |g|^2 = .5625."""
  class Maps(nn.Module):
    @nn.compact
    def __call__(self, x, c=None, *, train):
      w = self.param('w', nn.initializers.constant(.3), ())
      return [w * x.reshape(-1, 2, 2), w * x.sum(1)], {}
  seen = Loss(d=lambda r, m: ({'z': r.z.mean() + 0 * r.on_fake[0][1].mean()}, m))
  z = [terms(game.GAN(**vars(linear(play, seen)) | {'discriminator': Maps()}), 'd')[1]['d/z']
       for play in (game.play, latent.latent(step=.1))]
  np.testing.assert_allclose(z[1] - z[0], .1 * .375 / (.5625 + 5), rtol=.03)


@pytest.mark.parametrize('role,own', [('d', 'w'), ('g', 'a')])
def test_both_players_learn_through_the_optimised_latents(role, own):
  """The step is lr times the slope of the whole: of w a sum z' - w sum x, z' by w and a too."""
  loss = adversarial(d=lambda real, fake: fake - real, g=lambda real, fake: -fake)
  state, _, x = terms(linear(latent.latent(step=.5, damping=.1), loss), role)
  keys = rng.per_example(rng.named(rng.root(0), 'z'), jnp.arange(8))
  z = np.asarray(priors.uniform(4)(keys, Batch(x))[0], np.float64)

  def value(w=.3, a=2.):
    g = w * a
    better = np.clip(z + .5 * g / (4 * g ** 2 + .1), -1, 1)
    fake = (w * a * better.sum(1)).mean()
    return fake - w * np.float64(x).sum(1).mean() if role == 'd' else -fake
  at = {'w': .3, 'a': 2.}
  slope = (value(**at | {own: at[own] + 1e-6}) - value(**at | {own: at[own] - 1e-6})) / 2e-6
  found = state.d.params['w'] if role == 'd' else state.g.params['w']
  np.testing.assert_allclose(found, at[own] - .1 * slope, rtol=1e-4)
  assert state.g.params['w'] == 2 if role == 'd' else state.d.params['w'] == np.float32(.3)


def test_g_does_not_learn_through_the_fakes_among_the_real():
  pull = Loss(g=lambda r, m: ({'real': r.real.x.mean()}, m))
  gan = linear(pseudo.play, tiny.mlp_gan().loss, augment=pseudo.adaptive())
  one = (jnp.float32(1), jnp.float32(0), jnp.float32(0))
  plain, pulled = (terms(game.GAN(**vars(gan) | {'loss': loss}), 'g', one)[0].g.params
                   for loss in (gan.loss, gan.loss + pull))
  assert tiny.same(plain, pulled)


@pytest.mark.slow
def test_real_images_are_fakes_with_probability_p():
  count = Loss(d=lambda r, m: ({'share': (abs(r.real.x - 9) > 1e-6).any(1).mean()}, m))
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + count, play=pseudo.play,
                     augment=pseudo.adaptive(images=64.), d_tx=optax.sgd(0.))

  def share(p):
    nines = Batch(np.full((400, *tiny.SHAPE), 9, np.float32))

    def f(batch, key):
      state = game.init(gan, batch, key)
      memory = (jnp.float32(p), *state.memory['augment'][1:])
      state = state.replace(memory=state.memory | {'augment': memory})
      return game.update(gan, state, batch, key, 'd')[1]
    mapped = [parallel.device_map(f, parallel.mesh(jax.devices()[:n]), (P('data'), P()))
              for n in (1, 4)]
    one, four = (float(m(nines, rng.root(0))['d/share']) for m in mapped)
    assert abs(one - four) < 1e-6
    return one
  assert share(0.) == 0 and share(1.) == 1 and abs(share(.3) - .3) < .07


def test_pseudo_fakes_adapt_as_d_gets_surer():
  gan = tiny.mlp_gan(play=pseudo.play, augment=pseudo.adaptive(target=-2., images=320.))
  state, _ = tiny.trained(gan, jax.devices()[:4], n=8)
  np.testing.assert_allclose(state.memory['augment'][0], 2 * 4 * 8 / 320, rtol=1e-5)
