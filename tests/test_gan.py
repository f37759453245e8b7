"""The rules of the game: who moves when, from what, and what stays put."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.augment.base import Augment, fixed
from jaxgan.losses import adversarial as adversarial_losses
from jaxgan.losses.adversarial import adversarial
from jaxgan.losses.base import Loss
from jaxgan.nets import layers
from jaxgan.types import Batch, Player


@pytest.mark.parametrize('name', tiny.GANS)
@pytest.mark.parametrize('role,rival', ['dg', 'gd'])
def test_the_rival_does_not_move(name, role, rival):
  before, after, _ = tiny.updated(tiny.GANS[name](), role)
  assert tiny.same(getattr(before, rival), getattr(after, rival))
  moved = jax.tree.map(lambda a, b: not np.array_equal(a, b),
                       getattr(before, role).params, getattr(after, role).params)
  assert jax.tree.all(moved), moved
  stats = getattr(before, role).stats
  assert not stats or tiny.furthest(stats, getattr(after, role).stats) > 0
  assert tiny.same((before.ema, before.step), (after.ema, after.step))


def test_penalties_read_statistics_and_never_move_them():
  """A term that plays D and G again changes no stats."""
  def curious(r, memory):
    again = r.D(*r.real)[0].sum() + r.D(r.G(r.z, r.fake.c), r.fake.c)[0].sum()
    return {'curious': 0 * again}, memory
  plain = tiny.conv_gan()
  nosy = tiny.conv_gan(loss=plain.loss + Loss(d=curious, g=curious))
  for role in 'dg':
    a, b = tiny.updated(plain, role)[1], tiny.updated(nosy, role)[1]
    assert tiny.same((a.d.stats, a.g.stats), (b.d.stats, b.g.stats))


class Average(nn.Module):
  """D whose only statistic is the running mean of its input's pixels."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    x = layers.BatchNorm(momentum=.9, epsilon=1.)(x, train)
    return nn.Dense(1)(x.reshape(len(x), -1))[:, 0], {}


@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
def test_statistics_of_d_see_the_real_batch_then_the_fakes_once(order):
  gan = game.GAN(**{**vars(dirac(order=order)), 'discriminator': Average()})
  state, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  expected = .9 * (.1 * tiny.batches(1).x.mean()) + .1 * 2.
  mean = state.d.stats['batch_stats']['BatchNorm_0']['mean']
  np.testing.assert_allclose(mean, [expected], rtol=1e-5)


class Point(nn.Module):
  """G(z) = theta: Dirac-GAN's generator (Mescheder et al., 2018)."""

  @nn.compact
  def __call__(self, z, c=None, *, train):
    theta = self.param('theta', nn.initializers.constant(2.), ())
    return jnp.full_like(z, theta)


