"""Penalties as moves of their own."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny

from jaxgan.augment.base import Augment
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss
from jaxgan.losses.lecam import lecam
from jaxgan.rules import lazy
from jaxgan.run import periodic

ONE = jax.devices()[:1]


def gan(d_every, g_every=0, extra=penalties.r1(1.), **changes):
  loss, more = lazy.split(adversarial.non_saturating() + lecam(.1), extra)
  return tiny.mlp_gan(loss=loss, order=lazy.alternating(more, d_every, g_every), **changes)


def test_d_moves_once_more_by_its_penalty_alone_that_many_times_as_strong():
  """With no step of SGD but that one: the change is -lr k dR1/dw, of a D else still."""
  loss, more = lazy.split(Loss(d=lambda r, m: ({'none': 0 * r.on_real[0].sum()}, m)),
                          penalties.r1(1.))
  found = {}
  for k in (1, 3):
    one = tiny.mlp_gan(loss=loss, order=lazy.alternating(more, k, 0), d_tx=optax.sgd(.1))
    start = tiny.initial(one, ONE).replace(step=np.int32(k - 1))
    before = jax.tree.map(np.asarray, start)
    state, terms = jax.tree.map(np.asarray, tiny.steps(one, ONE)(
        start, tiny.batches(1), np.int32(1), tiny.rng.root(0)))
    found[k] = jax.tree.map(lambda a, b: (b - a) / k, before.d.params, state.d.params)
    assert terms['d/r1'] > 0
  assert tiny.furthest(found[1], found[3]) < 1e-6 < max(
      abs(a).max() for a in jax.tree.leaves(found[1]))


def test_between_there_is_no_move_and_the_others_are_the_plain_ones():
  """In steps 2 and 3 of every 4 nothing differs: states from one start agree. What was not
  played is marked so."""
  plain = tiny.mlp_gan(loss=lazy.split(adversarial.non_saturating() + lecam(.1),
                                       penalties.r1(1.))[0])
  states = {}
  for name, one in (('plain', plain), ('lazy', gan(4))):
    start = tiny.initial(one, ONE).replace(step=jax.numpy.int32(1))
    states[name], terms = jax.tree.map(np.asarray, tiny.steps(one, ONE)(
        start, tiny.batches(2), np.int32(2), tiny.rng.root(0)))
  assert tiny.furthest(states['plain'].d, states['lazy'].d) < 1e-7
  assert not terms['d/r1?'] and terms['d/skipped'] == 0
  shown = periodic.played(terms)
  assert 'd/r1' not in shown and {'d/adversarial', 'd/gradient_norm'} <= shown.keys()


@pytest.mark.slow
def test_one_and_four_devices_agree_and_both_players_can_be_penalised():
  extra = penalties.r1(1.) + Loss(g=lambda r, m: ({'small': (r.fake.x ** 2).mean()}, m))
  one, four = (tiny.trained(gan(2, 3, extra), jax.devices()[:n], 6) for n in (1, 4))
  assert tiny.furthest(one, four) < 2e-5
  assert one[1]['g/small'] > 0 and 'd/lecam' in one[1]


def test_a_move_by_penalties_does_not_adapt_the_augmentation():
  counting = Augment(lambda: jax.numpy.zeros(()), lambda keys, x, n: x, lambda n, real: n + 1)
  state, _ = tiny.trained(gan(1, augment=counting), ONE, 3)
  assert state.memory['augment'] == 3


def test_a_penaltys_move_is_in_every_kth_step_with_noise_of_its_own():
  """Of steps 0 to 5, by the z that the penalty has seen: it remembers the last two."""
  none = lambda r: {'none': 0 * r.on_real[0].mean() + 0 * r.on_fake[0].mean()}
  seen = Loss(d=lambda r, m: (none(r), jnp.stack([m[1], r.z[0, 0]])), init=lambda: jnp.zeros(2))
  plain = Loss(d=lambda r, m: ({'z': r.z[0, 0] + 0 * r.on_fake[0].mean()}, m),
               g=lambda r, m: ({'z': r.z[0, 0] + 0 * r.on_fake[0].mean()}, m))
  loss, more = lazy.split(plain, seen)
  one = tiny.mlp_gan(loss=loss, order=lazy.alternating(more, 3, 0))
  found = {n: tiny.trained(one, ONE, n=n) for n in (2, 3, 5, 6)}
  memory = {n: state.memory['loss'][1] for n, (state, _) in found.items()}
  np.testing.assert_array_equal(memory[2], [0, 0])
  assert memory[3][0] == 0 != memory[3][1]
  np.testing.assert_array_equal(memory[5], memory[3])
  assert memory[6][0] == memory[3][1] != memory[6][1]
  assert memory[3][1] not in (found[3][1]['d/z'], found[3][1]['g/z'])
