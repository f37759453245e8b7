"""Losses of pairs, by hand."""
import jax
import numpy as np
import rounds

from jaxgan.losses import paired
from jaxgan.types import Batch

REAL, FAKE = np.float32([[0, 1], [2, 3]]), np.float32([[1, 1], [0, -1]])


def of(loss, **round):
  terms, memory = rounds.terms(loss.g, (), **round)
  assert memory == () and rounds.terms(loss.d, (), **round)[0] == {}
  return terms


def test_distances():
  round = dict(real=Batch(REAL), fake=Batch(FAKE))
  assert of(paired.l1(2.), **round)['l1'] == 2 * 7 / 4
  assert of(paired.l2(2.), **round)['l2'] == 2 * 21 / 4


def test_of_trees():
  """Means of leaves, added: 7 / 4 and 3."""
  round = dict(real=Batch({'a': REAL, 'b': np.zeros(1)}),
               fake=Batch({'a': FAKE, 'b': np.full(1, 3.)}))
  assert of(paired.l1(1.), **round)['l1'] == 7 / 4 + 3


def test_maps_of_several_critics():
  """Three maps: 7 / 4, 0 and 1; their mean."""
  maps = lambda a: {'maps': [[a, np.ones(2)], [a[:1] * 0 + (a is FAKE)]]}
  terms = of(paired.features(6.), on_real=(None, maps(REAL)), on_fake=(None, maps(FAKE)))
  np.testing.assert_allclose(terms['maps'], 6 * (7 / 4 + 0 + 1) / 3)


def test_real_maps_are_a_target():
  def value(real, fake):
    round = rounds.of(on_real=(None, {'maps': [real]}), on_fake=(None, {'maps': [fake]}))
    return paired.features(1.).g(round, ())[0]['maps']
  of_real, of_fake = jax.grad(value, (0, 1))(REAL, FAKE + .5)
  assert not of_real.any()
  np.testing.assert_array_equal(of_fake, [[.25, .25], [-.25, -.25]])
