"""Losses add: terms, memories and readings."""
import pytest

from jaxgan.losses.base import Loss


def counting(name, by):
  """A loss whose term is how often it was asked, times `by`."""
  def objective(round, memory):
    return {name: memory * by}, memory + 1
  return Loss(d=objective, init=lambda: 0, read=lambda round, memory: {f'{name} read': by})


def test_sum_plays_both_and_threads_each_memory():
  both = counting('a', 1) + counting('b', 10) + counting('c', 100)
  memory = both.init()
  _, memory = both.d(None, memory)
  terms, memory = both.d(None, memory)
  assert terms == {'a': 1, 'b': 10, 'c': 100}
  assert both.d(None, memory)[0] == {'a': 2, 'b': 20, 'c': 200}
  assert both.g(None, memory) == ({}, memory)
  assert both.read(None, both.init()) == {'a read': 1, 'b read': 10, 'c read': 100}


def test_shared_name_is_refused():
  twice = counting('a', 1) + counting('a', 2)
  with pytest.raises(ValueError, match="share the term .'a'"):
    twice.d(None, twice.init())
