"""Critics of patches: each logit judges what it sees of the image (Isola et al., 2017,
arXiv:1611.07004, section 3.2.2)."""
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.conv import Conv
from jaxgan.nets.layers import leaky_relu
from jaxgan.nets.unet import Norm, batch_norm, normal
from jaxgan.types import Array, PyTree


class Discriminator(nn.Module):
  """x [B, H, W, C] beside its condition c, an image of its size, if there is one -> (logits
  [B, H', W'], out).

  4 x 4 convolutions: one of stride 2 for each width but the last, one of stride 1 to that,
  and one to the logits. out['maps']: what is between, for `losses.paired.features`. With the
  default widths a logit sees 70 x 70 pixels: 2,768,705 parameters for 6 channels in all.
  """
  widths: Sequence[int] = (64, 128, 256, 512)
  norm: Norm = batch_norm
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *,
               train: bool) -> tuple[Array, dict[str, PyTree]]:
    plain = self.norm is batch_norm
    h, maps = x if c is None else jnp.concatenate([c, x], axis=3), []
    for i, width in enumerate(self.widths):
      last = i == len(self.widths) - 1
      h = Conv(width, 4, stride=1 if last else 2, pad=1, use_bias=not (i and plain),
               kernel_init=normal, dtype=self.dtype)(h)
      h = leaky_relu(.2)(self.norm(train)(h) if i else h)
      maps.append(h)
    h = Conv(1, 4, pad=1, kernel_init=normal, dtype=self.dtype)(h)
    return h[..., 0].astype(jnp.float32), {'maps': maps}


class MultiScale(nn.Module):
  """`count` critics, made by `critic`: of the image, of half its size, .. (Wang et al., 2018,
  arXiv:1711.11585, section 3.2). logits and out['maps'] are lists, the finest first."""
  critic: Callable[..., nn.Module] = Discriminator
  count: int = 2

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    logits, maps = [], []
    for i in range(self.count):
      found, out = self.critic(name=f'scale_{i}')(x, c, train=train)
      logits.append(found)
      maps.append(out['maps'])
      x, c = jax.tree.map(halved, (x, c))
    return logits, {'maps': maps}


class Unconditional(nn.Module):
  """A critic, made by `critic`, that does not look at conditions."""
  critic: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, x: Array, c: PyTree = None, *, train: bool):
    return self.critic(name='critic')(x, None, train=train)


def halved(x: Array) -> Array:
  """Means of 3 x 3 pixels, every second one; at the edge of those that there are."""
  window = (1, 3, 3, 1)
  total = lambda a: jax.lax.reduce_window(a, 0., jax.lax.add, window, (1, 2, 2, 1),
                                          ((0, 0), (1, 1), (1, 1), (0, 0)))
  return total(x) / total(jnp.ones_like(x))