class Slope(nn.Module):
  """D(x) = psi x."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    return self.param('psi', nn.initializers.constant(3.), ()) * x[:, 0, 0, 0], {}


def dirac(**changes):
  """d/dpsi of D's loss is theta - mean(real), d/dtheta of G's is -psi; SGD of 0.1."""
  loss = adversarial(d=lambda real, fake: fake - real, g=lambda real, fake: -fake)
  prior = lambda keys, batch: (jnp.zeros((len(keys), *tiny.SHAPE)), None)
  return game.GAN(Point(), Slope(), prior, loss, optax.sgd(.1), optax.sgd(.1),
                  ema=lambda step: .75, **changes)


@pytest.mark.parametrize('order,d_steps,g_steps', [
    (game.simultaneous, 1, 1), (game.alternating, 1, 1), (game.alternating, 3, 1),
    (game.alternating, 1, 3), (game.alternating, 3, 2)])
def test_moves_by_hand(order, d_steps, g_steps, devices):
  """Which parameters each move sees: the old ones, or those the rival has just made."""
  gan = dirac(order=order, d_steps=d_steps, g_steps=g_steps)
  state, terms = tiny.trained(gan, devices, n=3)
  data = tiny.batches(3, gan.batches).x[..., 0, 0, 0].mean(-1)
  theta, psi, ema = 2., 3., 2.
  for step in range(3):
    old = psi
    for i in range(d_steps):
      d_term = psi * (theta - data[step, i])
      psi -= .1 * (theta - data[step, i])
    seen = old if order is game.simultaneous else psi
    for _ in range(g_steps):
      g_term = -seen * theta
      theta += .1 * seen
    ema = .75 * ema + .25 * theta
  found = (state.g.params['theta'], state.d.params['psi'], state.ema['params']['theta'],
           terms['d/adversarial'], terms['g/adversarial'])
  np.testing.assert_allclose(found, (theta, psi, ema, d_term, g_term), rtol=1e-5)
  assert state.step == 3


def test_simultaneous_play_refuses_several_moves():
  with pytest.raises(ValueError, match='d_steps=2'):
    dirac(order=game.simultaneous, d_steps=2)
  with pytest.raises(ValueError, match='g_steps=2 is for order=alternating'):
    dirac(order=game.simultaneous, g_steps=2)
  with pytest.raises(ValueError, match='g_steps must be at least 1, not 0'):
    dirac(g_steps=0)


@pytest.mark.parametrize('d_steps,g_steps,seen', [(1, 3, [0, 1, 2]), (3, 2, [1, 2])])
def test_each_of_gs_moves_has_a_batch_and_noise_of_its_own(d_steps, g_steps, seen):
  """A G that adds up what it has seen: the last batches, each with other z."""
  def remember(r, memory):
    return {'x': r.real.x.mean()}, (memory[0] + r.real.x.mean(), memory[1] * r.z[0, 0])
  loss = Loss(g=remember, init=lambda: (jnp.zeros(()), jnp.ones(())))
  gan = tiny.mlp_gan(loss=loss, d_steps=d_steps, g_steps=g_steps)
  state, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  total, product = state.memory['loss']
  means = tiny.batches(1, gan.batches).x[0].mean((1, 2, 3, 4))
  np.testing.assert_allclose(total, means[seen].sum(), rtol=1e-5)
  z = [rng.per_example(rng.named(rng.named(jax.random.fold_in(rng.root(0), 0), name), 'z'),
                       np.arange(1)) for name in ('g', 'g1', 'g2')[:g_steps]]
  drawn = [gan.prior(keys, Batch(None))[0][0, 0] for keys in z]
  np.testing.assert_allclose(product, np.prod(drawn), rtol=1e-5)


def test_a_prior_sees_no_real_example():
  """Samples are drawn without: what works in training must work there."""
  gan = tiny.mlp_gan(prior=lambda keys, batch: (batch.x[:, 0, 0, 0, None], None))
  with pytest.raises(ValueError, match='what G is to see must be in c'):
    tiny.initial(gan, jax.devices()[:1])
  wrong = tiny.mlp_gan(prior=lambda keys, batch: (keys.nothing, None))
  with pytest.raises(AttributeError, match='nothing'):
    tiny.initial(wrong, jax.devices()[:1])


def test_ema_averages_statistics_too():
  gan = tiny.conv_gan()
  state, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  first = tiny.initial(gan, jax.devices()[:1])
  expected = jax.tree.map(lambda a, b: .9 * a + .1 * b, game.averaged(first.g),
                          game.averaged(state.g))
  assert tiny.furthest(state.ema, expected) < 1e-6
  assert tiny.furthest(state.ema['stats'], first.g.stats) > 0


def test_lerp_takes_counters_as_they_are():
  assert game.lerp(jnp.int32(3), jnp.int32(8), .9) == 8


def test_warm_up_of_the_average():
  decay = game.warmed_up(.999)
  np.testing.assert_allclose([decay(0), decay(90), decay(10**6)], [.1, .91, .999])


@pytest.mark.parametrize('name', tiny.GANS)
def test_any_split_into_calls_gives_the_same_bits(name, devices):
  gan = tiny.GANS[name](g_tx=optax.adam(1e-3), d_tx=optax.adam(1e-3))
  advance, key = tiny.steps(gan, devices), jax.random.key(0)
  data = tiny.batches(5)
  whole, _ = advance(tiny.initial(gan, devices), data, np.int32(5), key)
  state, start = tiny.initial(gan, devices), 0
  for n in (1, 3, 1):
    rolled = jax.tree.map(lambda a: np.roll(a, -start, axis=0), data)
    state, _ = advance(state, rolled, np.int32(n), key)
    start += n
  assert tiny.same(whole, state)


@pytest.mark.parametrize('name', tiny.GANS)
@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
def test_no_key_is_used_twice(name, order):
  """Tracing is enough: the checker follows keys through the program."""
  gan = tiny.GANS[name](order=order)
  with jax.debug_key_reuse(True):
    state, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  assert state.step == 1


def test_noise_is_fresh_each_step_and_for_each_move():
  """A G that only repeats z shows which noise each move saw."""
  seen = lambda r, memory: ({'z': r.z[0, 0]}, memory)
  gan = tiny.mlp_gan(loss=Loss(d=seen, g=seen), d_steps=1)
  _, one = tiny.trained(gan, jax.devices()[:1], n=1)
  _, two = tiny.trained(gan, jax.devices()[:1], n=2)
  values = [one['d/z'], one['g/z'], two['d/z'], two['g/z']]
  assert len(set(map(float, values))) == 4


def test_augmentation_stands_before_every_judgement_and_adapts():
  from jaxgan.augment.base import Augment
  shift = Augment(lambda: jnp.ones(()), lambda keys, x, p: x + p,
                  lambda p, real_logits: p + real_logits.mean())
  seen = lambda r, memory: ({'once': r.on_real[0].mean(), 'again': r.D(*r.real)[0].mean()},
                            memory)
  gan = dirac(augment=shift)
  gan = game.GAN(**{**vars(gan), 'loss': gan.loss + Loss(d=seen)})
  before, after, terms = tiny.updated(gan, 'd')
  logit = 3 * (tiny.batches().x[0, 0, :, 0, 0, 0].mean() + 1)
  np.testing.assert_allclose((terms['d/once'], terms['d/again']), logit, rtol=1e-5)
  np.testing.assert_allclose(after.memory['augment'], 1 + logit, rtol=1e-5)
  assert before.memory['augment'] == 1
  assert tiny.updated(gan, 'g')[1].memory['augment'] == 1


def test_players_hold_what_was_asked_for():
  state = tiny.initial(tiny.conv_gan(), jax.devices()[:1])
  assert isinstance(state.g, Player) and set(state.g.stats) == {'batch_stats'}
  assert state.step == 0 and tiny.same(state.ema, game.averaged(state.g))


class Spectral(nn.Module):
  """D of one spectrally normalised layer: shows its logits."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    return layers.spectral(nn.Dense(1), train)(x.reshape(len(x), -1))[:, 0], {}


