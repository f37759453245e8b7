"""Losses that compare a batch with itself, or with the past."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rounds

from jaxgan.losses import adversarial, base, lecam, penalties

REAL, FAKE = rounds.draw(8), rounds.draw(8, seed=1) + 1
plus = lambda a: np.log1p(np.exp(a))


def values(loss, role, memory=None, devices=None, **fields):
  fields = dict(on_real=(REAL, {}), on_fake=(FAKE, {})) | fields
  memory = loss.init() if memory is None else memory
  return rounds.terms(getattr(loss, role), memory, devices, **fields)


def test_relativistic_average_by_hand(devices):
  loss = adversarial.relativistic_average()
  up = plus(-(REAL - FAKE.mean())).mean() + plus(FAKE - REAL.mean()).mean()
  down = plus(REAL - FAKE.mean()).mean() + plus(-(FAKE - REAL.mean())).mean()
  for role, expected in (('d', up), ('g', down)):
    found, _ = values(loss, role, devices=devices)
    np.testing.assert_allclose(found['adversarial'], expected, rtol=1e-5)


def test_energies_by_hand():
  real, fake = -np.abs(REAL), -np.abs(FAKE)
  at = dict(on_real=(real, {}), on_fake=(fake, {}))
  loss = adversarial.energy_based(margin=.7)
  expected = np.abs(REAL).mean() + np.maximum(.7 - np.abs(FAKE), 0).mean()
  np.testing.assert_allclose(values(loss, 'd', **at)[0]['adversarial'], expected, rtol=1e-5)
  np.testing.assert_allclose(values(loss, 'g', **at)[0]['adversarial'], np.abs(FAKE).mean(),
                             rtol=1e-5)


def test_boundary_equilibrium_by_hand(devices):
  e_real, e_fake = np.abs(REAL), np.abs(FAKE)
  at = dict(on_real=(-e_real, {}), on_fake=(-e_fake, {}), devices=devices)
  loss = adversarial.boundary_equilibrium(diversity=.5, rate=.1)
  found, k = values(loss, 'd', jnp.float32(.3), **at)
  expected = e_real.mean() - .3 * e_fake.mean()
  np.testing.assert_allclose(found['adversarial'], expected, rtol=1e-5)
  np.testing.assert_allclose(k, .3 + .1 * (.5 * e_real.mean() - e_fake.mean()), rtol=1e-5)
  assert values(loss, 'd', jnp.float32(0), **at)[1] == 0, 'k is at least 0'
  assert values(loss, 'g', jnp.float32(.3), **at)[1] == np.float32(.3)
  rising = adversarial.boundary_equilibrium(diversity=9., rate=.1)
  assert values(rising, 'd', jnp.float32(.99), **at)[1] == 1, 'and at most 1'


@pytest.mark.parametrize('share,kept', [(1., 8), (.5, 4), (.3, 3), (0., 1)])
def test_top_k_keeps_the_most_real_of_all_devices(share, kept, devices):
  loss = adversarial.top_k(lambda step: share, adversarial.non_saturating())
  found, _ = values(loss, 'g', devices=devices)
  best = np.sort(FAKE)[-kept:]
  np.testing.assert_allclose(found['adversarial'], plus(-best).mean(), rtol=1e-5)
  np.testing.assert_allclose(values(loss, 'd')[0]['adversarial'],
                             (plus(-REAL) + plus(FAKE)).mean(), rtol=1e-5)


def test_top_k_gives_the_others_no_gradient():
  loss = adversarial.top_k(lambda step: .5, adversarial.hinge())
  def total(fake):
    return values(loss, 'g', on_fake=(fake, {}))[0]['adversarial']
  base_value = total(FAKE)
  for i, rank in enumerate(np.argsort(np.argsort(FAKE))):
    nudged = FAKE.copy()
    nudged[i] -= 1e-3 if rank < 4 else -1e-3
    assert (abs(total(nudged) - base_value) > 1e-5) == (rank >= 4)


MAPS = [rounds.draw(8, 3, 3), rounds.draw(8, seed=2)], [rounds.draw(8, 3, 3, seed=3) + 1,
                                                        rounds.draw(8, seed=4) - 1]


def of_maps(loss, role, memory=None, devices=None):
  return values(loss, role, memory, devices, on_real=(MAPS[0], {}), on_fake=(MAPS[1], {}))


def test_boundary_equilibrium_of_maps(devices):
  """An energy is the sum over maps of the mean over a map."""
  real, fake = (sum(-a.mean() for a in maps) for maps in MAPS)
  loss = adversarial.boundary_equilibrium(diversity=.5, rate=.1)
  found, k = of_maps(loss, 'd', jnp.float32(.3), devices)
  np.testing.assert_allclose(found['adversarial'], real - .3 * fake, rtol=1e-5)
  np.testing.assert_allclose(k, .3 + .1 * (.5 * real - fake), rtol=1e-5)
  found, k = of_maps(loss, 'g', jnp.float32(.3), devices)
  np.testing.assert_allclose(found['adversarial'], fake, rtol=1e-5)
  read, _ = rounds.terms(lambda r, m: (loss.read(r, m), m), (), devices, on_real=(MAPS[0], {}),
                         on_fake=(MAPS[1], {}))
  np.testing.assert_allclose(read['convergence'], real + abs(.5 * real - fake), rtol=1e-5)
  np.testing.assert_allclose((read['real'], read['fake']), (-real / 2, -fake / 2), rtol=1e-5,
                             err_msg='as all losses log them: the mean over maps')


@pytest.mark.parametrize('maps', [1, 2])
def test_top_k_of_maps_ranks_examples(maps, devices):
  """By the sum of the means of their maps, however an element of one stands out."""
  fake = [a.copy() for a in MAPS[1][:maps]]
  said = sum(a.reshape(8, -1).mean(1) for a in fake)
  fake[0][said.argmin(), 0, 0] += .01
  best = np.argsort(said)[-3:]
  loss = adversarial.top_k(lambda step: .3, adversarial.non_saturating())
  tree = lambda a: a[0] if maps == 1 else a
  found, _ = values(loss, 'g', devices=devices, on_real=(tree(MAPS[0][:maps]), {}),
                    on_fake=(tree(fake), {}))
  expected = sum(plus(-a[best]).mean() for a in fake)
  np.testing.assert_allclose(found['adversarial'], expected, rtol=1e-5)


def test_lecam_of_maps(devices):
  """All elements near one pair of averages, which are of the maps' means."""
  found, after = of_maps(lecam.lecam(.3, decay=.9), 'd', (jnp.float32(.5), jnp.float32(-.2)),
                         devices)
  expected = .3 * (sum(((a + .2) ** 2).mean() for a in MAPS[0])
                   + sum(((a - .5) ** 2).mean() for a in MAPS[1]))
  np.testing.assert_allclose(found['lecam'], expected, rtol=1e-5)
  means = [np.mean([a.mean() for a in maps]) for maps in MAPS]
  np.testing.assert_allclose(after, (.45 + .1 * means[0], -.18 + .1 * means[1]), rtol=1e-5)


