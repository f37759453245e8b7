"""Holes: of the shapes that are asked for, new in training, for good in the test set."""
import dataclasses

import jax
import numpy as np
import pytest
import tiny

from jaxgan.data import masks, order, source
from jaxgan.experiment import Experiment
from jaxgan.run import feed
from jaxgan.types import Batch

X = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 3)).astype(np.uint8)
PLAIN = source.arrays(Batch(X, np.arange(40) % 4), classes=4)


def drawn(hole, n=200, height=28, width=20):
  return np.stack([hole(order.Draws(i, 0), height, width) for i in range(n)])


def test_the_middle():
  hole, = drawn(masks.centre(.5), 1)
  assert hole.sum() == 14 * 10 and hole[7:21, 5:15].all()


def test_boxes():
  found = drawn(masks.boxes(.25, .5))
  for hole in found:
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    box = hole[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    assert box.all() and 7 <= box.shape[0] <= 14 and 5 <= box.shape[1] <= 10
  assert found.any(0).mean() > .95 and len({hole.tobytes() for hole in found}) > 150
  sizes = {int(hole.any(1).sum()) for hole in found}
  assert sizes == set(range(7, 15))


def test_strokes():
  found = drawn(masks.strokes())
  share = found.mean((1, 2))
  assert 0 < share.min() and share.max() < .7 and .03 < share.mean() < .35
  assert (found.mean(0) > .02).all() and len({hole.tobytes() for hole in found}) > 195


def test_what_is_known_is_the_condition():
  data = masks.holes(PLAIN, [masks.centre(.5)])
  batch = data.load(None)[np.arange(3)]
  mask = batch.c['mask']
  assert mask.shape == (3, 28, 28, 1) and set(mask.ravel()) == {0, 1}
  assert not mask[:, 7:21, 7:21].any() and mask.sum() == 3 * (28 ** 2 - 14 ** 2)
  np.testing.assert_array_equal(batch.c['image'], batch.x * mask)
  seen = data.decode(batch)
  np.testing.assert_array_equal(seen.c['mask'], mask.astype(np.float32))
  np.testing.assert_array_equal(seen.c['image'], seen.x * seen.c['mask'])
  assert data.decode(Batch(None, batch.c)).x is None
  spec = data.describe(None)
  assert jax.tree.map(lambda a: (a.shape, a.dtype), spec) == jax.tree.map(
      lambda a: (a.shape[1:], a.dtype), batch)
  assert data.whole is PLAIN


def test_holes_are_new_in_training_and_fixed_in_the_test_set():
  held_out = dataclasses.replace(PLAIN, test=PLAIN)
  data = masks.holes(held_out, [masks.boxes(.2, .5), masks.strokes()], [masks.centre(.5)])
  one = Experiment(tiny.mlp_gan(), data, 8, 10, seed=1)
  read = lambda step, n: feed.batches(one, data.load(None), step, n, n).c['mask']
  epochs = read(0, 10)  # 80 examples, each twice
  np.testing.assert_array_equal(np.concatenate([read(0, 4), read(4, 6)]), epochs)
  assert len({m.tobytes() for m in epochs.reshape(80, -1)}) > 75
  test = data.test.load(None)
  a, b = (test[np.array([3, 5])].c['mask'] for _ in range(2))
  np.testing.assert_array_equal(a, b)
  assert not a[:, 7:21, 7:21].any() and a.mean() == 1 - .25
  assert source.scored_on(data, None) is data.test


def test_shown_with_a_grey_hole():
  data = masks.holes(PLAIN, [masks.centre(.5)])
  batch = data.load(None)[np.arange(4)]
  picture = data.show(batch.x, batch.c, batch.x)
  assert picture.ndim == 3 and (picture == 128).all(-1).sum() >= 4 * 14 * 14
  assert data.show(batch.x, None, None) is not None


def test_draws_are_uniform_and_their_own():
  draws = order.Draws(3, 5)
  u = np.array([draws.uniform(-1, 3) for _ in range(4000)])
  assert -1 <= u.min() < -.99 and 2.99 < u.max() < 3
  np.testing.assert_allclose((u.mean(), u.std()), (1, 4 / 12 ** .5), atol=.05)
  whole = [draws.integer(2, 5) for _ in range(2000)]
  assert set(whole) == {2, 3, 4, 5} and np.bincount(whole)[2:].min() > 420
  first = lambda *key: order.Draws(*key).uniform()
  assert first(3, 5) == first(3, 5) and len({first(3, 5), first(5, 3), first(4, 5)}) == 3


@pytest.mark.parametrize('by', [2, 4])
def test_averages_of_pixels(by):
  from jaxgan.data import derived
  data = derived.lowered(PLAIN, by)
  batch = data.load(None)[np.array([[1, 7]])]
  side = 28 // by
  assert batch.c.shape == (1, 2, side, side, 3) and batch.c.dtype == np.uint8
  mean = X[7, by:2 * by, :by].mean((0, 1))
  np.testing.assert_allclose(batch.c[0, 1, 1, 0], mean, atol=.5 + 1e-3)
  assert data.describe(None).c.shape == (side, side, 3)
  picture = data.show(batch.x[0], batch.c[0], batch.x[0])
  assert picture.shape[1] > 3 * 28
  with pytest.raises(source.Failure, match='28x28, which do not divide by 5'):
    derived.lowered(PLAIN, 5).describe(None)