@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
def test_spectral_norm_moves_once_a_round(order):
  """u after D's move is one power step from u before, not two; real and fake logits come from
  one sigma, as if D had judged both in one batch."""
  far = lambda a, b: jnp.abs(a - b).max()
  seen = Loss(d=lambda r, m: ({'apart': far(r.on_real[0], r.D(*r.real)[0])
                               + far(r.on_fake[0], r.D(*r.fake)[0])}, m))
  gan = tiny.gan(tiny.mlp.Generator((8,), tiny.SHAPE), Spectral(), order=order,
                 loss=tiny.mlp_gan().loss + seen)
  state = tiny.initial(gan, jax.devices()[:1])
  after, terms = tiny.trained(gan, jax.devices()[:1], n=1)
  assert terms['d/apart'] < 1e-6
  (u,), (moved,) = ([a for a in jax.tree.leaves(s.d.stats) if a.ndim] for s in (state, after))
  w = np.asarray(state.d.params['Dense_0']['kernel'])
  v = u @ w.T / np.linalg.norm(u @ w.T)
  np.testing.assert_allclose(moved, v @ w / np.linalg.norm(v @ w), rtol=1e-5)


def test_spectral_norm_counts_one_step_a_round():
  """A tall matrix, for which each power step turns u."""
  class Wide(nn.Module):
    @nn.compact
    def __call__(self, x, c=None, *, train):
      h = layers.spectral(nn.Dense(6), train)(x.reshape(len(x), -1))
      return h.sum(1), {}
  gan = tiny.gan(tiny.mlp.Generator((8,), tiny.SHAPE), Wide(), d_tx=optax.sgd(0.))
  state = tiny.initial(gan, jax.devices()[:1])
  after, _ = tiny.trained(gan, jax.devices()[:1], n=3)
  (u,), (moved,) = ([a for a in jax.tree.leaves(s.d.stats) if a.ndim] for s in (state, after))
  w, u = np.asarray(state.d.params['Dense_0']['kernel'], np.float64), np.float64(u)
  for _ in range(3):
    v = u @ w.T / np.linalg.norm(u @ w.T)
    u = v @ w / np.linalg.norm(v @ w)
  np.testing.assert_allclose(moved, u, atol=1e-5)


