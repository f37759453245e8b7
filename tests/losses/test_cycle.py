"""There and back, by hand: G shifts what is of a by 1 to be of b, and back by too much."""
import numpy as np
import rounds

from jaxgan.losses import cycle
from jaxgan.types import Batch

C = {'a': np.float32([[0, 2], [4, 6]]), 'b': np.float32([[1, 1], [1, 1]])}
G = lambda z, c: {'a': c['b'] - 3, 'b': c['a'] + 1}


def value(loss, name):
  fake = Batch(G(None, C), C)
  terms, memory = rounds.terms(loss.g, (), fake=fake, G=G)
  assert memory == () and rounds.terms(loss.d, ())[0] == {}
  return terms[name]


def test_cycle():
  """a + 1 - 3 and b - 3 + 1 are both 2 away."""
  assert value(cycle.cycle(5.), 'cycle') == 5 * (2 + 2)


def test_identity():
  """to_a of a is 3 away, to_b of b is 1 away."""
  assert value(cycle.identity(2.), 'identity') == 2 * (3 + 1)
