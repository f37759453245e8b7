"""Layers that know that a batch is divided over devices."""
import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan import axis, rng
from jaxgan.types import Array


def leaky_relu(slope: float) -> Callable[[Array], Array]:
  """max(x, slope x)."""
  return functools.partial(jax.nn.leaky_relu, negative_slope=slope)


def plain(layer: nn.Module, train: bool) -> Callable[[Array], Array]:
  """The layer with its weights as they are."""
  return layer


def spectral(layer: nn.Module, train: bool) -> Callable[[Array], Array]:
  """The layer with each weight W, as a matrix [inputs, F], divided by its largest singular
  value (Miyato et al., 2018, arXiv:1802.05957): one power step a round of the game."""
  normed = nn.SpectralNorm(layer, collection_name='spectral')
  return lambda x: normed(x, update_stats=train)


def recomputed(block: type[nn.Module]) -> type[nn.Module]:
  """The block, but what it computes is not kept for the way back, and computed again (Chen et
  al., 2016, arXiv:1604.06174): memory for about a third more time. Names stay as they are."""
  arguments = inspect.signature(block.__call__).parameters
  static = tuple(i for i, name in enumerate(arguments) if name == 'train')
  again = nn.remat(block, static_argnums=static)
  again.__name__ = block.__name__  # by which Flax names its parameters
  return again


class BatchNorm(nn.Module):
  """Batch normalisation over all devices' examples (Ioffe & Szegedy, 2015, arXiv:1502.03167).

  x [..., C] -> the same shape and dtype; computed in float32, the variance in two passes,
  safe for any mean. Parameters and statistics are named as Flax's nn.BatchNorm names them.
  Flax's gives other last bits under pmap than under shard_map, as its backward pass adds
  before or after the all-reduce; here both do the same.
  """
  momentum: float  # of the running averages; papers differ, so there is no default
  epsilon: float
  scale_init: Any = nn.initializers.ones

  @nn.compact
  def __call__(self, x: Array, train: bool,
               modulation: tuple[Array, Array] | None = None) -> Array:
    """`modulation`: a gain and a bias [B, C] of each example, instead of learned ones."""
    size = x.shape[-1:]
    running_mean = self.variable('batch_stats', 'mean', jnp.zeros, size)
    running_var = self.variable('batch_stats', 'var', jnp.ones, size)
    if modulation is None:
      scale = spread(self.param('scale', self.scale_init, size), x)
      bias = spread(self.param('bias', nn.initializers.zeros, size), x)
    else:
      scale, bias = (a.reshape(x.shape[0], *[1] * (x.ndim - 2), *size) for a in modulation)
    wide = x.astype(jnp.float32)
    if train and not self.is_initializing():
      mean, var = moments(wide)
      for running, new in ((running_mean, mean), (running_var, var)):
        running.value = self.momentum * running.value + (1 - self.momentum) * new
    else:
      mean, var = running_mean.value, running_var.value
    gain = scale * spread(jax.lax.rsqrt(var + self.epsilon), x)
    return ((wide - spread(mean, x)) * gain + bias).astype(x.dtype)


class InstanceNorm(nn.Module):
  """Normalises each channel of each example over its pixels (Ulyanov et al., 2016,
  arXiv:1607.08022), in float32. x [B, .., C] -> the same shape and dtype. `affine`: with a
  learned gain and bias a channel."""
  affine: bool = False
  epsilon: float = 1e-5

  @nn.compact
  def __call__(self, x: Array) -> Array:
    over, size = tuple(range(1, x.ndim - 1)), x.shape[-1:]
    wide = x.astype(jnp.float32)
    centred = wide - wide.mean(over, keepdims=True)
    y = centred * jax.lax.rsqrt((centred ** 2).mean(over, keepdims=True) + self.epsilon)
    if self.affine:
      y = y * spread(self.param('scale', nn.initializers.ones, size), x)
      y = y + spread(self.param('bias', nn.initializers.zeros, size), x)
    return y.astype(x.dtype)


def reflected(x: Array, n: int) -> Array:
  """x [B, .., C] with n more pixels on each side of each axis between, mirrored at the edge."""
  return jnp.pad(x, ((0, 0), *[(n, n)] * (x.ndim - 2), (0, 0)), mode='reflect')


def pixel_shuffle(x: Array, by: int) -> Array:
  """[B, H, W, by^2 C] -> [B, by H, by W, C]: channels become pixels (Shi et al., 2016,
  arXiv:1609.05158, eq. 4), in the order of PyTorch's PixelShuffle."""
  b, h, w, c = x.shape
  blocks = x.reshape(b, h, w, c // by ** 2, by, by)
  return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(b, by * h, by * w, -1)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def reversed_gradient(x: Array, weight: float) -> Array:
  """x; its gradient is times -weight (Ganin & Lempitsky, 2015, arXiv:1409.7495)."""
  return x


reversed_gradient.defvjp(lambda x, weight: (x, None),
                         lambda weight, _, g: (-weight * g,))


def moments(x: Array) -> tuple[Array, Array]:
  """Mean and variance [C] of all devices' x [.., C], each device's in two passes, joined in one
  exchange (Chan et al., 1983: the variance within, and that of the means)."""
  over = functools.partial(jnp.mean, axis=range(x.ndim - 1))
  mean = over(x)
  var = over((x - spread(mean, x)) ** 2)
  means, variances = axis.gather(jnp.stack([mean, var])[None]).swapaxes(0, 1)
  mean = means.mean(0)
  return mean, variances.mean(0) + ((means - spread(mean, means)) ** 2).mean(0)


def spread(a: Array, x: Array) -> Array:
  """[C] -> [1, .., 1, C], with as many axes as x."""
  return a.reshape((1,) * (x.ndim - 1) + a.shape)


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
    words = rng.words(keys, (size + 1) // 2)
    halves = jnp.concatenate([words & 0xffff, words >> 16], axis=1)
    dropped = round(self.rate * 2**16)
    kept = halves[:, :size].reshape(x.shape) >= dropped
    return jnp.where(kept, x / (1 - dropped / 2**16), 0)


class GaussianNoise(nn.Module):
  """Adds N(0, sigma^2) to each element in training, from one key an example."""
  sigma: float

  @nn.compact
  def __call__(self, x: Array, train: bool) -> Array:
    if not train or self.sigma == 0:
      return x
    keys = rng.per_example(self.make_rng('noise'), axis.example_ids(x.shape[0]))
    draw = jax.vmap(lambda key: jax.random.normal(key, x.shape[1:], x.dtype))
    return x + self.sigma * draw(keys)