def test_what_d_says_of_real_examples_does_not_depend_on_the_fakes():
  """Batch norm sees the real batch and the fakes apart."""
  seen = Loss(d=lambda r, m: ({'logit': r.on_real[0].mean()}, m))
  plain = tiny.conv_gan()
  logits = [tiny.updated(tiny.conv_gan(loss=plain.loss + seen, prior=prior), 'd')[2]['d/logit']
            for prior in (plain.prior, lambda keys, b: (9 * jnp.ones((len(keys), 4)), b.c))]
  assert logits[0] == logits[1]


@pytest.mark.parametrize('net', [
    tiny.dcgan.Discriminator((4, 4), 3), tiny.mlp.Discriminator((8,), jnp.tanh),
    tiny.mlp.Autoencoder((8, 2))])
def test_examples_are_judged_apart(net):
  x = tiny.batches(1).x[0, 0]
  variables = net.init(jax.random.key(0), x, train=False)
  D = lambda x: net.apply(variables, x, train=False)[0]
  np.testing.assert_allclose(D(x)[2:3], D(x[2:3]), rtol=1e-5, atol=1e-6)


def test_fakes_have_the_conditions_of_the_data():
  """As many of each class as the batch has: labels cannot tell the fakes."""
  c = np.array([0, 0, 0, 1, 0, 2, 0, 0])
  gan = tiny.mlp_gan()
  _, fakes = gan.prior(game.rng.per_example(game.rng.root(0), np.arange(8)), Batch(None, c))
  np.testing.assert_array_equal(fakes, c)


def test_learning_rates_and_accumulation_are_optaxs():
  """Two steps of accumulated gradients make one move, of their mean."""
  both = optax.MultiSteps(optax.sgd(.05), 2)
  state, _ = tiny.trained(tiny.mlp_gan(d_tx=both, g_tx=optax.sgd(0.)), jax.devices()[:1], n=1)
  first = tiny.initial(tiny.mlp_gan(), jax.devices()[:1])
  assert tiny.same(state.d.params, first.d.params)
  state, _ = tiny.trained(tiny.mlp_gan(d_tx=both, g_tx=optax.sgd(0.)), jax.devices()[:1], n=2)
  assert tiny.furthest(state.d.params, first.d.params) > 1e-4


