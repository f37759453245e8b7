"""Numbers that are not finite: the update is left out, counted, and at last the run ends."""
import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import linen as nn
from jax.sharding import PartitionSpec as P

from jaxgan import experiment, optimisers, parallel, rng, sharded
from jaxgan import gan as game
from jaxgan.data import digits
from jaxgan.io import files
from jaxgan.io.errors import Failure
from jaxgan.losses import lecam
from jaxgan.losses.base import Loss
from jaxgan.rules import resting
from jaxgan.rules.extragradient import extragradient
from jaxgan.run import checkpoint, loop
from jaxgan.types import Paths


def bomb(role, kind='value', last=100):
  """A term that is not finite, or has no finite gradient, in steps 1 to `last`."""
  def term(r, memory):
    bad = (r.step >= 1) & (r.step <= last)
    x = r.on_fake[0].mean()
    if kind == 'value':
      return {'bomb': jnp.where(bad, jnp.nan, 0.) + 0 * x}, memory
    return {'bomb': 0 * jnp.sqrt(jnp.where(bad, x * 0, x ** 2 + 1))}, memory
  return Loss(**{role: term})


@pytest.fixture(params=['branch', 'choice'])
def form(request, monkeypatch):
  """How an update is left out: as on CPUs, and as elsewhere."""
  if request.param == 'choice':
    monkeypatch.setattr(game.axis, 'on_cpu', lambda: False)


@pytest.mark.usefixtures('form')
@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
@pytest.mark.parametrize('kind,role,rival', [
    ('gradient', *'gd'), *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        ('value', *'dg'), ('value', *'gd'), ('gradient', *'dg')))])
def test_the_update_is_left_out(kind, role, rival, order):
  """Nothing of the player moves, nor G's average with G; the rival goes on, unless both
  pull on one shared backward pass, where 0 times NaN reaches it too."""
  plain = tiny.conv_gan(d_tx=optax.adam(1e-2), g_tx=optax.adam(1e-2), order=order)
  gan = tiny.conv_gan(d_tx=plain.d_tx, g_tx=plain.g_tx, order=order,
                      loss=plain.loss + bomb(role, kind))
  one, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  three, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert tiny.same(getattr(one, role), getattr(three, role))
  assert (terms[f'{role}/skipped'], terms[f'{role}/skipped_in_a_row']) == (2, 2)
  if kind == 'value' or order is game.alternating:
    assert not tiny.same(getattr(one, rival).params, getattr(three, rival).params)
    assert tiny.same(one.ema, three.ema) == (role == 'g')
    assert terms[f'{rival}/skipped'] == 0 and three.step == 3
  assert all(np.isfinite(a).all() for a in jax.tree.leaves(three))


@pytest.mark.parametrize('role,counted', [('d', 11), ('g', 13)])
@pytest.mark.parametrize('order', [game.simultaneous, extragradient])
def test_a_skipped_half_of_a_round_moves_no_memory(order, role, counted):
  """D's move counts 1, G's 10. G's memory is of a round that D was in, so without D it stays;
  without G, D's count goes on. Step 0 is good; steps 1 and 2 are not."""
  none = lambda r: {'none': 0 * r.on_fake[0].mean()}
  count = Loss(d=lambda r, m: (none(r), m + 1), g=lambda r, m: (none(r), m + 10),
               init=lambda: jnp.zeros(()))
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + count + bomb(role), order=order)
  state, _ = tiny.trained(gan, jax.devices()[:1], n=3)
  each = 2 if order is extragradient else 1  # a look ahead, and the move
  assert [float(a) for a in jax.tree.leaves(state.memory['loss'])] == [each * counted]


def test_the_count_of_a_row_ends_with_it():
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + bomb('d', last=2))
  _, terms = tiny.trained(gan, jax.devices(), n=5)
  assert (terms['d/skipped'], terms['d/skipped_in_a_row']) == (2, 0)


def test_a_zero_gradient_without_epsilon_moves_nothing():
  """0 / sqrt(0): the gradient is finite, what Adam makes of it is not."""
  gan = tiny.mlp_gan(loss=Loss(), d_tx=optax.adam(1e-2, eps=0))
  before = jax.tree.map(np.asarray, tiny.initial(gan, jax.devices()[:1]))
  after, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert tiny.same(before.d, after.d) and terms['d/skipped'] == 3
  assert terms['g/skipped'] == 0


