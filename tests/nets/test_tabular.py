"""CTGAN's players."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rounds

from jaxgan.losses import penalties, tabular
from jaxgan.nets.tabular import Critic, Generator, gumbel
from jaxgan.types import Batch

BLOCKS = ((False, 3), (True, 5), (False, 2))
KEY = jax.random.key(0)


def test_parameters_are_the_papers():
  """Of 100 columns of encoded rows with 50 categories, the authors' program has 227,308 and
  450,305 parameters; a bias before batch norm, which it has, does nothing."""
  blocks = ((False, 50), *((True, 10),) * 5)
  count = lambda net, *args: sum(a.size for a in jax.tree.leaves(jax.eval_shape(
      lambda: net.init(KEY, *args, train=False))['params']))
  made = count(Generator(blocks, 50), jnp.zeros((2, 228)), jnp.zeros(2, int))
  assert made == 227_308 - 2 * 256
  assert count(Critic(50), jnp.zeros((10, 100)), jnp.zeros(10, int)) == 450_305


def test_rows_are_of_the_columns_kinds():
  net, z = Generator(BLOCKS, 5, (8,)), jax.random.normal(KEY, (500, 20))
  c = jnp.zeros(500, int)
  variables = net.init(KEY, z, c, train=False)
  x = np.asarray(net.apply(variables, z, c, train=False))
  assert x.shape == (500, 10) and np.abs(x).max() <= 1
  for part in (x[:, :3], x[:, 4:8], x[:, 8:]):
    np.testing.assert_allclose(part.sum(1), 1, rtol=1e-5)
    assert set(part.argmax(1)) == set(range(part.shape[1])), 'noise draws every category'


def test_noise_is_gumbels():
  found = gumbel(jax.random.normal(KEY, (200_000,)))
  np.testing.assert_allclose(found.mean(), np.euler_gamma, atol=.01)
  np.testing.assert_allclose(found.std(), np.pi / np.sqrt(6), atol=.02)
  assert np.isfinite(gumbel(jnp.array([-40., 40.]))).all()


def test_a_pack_is_judged_as_one():
  net, x = Critic(2, (8,), pack=5), jax.random.normal(KEY, (10, 3))
  c = jnp.arange(10) % 2
  variables = net.init(KEY, x[:2], c[:2], train=False)
  logits, _ = net.apply(variables, x, c, train=False)
  assert logits.shape == (2,)
  other, _ = net.apply(variables, x.at[7].add(1.), c, train=False)
  assert logits[0] == other[0] and logits[1] != other[1]
  with pytest.raises(ValueError, match='packs of 5 need a multiple of 5 rows a device, not 9'):
    net.apply(variables, x[:9], c[:9], train=False)


def test_the_penalty_of_packs_by_hand():
  """A linear D of packs has the same slope everywhere: its norm is a pack's, not a row's."""
  weights = jnp.arange(1., 7.)
  real, fake = jax.random.normal(KEY, (2, 4, 3))
  D = lambda x, c, draws='again': (x.reshape(-1, 6) @ weights, {})
  terms, _ = rounds.terms(penalties.gradient_penalty(10., pack=2).d, (), D=D, real=Batch(real),
                          fake=Batch(fake))
  np.testing.assert_allclose(terms['gradient_penalty'],
                             10 * (np.linalg.norm(weights) - 1) ** 2, rtol=1e-5)


def test_what_was_asked_for_by_hand():
  x = jnp.array([[.5, .5, .1, .9], [.25, .75, 1., 0.]])
  loss = tabular.asked(np.array([0, 1, 2, 3]), 2.)
  terms, _ = rounds.terms(loss.g, (), fake=Batch(x, jnp.array([1, 3])))
  np.testing.assert_allclose(terms['asked'], -(np.log(.5) + np.log(1e-6)), rtol=1e-5)


def test_a_pack_lies_between_real_and_fake_as_one():
  """At one share of the way for all its rows, and another share for the next pack."""
  def apart(round, memory):
    x = penalties.between(round, pack=3).x[:, 0]
    return {'within': jnp.ptp(x.reshape(2, 3), axis=1).max(),
            'between': jnp.abs(x[0] - x[3])}, ()
  real, fake = Batch(jnp.zeros((6, 1))), Batch(jnp.ones((6, 1)))
  found, _ = rounds.terms(apart, (), real=real, fake=fake)
  assert found['within'] == 0 < found['between']