def remembering():
  """A loss that remembers how often each player moved and what it saw, and an augmentation that
  remembers the mean of D's logits of what it takes for real."""
  mean = lambda round: game.axis.mean(round.on_real[0].mean())
  loss = Loss(d=lambda r, m: ({}, (m[0] + mean(r), m[1])),
              g=lambda r, m: ({}, (m[0], m[1] + 1)),
              init=lambda: (jnp.zeros(()), jnp.zeros(())))
  augment = Augment(lambda: jnp.zeros(()), lambda keys, x, m: x,
                    lambda m, real: m + real.mean())
  return dict(loss=adversarial_losses.wasserstein() + loss, augment=augment)


@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
def test_both_memories_move_with_their_players(order, devices):
  """What D remembers is its mean logit of real examples, which the log shows, in either order;
  and so does the augmentation."""
  gan = tiny.conv_gan(order=order, **remembering())
  after, terms = tiny.trained(gan, devices, n=1)
  _, (seen, g_moves) = after.memory['loss']
  assert g_moves == 1 and terms['d/real'] != terms['d/fake']
  np.testing.assert_allclose(seen, terms['d/real'], rtol=1e-5)
  np.testing.assert_allclose(after.memory['augment'], terms['d/real'], rtol=1e-5)


class Noisy(nn.Module):
  """A D whose logits are noise of its own, whatever it sees."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    self.param('w', nn.initializers.zeros, ())
    keys = rng.per_example(self.make_rng('noise'), game.axis.example_ids(len(x)))
    return jax.vmap(jax.random.normal)(keys), {}


def test_real_and_fake_have_noise_of_their_own():
  """D's, and the augmentation's: else what is alike cancels in their difference."""
  seen = lambda gan: [float(tiny.updated(gan, 'd')[2][name]) for name in ('d/real', 'd/fake')]
  real, fake = seen(tiny.gan(tiny.mlp_gan().generator, Noisy(),
                             loss=adversarial_losses.wasserstein()))
  assert abs(real - fake) > .01
  only_noise = fixed(lambda keys, x: jax.vmap(
      lambda key: jax.random.normal(key, x.shape[1:]))(keys))
  real, fake = seen(tiny.mlp_gan(augment=only_noise, loss=adversarial_losses.wasserstein()))
  assert abs(real - fake) > 1e-4


def test_each_of_ds_moves_draws_noise_of_its_own():
  """D's gradient is the mean of z, whatever its weights: two moves by one noise would go twice
  as far as one."""
  loss = Loss(d=lambda r, m: ({'z': r.z.mean() * r.D(jnp.ones_like(r.real.x), None)[0].mean()},
                              m))
  prior = lambda keys, batch: (jax.vmap(lambda key: jax.random.normal(key, tiny.SHAPE))(keys),
                               None)
  far = {}
  for d_steps in (1, 2):
    gan = game.GAN(**vars(dirac(d_steps=d_steps)) | {'prior': prior, 'loss': loss})
    start = tiny.initial(gan, jax.devices()[:1])
    batches = jax.tree.map(lambda a, n=d_steps: np.repeat(a[:, :1], n, 1), tiny.batches(1))
    after, _ = tiny.steps(gan, jax.devices()[:1])(start, batches, np.int32(1), rng.root(0))
    far[d_steps] = float(after.d.params['psi'] - start.d.params['psi'])
  assert abs(far[1]) > 1e-4 and abs(far[2] - 2 * far[1]) > 1e-4


class Loud(nn.Module):
  """D(x) = psi mean x + N(0, 1), one draw a pass."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    psi = self.param('psi', nn.initializers.constant(3.), ())
    noise = jax.random.normal(self.make_rng('noise'), (1,))
    return psi * x.reshape(len(x), -1).mean(1) + noise, {}