def nan_at(step):
  return lambda count: jnp.where(count == step, jnp.nan, .01)


@pytest.mark.parametrize('divide', [False, True])
@pytest.mark.parametrize('tx,skipped', [
    (optax.sgd(float('nan')), 4), (optax.sgd(float('inf')), 4),
    (optax.sgd(nan_at(1)), 3),  # its count of moves stays too
    (optax.chain(optax.scale(1e25), optax.scale_by_adam()), 4),  # the second moment overflows
    (optax.chain(optax.scale(1e25), optax.scale_by_rss()), 4),  # and then every move is 0
    (optax.adamw(1e-3, weight_decay=float('nan')), 4)])
def test_what_the_optimiser_makes_of_a_gradient(tx, skipped, divide):
  """No part of the player moves, optimiser included, and each is counted."""
  devices = jax.devices() if divide else jax.devices()[:1]
  gan = tiny.mlp_gan(d_tx=tx)
  before = jax.tree.map(np.asarray, tiny.initial(gan, devices))
  if divide:
    specs = sharded.specs(jax.eval_shape(lambda: before), len(devices))
    gan = dataclasses.replace(gan, sharded=specs)
    step = functools.partial(game.train_steps, gan, lambda batch: batch)
    mesh = parallel.mesh(devices)
    advance = parallel.device_map(step, mesh, (specs, parallel.BATCHES, P(), P()),
                                  out_specs=(specs, P()))
    state = parallel.place(before, mesh, specs)
    after, terms = jax.tree.map(np.asarray, advance(state, tiny.batches(4), np.int32(4),
                                                    rng.root(0)))
  else:
    after, terms = tiny.trained(gan, devices, n=4)
  assert terms['d/skipped'] == skipped and terms['g/skipped'] == 0
  assert (skipped < 4) or tiny.same(before.d, after.d)
  assert all(np.isfinite(a).all() for a in jax.tree.leaves(after))


@pytest.mark.parametrize('decay', [float('nan'), 1.5, -.1])
def test_an_average_that_would_not_be_one(decay):
  """G's update is left out with it, from the step in which it is so."""
  gan = tiny.mlp_gan(ema=lambda step: jnp.where(step == 2, decay, .9))
  two, _ = tiny.trained(gan, jax.devices()[:1], n=2)
  three, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert tiny.same((two.g, two.ema), (three.g, three.ema)) and terms['g/skipped'] == 1


def test_an_average_of_the_largest_numbers():
  most = np.finfo(np.float32).max
  mixed = game.lerp(jnp.float32(most), jnp.float32(-most), jnp.float32(.75))
  assert mixed == pytest.approx(most / 2)


def test_infinities_that_an_optimiser_starts_with_may_stay():
  """As optax.contrib.reduce_on_plateau's best value."""
  tx = optax.GradientTransformation(lambda params: jnp.full(3, jnp.inf),
                                    lambda g, state, params: (jax.tree.map(
                                        lambda a: -.05 * a, g), state))
  state, terms = tiny.trained(tiny.mlp_gan(d_tx=tx), jax.devices()[:1], n=2)
  assert terms['d/skipped'] == 0 and np.isinf(state.d.opt).all()


PIECES = {
    'scale': lambda draw: optax.scale(10. ** draw.integers(-40, 40)),
    'momentum': lambda draw: optax.trace(draw.choice([.5, 1., 1e12])),
    'adam': lambda draw: optax.scale_by_adam(b2=draw.choice([.9, .999, 1.]), eps=0.),
    'rss': lambda draw: optax.scale_by_rss(0., 0.),
    'factored': lambda draw: optax.scale_by_factored_rms(min_dim_size_to_factor=2),
    'schedule': lambda draw: optax.scale_by_schedule(nan_at(draw.integers(0, 4))),
    'cosine': lambda draw: optax.scale_by_schedule(optimisers.cosine(1., .1, 0)),
    'decay': lambda draw: optax.add_decayed_weights(10. ** draw.integers(-3, 38))}


