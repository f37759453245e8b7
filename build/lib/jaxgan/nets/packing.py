"""PacGAN: D judges several examples at once, and so sees it if they are alike.

Lin et al., 2018, arXiv:1712.04086, section 3.
"""
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.types import Array


class Packed(nn.Module):
  """x [B, ..., C] -> (logits [B / m], out): m successive examples are one of m C channels.

  `judge` is any unconditional discriminator. ValueError if m does not divide this device's
  examples, or if there are conditions. Augmentations that adapt count packs as images.
  """
  judge: nn.Module
  m: int = 2

  @nn.compact
  def __call__(self, x: Array, c=None, *, train: bool) -> tuple[Array, dict]:
    if self.is_initializing() and len(x) < self.m:  # the state is made from few examples
      x = jnp.repeat(x[:1], self.m, axis=0)
    if len(x) % self.m or c is not None:
      raise ValueError(f'packs of {self.m} need a multiple of {self.m} examples a device, '
                       f'without conditions: not {len(x)}, c = {c}')
    groups = jnp.moveaxis(x.reshape(-1, self.m, *x.shape[1:]), 1, -2)  # [B/m, ..., m, C]
    return self.judge(groups.reshape(*groups.shape[:-2], -1), train=train)
