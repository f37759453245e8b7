"""Contrastive patches by hand: a G whose pixels' vectors are given."""
import jax
import numpy as np
import pytest
import rounds
from scipy.special import logsumexp

from jaxgan.losses import patches
from jaxgan.types import Batch

C, X = (np.random.default_rng(i).normal(size=(2, 2, 2, 3)).astype(np.float32) for i in range(2))


def G(z, c, of=None, noise=None, count=None):
  """Twice the input; an image's vectors are its pixels, and their squares."""
  if of is None:
    return 2 * c
  assert noise.shape == (len(of), 4) and count == 3
  rows = of.reshape(len(of), -1, 3)
  return [rows, rows ** 2]


def entropy(query, key):
  logits = np.einsum('bnd,bmd->bnm', query, key) / .5
  return (logsumexp(logits, -1) - np.einsum('bnn->bn', logits)).mean()


def test_by_hand():
  loss = patches.contrastive(3., .5, 3)
  terms, memory = rounds.terms(loss.g, (), real=Batch(X), fake=Batch(2 * C, C), G=G)
  rows = lambda a: a.reshape(2, 4, 3)
  halves = [np.mean([entropy(rows(2 * of), rows(of)),
                     entropy(rows(2 * of) ** 2, rows(of) ** 2)]) for of in (C, X)]
  assert terms['patches'] == pytest.approx(3 * np.mean(halves), rel=1e-5)
  assert memory == () and rounds.terms(loss.d, ())[0] == {}


def test_what_it_was_made_of_is_a_target():
  def value(scale):
    vectors = lambda z, c, of=None, noise=None, count=None: (
        [scale * of.reshape(2, 4, 3)] if of is C else [of.reshape(2, 4, 3)])
    r = rounds.of(fake=Batch(2 * C, C), G=vectors)
    return patches.cross_entropy(r, 2 * C, C, np.zeros((2, 4)), .5, 3)
  assert jax.grad(value)(1.) == 0
