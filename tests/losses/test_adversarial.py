"""Closed forms of each adversarial loss, from probabilities as the papers write them."""
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rounds

from jaxgan.losses import adversarial

REAL, FAKE = np.array([-3., .5, 2.]), np.array([-1., 0., 4.])
D_REAL, D_FAKE = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
D_LOSS = -np.log(D_REAL).mean() - np.log(1 - D_FAKE).mean()
FORMS = {
    'minimax': (D_LOSS, np.log(1 - D_FAKE).mean()),
    'non_saturating': (D_LOSS, -np.log(D_FAKE).mean()),
}


def round_of(real, fake):
  return types.SimpleNamespace(on_real=(real, {}), on_fake=(fake, {}))


def value(loss, role, real, fake):
  terms, memory = getattr(loss, role)(round_of(real, fake), loss.init())
  assert list(terms) == ['adversarial'] and memory == loss.init()
  return terms['adversarial']


@pytest.mark.parametrize('name', FORMS)
def test_closed_form(name):
  loss = getattr(adversarial, name)()
  for role, expected in zip('dg', FORMS[name]):
    got = value(loss, role, jnp.asarray(REAL), jnp.asarray(FAKE))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


relu, softplus = lambda a: np.maximum(a, 0), lambda a: np.log1p(np.exp(a))
BY_LOGITS = {  # of logits r and f, as the docstrings' equations have them: D's loss, G's loss
    'least_squares': (adversarial.least_squares(),
                      lambda r, f: ((r - 1) ** 2 + f ** 2) / 2, lambda r, f: (f - 1) ** 2 / 2),
    'hinge': (adversarial.hinge(), lambda r, f: relu(1 - r) + relu(1 + f), lambda r, f: -f),
    'wasserstein': (adversarial.wasserstein(), lambda r, f: f - r, lambda r, f: -f),
    'relativistic': (adversarial.relativistic(), lambda r, f: softplus(f - r),
                     lambda r, f: softplus(r - f)),
    'smoothed': (adversarial.non_saturating(.1),
                 lambda r, f: .9 * softplus(-r) + .1 * softplus(r) + softplus(f),
                 lambda r, f: softplus(-f)),
    'energy_based': (adversarial.energy_based(.5), lambda r, f: -r + relu(.5 + f),
                     lambda r, f: -f)}


@pytest.mark.parametrize('name', BY_LOGITS)
def test_closed_form_of_logits(name):
  loss, *forms = BY_LOGITS[name]
  for role, form in zip('dg', forms):
    got = value(loss, role, jnp.asarray(REAL), jnp.asarray(FAKE))
    np.testing.assert_allclose(got, form(REAL, FAKE).mean(), rtol=1e-6)


def test_each_against_the_mean_of_the_others():
  real, fake = np.float32(REAL), np.float32(FAKE)
  found = {role: rounds.terms(getattr(adversarial.relativistic_average(), role), (),
                              on_real=(real, {}), on_fake=(fake, {}))[0]['adversarial']
           for role in 'dg'}
  sides = lambda up, down: (softplus(down.mean() - up) + softplus(down - up.mean())).mean()
  np.testing.assert_allclose(found['d'], sides(REAL, FAKE), rtol=1e-6)
  np.testing.assert_allclose(found['g'], sides(FAKE, REAL), rtol=1e-6)


def test_minimax_is_zero_sum_in_the_fakes():
  """G's gradient is minus D's where the minimax is meant, and not in the other game."""
  grads = {}
  for name in FORMS:
    loss = getattr(adversarial, name)()
    grads[name] = [jax.grad(lambda fake: value(loss, role, jnp.asarray(REAL), fake))(
        jnp.asarray(FAKE)) for role in 'dg']
  np.testing.assert_allclose(grads['minimax'][0], -grads['minimax'][1], rtol=1e-6)
  np.testing.assert_allclose(grads['non_saturating'][1], -(1 - D_FAKE) / 3, rtol=1e-6)


def test_sure_logits_stay_finite():
  for name in FORMS:
    loss = getattr(adversarial, name)()
    for role in 'dg':
      f = lambda fake: value(loss, role, jnp.array([1e4]), fake)
      assert np.isfinite(f(jnp.array([-1e4]))) and np.isfinite(jax.grad(f)(jnp.array([1e4])))


def test_low_precision_and_pytrees_of_logits():
  loss = adversarial.non_saturating()
  low = jnp.asarray(REAL, jnp.bfloat16), jnp.asarray(FAKE, jnp.bfloat16)
  assert value(loss, 'd', *low).dtype == jnp.float32
  one = value(loss, 'd', jnp.asarray(REAL), jnp.asarray(FAKE))
  two = value(loss, 'd', {'a': jnp.asarray(REAL), 'b': jnp.asarray(REAL)},
              {'a': jnp.asarray(FAKE), 'b': jnp.asarray(FAKE)})
  np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


def test_log_reads_probabilities():
  read = adversarial.non_saturating().read(round_of(jnp.asarray(REAL), jnp.asarray(FAKE)), ())
  np.testing.assert_allclose(read['real'], D_REAL.mean(), rtol=1e-6)
  np.testing.assert_allclose(read['fake'], D_FAKE.mean(), rtol=1e-6)
