"""Partners: a second example, drawn by (seed, place), the same however a run is stopped."""
import dataclasses

import jax
import numpy as np
import pytest
import tiny

from jaxgan.data import derived, source
from jaxgan.experiment import Experiment
from jaxgan.io.errors import Failure
from jaxgan.run import feed
from jaxgan.types import Batch

N = 40
X = np.arange(N, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2)
PLAIN = source.arrays(Batch(X, np.arange(N)), classes=N)


def run(data, **changes):
  one = Experiment(tiny.mlp_gan(), derived.partnered(data), 8, 10, seed=3)
  return dataclasses.replace(one, **changes)


def read(one, step, n):
  return feed.batches(one, one.data.load(None), step, n, n)


def test_each_brings_another_whole():
  """x and c of the partner belong together, and are decoded as the data's own."""
  one = run(PLAIN)
  batch = read(one, 0, 25)
  np.testing.assert_array_equal(batch.x[..., 0, 0, 0], batch.c['c'])
  partner = batch.c['partner']
  np.testing.assert_array_equal(partner.x[..., 0, 0, 0], partner.c)
  seen = one.data.decode(jax.tree.map(lambda a: a[0, 0], batch))
  assert seen.c['partner'].x.dtype == seen.x.dtype == np.float32
  spec = one.data.describe(None)
  assert jax.tree.map(lambda a: (a.shape, a.dtype), spec) == jax.tree.map(
      lambda a: (a.shape[3:], a.dtype), batch)


def test_partners_are_uniform_and_new_each_epoch():
  batch = read(run(PLAIN), 0, 500)
  mine, partner = batch.c['c'].ravel(), batch.c['partner'].c.ravel()
  counts = np.bincount(partner, minlength=N)
  assert ((counts - 100) ** 2 / 100).sum() < 75  # chi-squared with 39 degrees: 1 in 2,000
  pairs = set(zip(mine, partner))
  assert len(pairs) > 1400  # of 1,600, in 4,000 draws


def test_they_are_of_the_seed_and_the_place_alone():
  one = run(PLAIN)
  straight = read(one, 0, 12)
  parts = [read(one, at, n) for at, n in ((0, 5), (5, 1), (6, 6))]
  for a, b in zip(jax.tree.leaves(straight), jax.tree.leaves(
      jax.tree.map(lambda *each: np.concatenate(each), *parts))):
    np.testing.assert_array_equal(a, b)
  other = read(run(PLAIN, seed=4), 0, 12).c['partner'].c
  assert (other == straight.c['partner'].c).mean() < .2


def test_processes_share_a_batch(monkeypatch):
  whole = read(run(PLAIN), 2, 3)
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  halves = []
  for index in range(2):
    monkeypatch.setattr(jax, 'process_index', lambda index=index: index)
    halves.append(read(run(PLAIN), 2, 3))
  joined = jax.tree.map(lambda *each: np.concatenate(each, 2), *halves)
  assert jax.tree.all(jax.tree.map(np.array_equal, joined, whole))


def test_of_a_mirrored_set_and_last():
  """Partners of mirrored examples may be mirrored too; samples are scored on the set itself."""
  data = derived.partnered(derived.mirrored(PLAIN))
  assert data.whole is PLAIN and len(data.load(None)) == 2 * N
  with pytest.raises(Failure, match='what is drawn each time, a partner or a hole, comes last'):
    derived.mirrored(derived.partnered(PLAIN)).load(None)
  known = source.identity(derived.partnered(PLAIN).load(None))
  assert known['partnered'] and known != source.identity(PLAIN.load(None))


def test_outside_training_an_example_has_one_partner():
  held_out = dataclasses.replace(PLAIN, test=PLAIN)
  test = derived.partnered(held_out).test.load(None)
  a, b = test[np.arange(5)], test[np.arange(5)]
  np.testing.assert_array_equal(a.c['partner'].c, b.c['partner'].c)


def test_a_tenth_is_held_out():
  """Each example in one of both; the test set is not wrapped by what comes later."""
  data = derived.split(PLAIN, 7)
  train, test = data.load(None), data.test.load(None)
  of = lambda source: source[np.arange(len(source))].x[:, 0, 0, 0]
  assert sorted([*of(train), *of(test)]) == sorted(of(PLAIN.load(None)))
  np.testing.assert_array_equal(of(test), of(PLAIN.load(None))[::7])
  assert source.identity(train) != source.identity(test) != source.identity(PLAIN.load(None))
  turned = derived.mirrored(data)
  assert len(turned.load(None)) == 2 * len(train) and len(turned.test.load(None)) == len(test)
  with pytest.raises(derived.Failure, match=f'has {N} examples.*every 100th needs 100'):
    derived.split(PLAIN, 100).load(None)
