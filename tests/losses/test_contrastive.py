"""Contrastive losses, written out example by example."""
import numpy as np
import pytest
import rounds

from jaxgan.losses import contrastive
from jaxgan.types import Batch

C = np.array([0, 2, 1, 1, 0, 2, 2, 0])


def unit(a):
  return a / np.linalg.norm(a, axis=1, keepdims=True)


L, E = unit(rounds.draw(8, 4)), unit(rounds.draw(3, 4, seed=1))[C]


def by_hand_2c(t):
  each = []
  for i in range(8):
    others = [k for k in range(8) if k != i]
    same = [k for k in others if C[k] == C[i]]
    e = lambda a, b: np.exp(a @ b / t)
    near = e(L[i], E[i]) + sum(e(L[i], L[k]) for k in same)
    all_ = e(L[i], E[i]) + sum(e(L[i], L[k]) for k in others)
    each.append(-np.log(near / all_))
  return np.mean(each)


def by_hand_d2d(t, positive, negative):
  each = []
  for i in range(8):
    others = [k for k in range(8) if C[k] != C[i]]
    near = np.exp(min(L[i] @ E[i] - positive, 0) / t)
    far = sum(np.exp(max(L[i] @ L[k] - negative, 0) / t) for k in others)
    each.append(-np.log(near / (near + far)))
  return np.mean(each)


LOSSES = {'2c': (contrastive.contrastive_2c(2., .5, .7), by_hand_2c(.7)),
          'd2d': (contrastive.data_to_data(2., .5, .4, .9, -.1), by_hand_d2d(.4, .9, -.1))}


@pytest.mark.parametrize('name', LOSSES)
def test_by_hand_over_all_devices(name, devices):
  loss, expected = LOSSES[name]
  out = {'embedding': L, 'proxy': E}
  at = dict(on_real=(None, out), on_fake=(None, out), real=Batch(None, C), fake=Batch(None, C))
  for some in (devices, devices[:1]):
    for role, weight in ((loss.d, 2.), (loss.g, .5)):
      found, _ = rounds.terms(role, (), some, **at)
      np.testing.assert_allclose(found['contrastive'], weight * expected, rtol=1e-5)


@pytest.mark.parametrize('name', LOSSES)
def test_each_player_learns_from_its_own_images(name):
  loss, _ = LOSSES[name]
  out, other = {'embedding': L, 'proxy': E}, {'embedding': L[::-1], 'proxy': E}
  at = dict(on_real=(None, out), on_fake=(None, other), real=Batch(None, C),
            fake=Batch(None, C))
  d, g = (rounds.terms(role, (), **at)[0]['contrastive'] for role in (loss.d, loss.g))
  assert abs(d / 2 - g / .5) > 1e-3