@pytest.mark.parametrize('seed', range(12))
def test_no_optimiser_breaks_the_state(seed):
  draw = np.random.default_rng(seed)
  chain = lambda: optax.chain(*[PIECES[name](draw) for name in
                                draw.choice(list(PIECES), draw.integers(1, 4))])
  gan = tiny.mlp_gan(g_tx=chain(), d_tx=chain())
  state, terms = tiny.trained(gan, jax.devices()[:1], n=6)
  assert all(np.isfinite(a).all() for a in jax.tree.leaves(state))
  assert state.step == 6 and {int(terms['g/skipped']), int(terms['d/skipped'])} <= set(range(7))


def run(**changes):
  loss = tiny.mlp_gan().loss + bomb('g', last=10**6)
  one = experiment.Experiment(
      tiny.mlp_gan(loss=loss), digits.load(), batch=8, steps=1000, log_every=5, save_every=5,
      eval_every=0, sample_every=0, **changes)
  return experiment.Run('digits', {}, one)


def test_a_run_that_cannot_go_on_ends(tmp_path):
  message = r'updates of g in a row, from step 2 to .*g/bomb = nan'
  with pytest.raises(Failure, match=message) as e:
    loop.train([run(max_nonfinite=20)], [tmp_path], Paths())
  assert e.value.code == 3
  assert [r['g/skipped'] for r in files.read(tmp_path / 'metrics.jsonl')][:3] == [4, 9, 14]
  newest = checkpoint.steps(tmp_path / 'checkpoints')[-1]
  state = checkpoint.verified(tmp_path / 'checkpoints' / str(newest))
  assert all(np.isfinite(a).all() for a in state.values())


def test_what_a_loss_remembers_rests_with_its_update():
  """LeCam's averages, in a step whose terms are not finite."""
  loss = tiny.mlp_gan().loss + lecam.lecam(.3) + bomb('d')
  one, three = (tiny.trained(tiny.mlp_gan(loss=loss), jax.devices()[:1], n=n)[0]
                for n in (1, 3))
  averages = jax.tree.leaves(one.memory['loss'])
  assert len(averages) == 2 and all(a != 0 for a in averages)
  assert tiny.same(one.memory, three.memory) and not tiny.same(one.g, three.g)


class Counting(nn.Module):
  """A D whose statistics, and nothing else, are NaN from its second move on."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    moves = self.variable('moves', 'count', jnp.zeros, ())
    if loop and not self.is_initializing():
      moves.value = jnp.where(moves.value >= 1, jnp.nan, moves.value + .5)
    return nn.Dense(1)(x.reshape(len(x), -1))[:, 0], {}


def test_statistics_alone_that_are_not_finite():
  """Two looks a round, real and fake: the first move ends at 1, the second at NaN."""
  gan = tiny.gan(tiny.mlp_gan().generator, Counting())
  state, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert terms['d/skipped'] > 0 and np.isfinite(state.d.stats['moves']['count'])


def test_memory_alone_that_is_not_finite():
  spoils = Loss(d=lambda r, m: ({}, m + jnp.where(r.step == 1, jnp.inf, 1.)),
                init=lambda: jnp.zeros(()))
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + spoils)
  state, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert terms['d/skipped'] == 1 and state.memory['loss'][1] == 2


def test_the_average_rests_with_g_where_its_decay_is_none():
  """G has no move in the second step, which could be left out."""
  gan = tiny.mlp_gan(order=resting.alternating(lambda step: step == 1),
                     ema=lambda step: jnp.where(step == 1, jnp.nan, .9))
  one, two = (tiny.trained(gan, jax.devices()[:1], n=n)[0] for n in (1, 2))
  assert tiny.same(one.ema, two.ema)


def test_the_run_ends_with_as_many_in_a_row_as_are_allowed(tmp_path):
  terms = {'d/skipped_in_a_row': np.int32(0), 'g/skipped_in_a_row': np.int32([1, 4])}
  loop.check_finite((9, terms), 5, [tmp_path])
  with pytest.raises(Failure, match='4 updates of g in a row, from step 6 to 9, .* optimiser'):
    loop.check_finite((9, terms), 4, [tmp_path])
