"""Self-attention over the pixels of a map (SAGAN: Zhang et al., 2019, arXiv:1805.08318)."""
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import layers
from jaxgan.nets.conv import Conv
from jaxgan.types import Array


class SelfAttention(nn.Module):
  """x [B, H, W, C] -> x + sigma o(x), sigma 0 at first (eq. 1 to 3).

  Queries are every pixel; keys and values the maximum of each 2x2 pixels, as the authors'
  program has it. Keys have C/8 channels, values C/2.
  """
  weights: Callable = layers.plain
  kernel_init: Any = nn.initializers.orthogonal()
  dtype: Any = None

  @nn.compact
  def __call__(self, x: Array, train: bool) -> Array:
    def flat(a):
      return a.reshape(a.shape[0], -1, a.shape[3])

    def project(features, a):
      return self.weights(Conv(features, 1, use_bias=False, kernel_init=self.kernel_init,
                               dtype=self.dtype), train)(a)

    channels = x.shape[3]
    query = flat(project(channels // 8, x))
    key = flat(largest(project(channels // 8, x)))
    value = flat(largest(project(channels // 2, x)))
    scores = jnp.einsum('bqc,bkc->bqk', query, key, preferred_element_type=jnp.float32)
    found = jnp.einsum('bqk,bkc->bqc', jax.nn.softmax(scores).astype(x.dtype), value)
    sigma = self.param('sigma', nn.initializers.zeros, (1,))
    out = project(channels, found.reshape(*x.shape[:3], -1))
    return x + sigma[None, None, None].astype(x.dtype) * out


def largest(x: Array) -> Array:
  """The maximum of each 2x2 pixels, [B, H, W, C] -> [B, H/2, W/2, C]; of an odd side the last
  pixels are left out. Its gradient is no scatter, which GPUs add in any order; equal maxima
  share it."""
  b, h, w, c = x.shape
  even = x[:, :h // 2 * 2, :w // 2 * 2]
  return even.reshape(b, h // 2, 2, w // 2, 2, c).max((2, 4))
