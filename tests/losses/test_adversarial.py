"""Closed forms of each adversarial loss, from probabilities as the papers write them."""
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

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
  read = adversarial.non_saturating().read(round_of(jnp.asarray(REAL), jnp.asarray(FAKE)))
  np.testing.assert_allclose(read['real'], D_REAL.mean(), rtol=1e-6)
  np.testing.assert_allclose(read['fake'], D_FAKE.mean(), rtol=1e-6)
