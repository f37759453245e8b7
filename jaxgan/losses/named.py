"""Losses and penalties by name, for experiments that leave the choice to the command line."""
from jaxgan.io.errors import choose
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss

LOSSES = {loss.__name__: loss for loss in (
    adversarial.non_saturating, adversarial.minimax, adversarial.least_squares,
    adversarial.hinge, adversarial.wasserstein, adversarial.relativistic,
    adversarial.relativistic_average)}
PENALTIES = {
    'none': lambda weight: Loss(), 'gradient_penalty': penalties.gradient_penalty,
    'dragan': penalties.dragan, 'r1': penalties.r1, 'r2': penalties.r2,
    'r1_r2': lambda weight: penalties.r1(weight) + penalties.r2(weight)}


def loss(name: str, penalty: str = 'none', weight: float = 1.) -> Loss:
  """A loss with a penalty of this weight; 10 is usual of gradient_penalty and dragan. Raises
  Failure for names that are none of these.

  Example:
    >>> from jaxgan.losses import named
    >>> game = named.loss('hinge', 'r1', 10.)
  """
  return (choose(LOSSES, 'loss', name)() + choose(PENALTIES, 'penalty', penalty)(weight))
