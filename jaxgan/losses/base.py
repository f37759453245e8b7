"""A loss is two objectives, one a player, and what they remember. Losses add."""
import dataclasses
from collections.abc import Callable

from jaxgan.types import Memory, Round, Terms

Objective = Callable[[Round, Memory], tuple[Terms, Memory]]


def nothing(round: Round, memory: Memory) -> tuple[Terms, Memory]:
  """The objective of a player whom a loss does not concern."""
  return {}, memory


@dataclasses.dataclass(frozen=True)
class Loss:
  """What each player minimises: the sum of its terms. `read` is logged, not minimised.

  `init` makes the memory that both objectives take and return. `a + b` plays both; a term
  that both would call by the same name is refused (ValueError).
  """
  d: Objective = nothing
  g: Objective = nothing
  init: Callable[[], Memory] = tuple
  read: Callable[[Round], Terms] = lambda round: {}

  def __add__(self, other: 'Loss') -> 'Loss':
    def both(mine: Objective, theirs: Objective) -> Objective:
      def objective(round, memory):
        a, first = mine(round, memory[0])
        b, second = theirs(round, memory[1])
        return merge(a, b), (first, second)
      return objective
    return Loss(d=both(self.d, other.d), g=both(self.g, other.g),
                init=lambda: (self.init(), other.init()),
                read=lambda round: merge(self.read(round), other.read(round)))


def merge(a: Terms, b: Terms) -> Terms:
  """The union of two sets of terms. ValueError if they share a name."""
  if shared := a.keys() & b.keys():
    raise ValueError(f'two losses of this sum share the term {sorted(shared)}: '
                     'give one of them another name, or use it once')
  return a | b
