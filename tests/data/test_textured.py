"""Digits over photographs: drawn once, apart in training, answered in the test set."""

import numpy as np
import pytest

from jaxgan.data import source, textured
from jaxgan.types import Batch

DIGITS = source.Arrays(Batch(np.random.default_rng(0).integers(
    0, 256, (50, 28, 28, 1)).astype(np.uint8), np.arange(50) % 10))


def test_of_a_black_digit_the_photograph_is_left():
  x = textured.textured(np.zeros((6, 28, 28, 1), np.uint8), np.arange(6))
  pictures = textured.photographs()
  for patch in x:
    starts = np.argwhere((pictures[:, :-27, :-27] == patch[0, 0]).all(-1))
    assert any(np.array_equal(pictures[w, i:i + 28, j:j + 28], patch) for w, i, j in starts)


def test_a_digit_inverts_its_texture():
  black, white = np.zeros((4, 8, 8, 1), np.uint8), np.full((4, 8, 8, 1), 255, np.uint8)
  ids = np.array([3, 3, 7, 8])
  plain, inverted = textured.textured(black, ids), textured.textured(white, ids)
  np.testing.assert_array_equal(inverted, 255 - plain)
  np.testing.assert_array_equal(plain[0], plain[1])  # by the place alone
  assert not np.array_equal(plain[0], plain[2])


def test_pairs_are_hidden_in_training():
  data = textured.Unpaired(DIGITS, answers=False)
  batch = data[np.arange(50)]
  assert batch.x is batch.c
  np.testing.assert_array_equal(batch.x['a'], DIGITS.batch.x)
  same = [np.array_equal(textured.textured(DIGITS.batch.x[i:i + 1], [i])[0], batch.x['b'][i])
          for i in range(50)]
  assert sum(same) < 5
  one = data[np.array([[4, 9]])]
  np.testing.assert_array_equal(one.x['b'][0], batch.x['b'][[4, 9]])


def test_the_test_set_has_the_answers():
  """x['a'] is the digit under c['b']; x['b'] is c['a'] over a photograph."""
  batch = textured.Unpaired(DIGITS, answers=True)[np.arange(50)]
  hidden = textured.Unpaired(DIGITS, answers=False)[np.arange(50)]
  for name in 'ab':
    np.testing.assert_array_equal(batch.c[name], hidden.c[name])
  order = [int(np.flatnonzero((DIGITS.batch.x == a).all((1, 2, 3)))[0]) for a in batch.x['a']]
  np.testing.assert_array_equal(textured.textured(batch.x['a'], order), batch.c['b'])
  np.testing.assert_array_equal(textured.textured(batch.c['a'], np.arange(50)), batch.x['b'])


def test_one_way():
  for answers in (False, True):
    both = textured.Unpaired(DIGITS, answers)
    batch, whole = textured.OneWay(both)[np.arange(9)], both[np.arange(9)]
    np.testing.assert_array_equal(batch.c, whole.c['b'])
    np.testing.assert_array_equal(batch.x, np.broadcast_to(whole.x['a'], (9, 28, 28, 3)))


def test_shown_beside_the_answers():
  batch = textured.Unpaired(DIGITS, answers=True)[np.arange(4)]
  picture = textured.show(batch.x, batch.c, batch.x)
  assert picture.dtype == np.uint8 and picture.shape[2] == 3 and picture.shape[0] > 4 * 28
  assert textured.show(batch.x, batch.c).shape[0] > 28 < textured.show(batch.x).shape[0]


def test_as_data_sets(data_dir):
  data = textured.unpaired()
  spec = data.describe(data_dir)
  assert {k: v.shape for k, v in spec.x.items()} == {'a': (28, 28, 1), 'b': (28, 28, 3)}
  assert source.scored_on(data, data_dir) is data.test
  test = data.test.load(data_dir)[np.arange(2000)]
  black = np.abs(test.x['a'].astype(float) / 127.5).mean()
  assert black == pytest.approx(.268, abs=.01)  # measured elsewhere too
  assert data.unit == 'images'
