"""Data order: a pure function of (seed, position); each epoch, each example once."""
import numpy as np
import pytest

from jaxgan.data import order


@pytest.mark.parametrize('n,batch', [(10, 4), (7, 7), (5, 12), (100, 32)])
def test_each_epoch_holds_each_example_once(n, batch):
  steps = 3 * n
  stream = np.concatenate([order.ids(n, 1, step * batch, batch) for step in range(steps)])
  for epoch in range(len(stream) // n):
    assert sorted(stream[epoch * n:(epoch + 1) * n]) == list(range(n))


def test_any_part_of_the_stream_can_be_had_alone():
  whole = order.ids(10, 3, 0, 95)
  for start, count in ((0, 5), (8, 4), (9, 1), (10, 10), (33, 50)):
    np.testing.assert_array_equal(order.ids(10, 3, start, count), whole[start:start + count])


def test_epochs_and_seeds_differ():
  orders = {tuple(order.permutation(50, seed, epoch)) for seed in (0, 1, -1)
            for epoch in range(3)}
  assert len(orders) == 9


def test_many_runs_in_turn_sort_each_epoch_once(monkeypatch):
  sorts, plain = [], np.argsort
  monkeypatch.setattr(np, 'argsort', lambda *args, **kw: sorts.append(1) or plain(*args, **kw))
  for step in range(4):
    for seed in range(100, 140):
      order.ids(30, seed, 25 + step * 4, 4)
  assert len(sorts) == 2 * 40


def test_order_is_pinned():
  """Data order is part of a run's identity: it may not change with a library."""
  np.testing.assert_array_equal(order.permutation(8, 0, 0), [0, 2, 1, 5, 4, 3, 6, 7])
