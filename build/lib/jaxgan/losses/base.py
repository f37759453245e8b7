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
  """What each player minimises: the sum of its terms. `a + b` plays both losses.

  Args:
    d: (Round, memory) -> (D's terms by name, scalars; the memory after it).
    g: the same of G.
    init: makes the memory that both take and return: floats, which are averaged over the
      devices after each move.
    read: (Round, memory) -> what is logged of it, and not minimised.

  Raises:
    ValueError: in a step, for two terms of one name.

  Example:
    >>> import jaxgan
    >>> import jax.numpy as jnp
    >>> hinge = jaxgan.Loss(
    ...     d=lambda round, memory: ({'hinge': jnp.maximum(1 - round.on_real[0], 0).mean()
    ...                               + jnp.maximum(1 + round.on_fake[0], 0).mean()}, memory),
    ...     g=lambda round, memory: ({'hinge': -round.on_fake[0].mean()}, memory))
  """
  d: Objective = nothing
  g: Objective = nothing
  init: Callable[[], Memory] = tuple
  read: Callable[[Round, Memory], Terms] = lambda round, memory: {}

  def __add__(self, other: 'Loss') -> 'Loss':
    def both(mine: Objective, theirs: Objective) -> Objective:
      def objective(round, memory):
        a, first = mine(round, memory[0])
        b, second = theirs(round, memory[1])
        return merge(a, b), (first, second)
      return objective
    return Loss(d=both(self.d, other.d), g=both(self.g, other.g),
                init=lambda: (self.init(), other.init()),
                read=lambda round, memory: merge(self.read(round, memory[0]),
                                                 other.read(round, memory[1])))


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