def test_drift_of_maps(devices):
  found, _ = of_maps(penalties.drift(.5), 'd', devices=devices)
  expected = .5 * sum((a ** 2).mean() for a in MAPS[0])
  np.testing.assert_allclose(found['drift'], expected, rtol=1e-5)


def test_one_sided_smoothing():
  """Cross entropy with target .9 for real, 0 for fake."""
  p, q = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
  expected = (-.9 * np.log(p) - .1 * np.log(1 - p) - np.log(1 - q)).mean()
  found = values(adversarial.non_saturating(smoothing=.1), 'd')[0]['adversarial']
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_lecam_by_hand(devices):
  loss = lecam.lecam(.3, decay=.9)
  found, after = values(loss, 'd', (jnp.float32(.5), jnp.float32(-.2)), devices)
  expected = .3 * (((REAL + .2) ** 2).mean() + ((FAKE - .5) ** 2).mean())
  np.testing.assert_allclose(found['lecam'], expected, rtol=1e-5)
  means = .45 + .1 * REAL.mean(), -.18 + .1 * FAKE.mean()
  np.testing.assert_allclose(after, means, rtol=1e-5)
  assert values(loss, 'g', (jnp.float32(.5), jnp.float32(-.2)))[0] == {}


def test_scaled_follows_its_schedule_and_of_d_leaves_g_out():
  loss = base.scaled(lambda step: .5 * step, adversarial.hinge())
  for role in 'dg':
    full = values(adversarial.hinge(), role)[0]['adversarial']
    found = rounds.terms(lambda r, m: getattr(loss, role)(r._replace(step=jnp.int32(3)), m), (),
                         on_real=(REAL, {}), on_fake=(FAKE, {}))[0]['adversarial']
    np.testing.assert_allclose(found, 1.5 * full, rtol=1e-6)
  half = base.of_d(adversarial.hinge())
  assert values(half, 'g')[0] == {} and values(half, 'd')[0] == values(
      adversarial.hinge(), 'd')[0]
  assert jax.tree.leaves(half.init()) == []


def test_the_log_tells_how_often_real_is_above_fake(devices):
  for loss in (adversarial.hinge(), adversarial.minimax()):
    found, _ = rounds.terms(lambda r, m, loss=loss: (loss.read(r, m), m), (), devices,
                            on_real=(REAL, {}), on_fake=(FAKE, {}))
    np.testing.assert_allclose(found['ranking'], (REAL > FAKE).mean())