@pytest.mark.parametrize('where', ['D', 'augment'])
def test_real_and_fake_and_again_have_noise_of_their_own(where):
  """On one image, the data's and G's: all that differs is noise. It is that of the first pass
  where a penalty asks for it."""
  noise = jax.vmap(lambda key, x: x + jax.random.normal(key, ()))
  far = lambda a, b: jnp.abs(a - b).min()
  apart = lambda r, name: jnp.abs(
      getattr(r, f'on_{name}')[0] - r.D(*getattr(r, name), draws=name)[0]).max()
  seen = Loss(d=lambda r, m: ({
      'as real': apart(r, 'real'), 'as fake': apart(r, 'fake'),
      'fake': far(r.on_real[0], r.on_fake[0]), 'again': far(r.on_real[0], r.D(*r.real)[0]),
      'again fake': far(r.on_fake[0], r.D(*r.real)[0])}, m))
  change = ({'discriminator': Loud()} if where == 'D' else
            {'augment': fixed(lambda keys, x: noise(keys, x))})
  gan = game.GAN(**vars(dirac()) | {'loss': seen} | change)

  def f(batch, key):
    state = game.axis.vary(game.init(gan, batch, key))
    return game.axis.mean(gan.loss.d(gan.play(gan, state, batch, key)[0], ())[0])
  twos = Batch(np.full((8, *tiny.SHAPE), 2, np.float32))
  found = parallel.device_map(f, parallel.mesh(jax.devices()[:1]), (P('data'), P()))(
      twos, game.rng.root(0))
  assert found.pop('as real') == found.pop('as fake') == 0
  assert min(found.values()) > 1e-4, found


def test_the_average_follows_its_schedule_from_step_0():
  """Decay 0 at step 0 and 1 from then on: G after the first step, for ever."""
  gan = tiny.conv_gan()
  gan = game.GAN(**vars(gan) | {'ema': lambda step: jnp.minimum(step, 1).astype(float)})
  one, three = (tiny.trained(gan, jax.devices()[:1], n=n)[0] for n in (1, 3))
  assert tiny.furthest(three.ema, game.averaged(one.g)) < 1e-7
  assert tiny.furthest(three.ema, game.averaged(three.g)) > 1e-4


def test_samples_are_of_the_average_with_its_statistics():
  gan = tiny.conv_gan()
  state, z = tiny.initial(gan, jax.devices()[:1]), jnp.ones((3, 4))
  far = jax.tree.map(lambda a: a + .5, state.ema)
  expected = gan.generator.apply({'params': far['params'], **far['stats']}, z, None,
                                 train=False)
  np.testing.assert_allclose(game.sample(gan, far, z, None), expected, rtol=1e-6)
  assert abs(game.sample(gan, state.ema, z, None) - expected).max() > 1e-3


def test_players_start_apart():
  """One network for both would begin with two sets of numbers."""
  class Same(nn.Module):
    @nn.compact
    def __call__(self, x, c=None, *, train):
      y = nn.Dense(4, name='same')(x)
      return y if x.shape[0] == 2 and c is None else (y, {})
  prior = lambda keys, batch: (jnp.ones((len(keys), 4)), None)
  gan = tiny.gan(Same(), Same(), prior=prior)
  state = game.init(gan, Batch(jnp.ones((2, 4))), game.rng.root(0))
  assert tiny.furthest(state.g.params, state.d.params) > .1


def test_a_player_without_moves_is_refused():
  with pytest.raises(ValueError, match='d_steps must be at least 1, not 0'):
    dirac(d_steps=0)


def test_a_network_without_parameters_plays():
  """G may be a fixed simulator: D learns, G stays."""
  class Fixed(nn.Module):
    @nn.compact
    def __call__(self, z, c=None, *, train):
      return jnp.tanh(jnp.zeros((len(z), *tiny.SHAPE)) + z.mean(1)[:, None, None, None])
  plain = tiny.mlp_gan()
  gan = tiny.gan(Fixed(), plain.discriminator, prior=plain.prior)
  before = jax.tree.map(np.asarray, tiny.initial(gan, jax.devices()[:1]))
  after, terms = tiny.trained(gan, jax.devices()[:1], n=2)
  assert tiny.furthest(before.d.params, after.d.params) > 0
  assert not after.g.params and terms['g/skipped'] == 0
