"""Layers of equalised learning rate (Karras et al., 2018, arXiv:1710.10196, section 4.1), of
which progressive GANs and StyleGANs are made: kernels are N(0, 1), and scaled in use."""
import math

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan import axis
from jaxgan.nets import bilinear, fir
from jaxgan.types import Array

normal = nn.initializers.normal(1.)


def resolutions(size: int) -> tuple[int, ...]:
  """Heights of the maps, coarse to fine: halves of `size` while even, down to 4."""
  sizes = [size]
  while sizes[-1] % 2 == 0 and sizes[-1] > 4:
    sizes.append(sizes[-1] // 2)
  return tuple(reversed(sizes))


def channels(size: int, base: int, most: int) -> int:
  """Channels of maps of a height: `channel_base` and `channel_max`."""
  return min(base // size, most)


def active(x: Array, gain: float = 1., clamp: float | None = None) -> Array:
  """Leaky ReLU of slope .2 that keeps the variance (times gain^2), clamped to +-clamp gain."""
  return clamped(jax.nn.leaky_relu(x, .2) * (math.sqrt(2) * gain), gain, clamp)


def clamped(x: Array, gain: float, clamp: float | None) -> Array:
  return x if clamp is None else jnp.clip(x, -clamp * gain, clamp * gain)


def unit(x: Array) -> Array:
  """Each example [B, F] divided by its root mean square."""
  return x * jax.lax.rsqrt((x ** 2).mean(1, keepdims=True) + 1e-8)


class Dense(nn.Module):
  """x [B, I] -> [B, F]. The kernel is N(0, 1) / rate, and used times rate / sqrt(I): a layer
  that learns at `rate` of the others' speed."""
  features: int
  rate: float = 1.
  bias: float = 0.

  @nn.compact
  def __call__(self, x: Array) -> Array:
    n = x.shape[1]
    kernel = self.param('kernel', nn.initializers.normal(1 / self.rate), (n, self.features))
    bias = self.param('bias', nn.initializers.constant(self.bias), (self.features,))
    return x @ (kernel * (self.rate / math.sqrt(n))) + (bias * self.rate)[None]


def resampled(x: Array, kernel: Array, up: int, down: int) -> Array:
  """Convolution with a kernel [k, k, I, F], to twice or half the size through the filter."""
  k, half = kernel.shape[0], kernel.shape[0] // 2
  none = ((0, 0), (0, 0))
  if up == 1 and down == 1:
    return bilinear.conv(x, kernel, 1, ((half, half), (half, half)))
  taps = fir.normalised(fir.BINOMIAL)
  if k == 1:
    smaller = x if up == 2 else fir.halved(x)
    y = bilinear.conv(smaller, kernel, 1, none)
    return fir.doubled(y) if up == 2 else y
  if down == 2:
    return bilinear.conv(fir.upfirdn(x, taps, pads=(half + 1, half + 1)), kernel, 2, none)
  size = tuple(2 * n + k - 2 for n in x.shape[1:3])
  y = bilinear.conv_transpose(x, kernel.swapaxes(2, 3), 2, none, size)
  return fir.upfirdn(y, 2 * taps, pads=(2 - half, 2 - half))


class Conv(nn.Module):
  """A convolution of equalised learning rate, in x's dtype; `act`: then `active`."""
  features: int
  kernel: int
  down: int = 1
  up: int = 1
  use_bias: bool = True
  act: bool = True
  clamp: float | None = None

  @nn.compact
  def __call__(self, x: Array, gain: float = 1.) -> Array:
    shape = (self.kernel, self.kernel, x.shape[3], self.features)
    kernel = self.param('kernel', normal, shape) / math.sqrt(math.prod(shape[:3]))
    x = resampled(x, kernel.astype(x.dtype), self.up, self.down)
    if self.use_bias:
      bias = self.param('bias', nn.initializers.zeros, (self.features,))
      x = x + bias[None, None, None].astype(x.dtype)
    return active(x, gain, self.clamp) if self.act else clamped(x * gain, gain, self.clamp)


def deviation(x: Array, group: int, shared: bool) -> Array:
  """Minibatch standard deviation as one more channel (Karras et al., 2018, arXiv:1710.10196,
  section 3): within each `group` examples in a row each feature's deviation, averaged over
  features and pixels. [B, H, W, C] -> [B, H, W, C + 1]. `shared`: of all devices' examples."""
  gathers = shared and len(x) % group
  everyone = axis.gather(x) if gathers else x
  n = min(group, len(everyone))
  if len(everyone) % n:
    raise ValueError(f'minibatch deviation in groups of {n}: a batch of {len(everyone)} does '
                     f'not divide; the nearest that does is {len(everyone) // n * n}')
  groups = everyone.astype(jnp.float32).reshape(-1, n, *x.shape[1:])
  centred = groups - groups.mean(1, keepdims=True)
  found = jnp.repeat(jnp.sqrt((centred ** 2).mean(1) + 1e-8).mean((1, 2, 3)), n)
  mine = found[axis.example_ids(len(x))] if gathers else found
  extra = jnp.broadcast_to(mine[:, None, None, None].astype(x.dtype), (*x.shape[:3], 1))
  return jnp.concatenate([x, extra], axis=3)
