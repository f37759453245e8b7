"""What stands between an image, real or fake, and the discriminator."""
from collections.abc import Callable
from typing import NamedTuple

from jaxgan.types import Array, Key, Memory, PyTree


class Augment(NamedTuple):
  """A random, differentiable transformation and the strength it adapts.

  `update` sees this device's logits, and its result is averaged over the devices: reduce
  with `axis.mean` before anything nonlinear.
  """
  init: Callable[[], Memory]
  apply: Callable[[Key, PyTree, Memory], PyTree]  # (keys [B], x, memory) -> x
  update: Callable[[Memory, Array], Memory]  # (memory, D's real logits) -> memory


def none() -> Augment:
  """The discriminator sees the images as they are."""
  return Augment(tuple, lambda keys, x, memory: x, lambda memory, real_logits: memory)
