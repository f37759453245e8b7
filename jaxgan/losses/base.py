"""A loss is two objectives, one a player, and what they remember. Losses add."""
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jaxgan import axis
from jaxgan.types import Memory, Round, Schedule, Terms

Objective = Callable[[Round, Memory], tuple[Terms, Memory]]


def nothing(round: Round, memory: Memory) -> tuple[Terms, Memory]:
  """The objective of a player whom a loss does not concern."""
  return {}, memory


@dataclasses.dataclass(frozen=True)
class Loss:
  """What each player minimises: the sum of its terms. `read` is logged, not minimised.

  `init` makes the memory that both objectives take and return: floats, which are averaged
  over the devices after each move. `a + b` plays both; a term
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


def of_d(loss: Loss) -> Loss:
  """D's half of a loss, for a G that learns by another."""
  return dataclasses.replace(loss, g=nothing)


def every(k: int, loss: Loss) -> Loss:
  """Lazy regularisation: `loss` in every k-th step, k times as strong (Karras et al., 2020,
  arXiv:1912.04958, section 3.1). The other steps do not compute it: its terms are 0 there, so
  have log_every a multiple of k to see them."""
  def lazy(objective: Objective) -> Objective:
    def of_round(round, memory):
      def due():
        terms, next_memory = objective(round, memory)
        return {name: k * term for name, term in terms.items()}, next_memory

      def idle():
        terms, _ = jax.eval_shape(due)
        zeros = {name: jnp.zeros(a.shape, a.dtype) for name, a in terms.items()}
        return axis.vary(zeros), memory
      return lax.cond((round.step + 1) % k == 0, due, idle)
    return of_round
  if k == 1:
    return loss
  return dataclasses.replace(loss, d=lazy(loss.d), g=lazy(loss.g))


def scaled(weight: Schedule, loss: Loss) -> Loss:
  """`loss` with all its terms times weight(step)."""
  def times(objective: Objective) -> Objective:
    def of_round(round, memory):
      terms, memory = objective(round, memory)
      return {name: weight(round.step) * term for name, term in terms.items()}, memory
    return of_round
  return dataclasses.replace(loss, d=times(loss.d), g=times(loss.g))


def merge(a: Terms, b: Terms) -> Terms:
  """The union of two sets of terms. ValueError if they share a name."""
  if shared := a.keys() & b.keys():
    raise ValueError(f'two losses of this sum share the term {sorted(shared)}: '
                     'give one of them another name, or use it once')
  return a | b
