"""Layers that know that a batch is divided over devices."""
import functools
import math
from typing import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan import axis, rng
from jaxgan.types import Array

# Momentum and epsilon differ between papers, so every network gives its own. Statistics are
# of the whole batch, over all devices; variance by two passes, safe for any mean.
BatchNorm = functools.partial(nn.BatchNorm, axis_name=axis.NAME, use_fast_variance=False)


def leaky_relu(slope: float) -> Callable[[Array], Array]:
  """max(x, slope x)."""
  return functools.partial(jax.nn.leaky_relu, negative_slope=slope)


class Dropout(nn.Module):
  """Zeroes a share `rate` of each example, and scales the rest (Srivastava et al., 2014).

  The mask is drawn from one key an example, so it does not depend on the device count (a
  replicated key, as in nn.Dropout, would repeat the same mask on every device). A draw is
  half a 32-bit word, as random words cost a fifth of a small network's step on a CPU: the
  rate is met to 1/131072, and the scale is exact for the rate that is drawn.
  """
  rate: float

  @nn.compact
  def __call__(self, x: Array, train: bool) -> Array:
    if not train or self.rate == 0:
      return x
    keys = rng.per_example(self.make_rng('noise'), axis.example_ids(x.shape[0]))
    size = math.prod(x.shape[1:])
    words = jax.vmap(lambda key: jax.random.bits(key, (-(-size // 2),)))(keys)
    halves = jnp.concatenate([words & 0xffff, words >> 16], axis=1)
    dropped = round(self.rate * 2**16)
    kept = halves[:, :size].reshape(x.shape) >= dropped
    return jnp.where(kept, x / (1 - dropped / 2**16), 0)
