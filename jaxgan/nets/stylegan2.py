"""StyleGAN2 (Karras et al., 2020, arXiv:1912.04958), to the parameter NVIDIA's program of
StyleGAN2-ADA (arXiv:2006.06676), whose names the parts bear.

A generator of two halves, for path length regularisation, style mixing and projection:

  ws = G.apply(variables, z, c, train=False, method='map')      # [B, n, 512]
  x = G.apply(variables, ws, c, train=False, method='draw')
"""
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan import axis, rng
from jaxgan.nets import fir
from jaxgan.nets.conditioning import one_hot
from jaxgan.nets.equalised import (
  Conv,
  Dense,
  active,
  channels,
  clamped,
  deviation,
  normal,
  resampled,
  resolutions,
  unit,
)
from jaxgan.types import Array


def precision(size: int, largest: int, half: int):
  """bfloat16 for the `half` highest of the resolutions, but never below 8."""
  return jnp.bfloat16 if size >= max(2 * largest // 2 ** half, 8) else jnp.float32


def modulated(x: Array, kernel: Array, styles: Array, up: int = 1,
              demodulate: bool = True) -> Array:
  """A convolution whose input channels are scaled by the styles [B, I] of each example and
  whose outputs then have the variance back (equations 1 and 3): kernel [k, k, I, F]."""
  x = x * styles[:, None, None].astype(x.dtype)
  x = resampled(x, kernel.astype(x.dtype), up, 1)
  if not demodulate:
    return x
  squares = styles ** 2 @ (kernel ** 2).sum((0, 1))  # [B, F]
  return x * jax.lax.rsqrt(squares + 1e-8)[:, None, None].astype(x.dtype)


class Mapping(nn.Module):
  """(z [B, Z] or None, c int [B] or None) -> w [B, features]; keeps w's average, `w_avg`."""
  features: int = 512
  layers: int = 8
  classes: int = 0
  average: float | None = .995  # what w_avg keeps of itself in a step

  @nn.compact
  def __call__(self, z: Array | None, c: Array | None, train: bool) -> Array:
    parts = [] if z is None else [unit(z)]
    if self.classes:
      embedding = Dense(self.features, name='embed')(one_hot(c, self.classes))
      parts.append(unit(embedding))
    w = jnp.concatenate(parts, axis=1)
    for i in range(self.layers):
      w = active(Dense(self.features, rate=.01, name=f'fc{i}')(w))
    if self.average is not None:
      mean = self.variable('moving', 'w_avg', jnp.zeros, w.shape[1:])
      if train and not self.is_initializing():
        new = axis.vary(axis.mean(jax.lax.stop_gradient(w).mean(0)))
        mean.value = new + self.average * (mean.value - new)
    return w


class Layer(nn.Module):
  """A modulated 3x3, noise of a learned strength, bias, and `active`."""
  features: int
  up: int = 1
  clamp: float | None = 256.

  @nn.compact
  def __call__(self, x: Array, w: Array, train: bool, gain: float = 1.) -> Array:
    styles = Dense(x.shape[3], bias=1., name='affine')(w)
    kernel = self.param('kernel', normal, (3, 3, x.shape[3], self.features))
    x = modulated(x, kernel, styles, self.up)
    strength = self.param('noise_strength', nn.initializers.zeros, ())
    x = x + (strength * self.noise(x.shape, train)).astype(x.dtype)
    bias = self.param('bias', nn.initializers.zeros, (self.features,))
    return active(x + bias[None, None, None].astype(x.dtype), gain, self.clamp)

  def noise(self, shape: tuple[int, ...], train: bool) -> Array:
    """N(0, 1) [B, H, W, 1], fresh in training, else one map [1, H, W, 1], drawn at first."""
    size = (*shape[1:3], 1)
    draw = lambda key: jax.random.normal(key, size)
    const = self.variable('constants', 'noise', lambda: draw(self.make_rng('params')))
    if not train:
      return const.value[None]
    return jax.vmap(draw)(rng.per_example(self.make_rng('noise'), axis.example_ids(shape[0])))


class ToRGB(nn.Module):
  """A modulated 1x1 without demodulation -> [B, H, W, C], float32."""
  features: int
  clamp: float | None = 256.

  @nn.compact
  def __call__(self, x: Array, w: Array) -> Array:
    styles = Dense(x.shape[3], bias=1., name='affine')(w) / math.sqrt(x.shape[3])
    kernel = self.param('kernel', normal, (1, 1, x.shape[3], self.features))
    x = modulated(x, kernel, styles, demodulate=False)
    bias = self.param('bias', nn.initializers.zeros, (self.features,))
    x = x + bias[None, None, None].astype(x.dtype)
    return clamped(x, 1., self.clamp).astype(jnp.float32)


class SynthesisBlock(nn.Module):
  """The layers of one resolution: (x or None, image so far or None, its three w) -> both."""
  size: tuple[int, int]
  features: int
  rgb: int | None  # channels of the image, if this block draws
  residual: bool
  dtype: Any
  clamp: float | None

  @nn.compact
  def __call__(self, x: Array | None, image: Array | None, ws: Sequence[Array], train: bool):
    layer = lambda name, up=1: Layer(self.features, up, self.clamp, name=name)
    if x is None:
      const = self.param('const', normal, (*self.size, self.features))
      x = jnp.broadcast_to(const[None].astype(self.dtype), (ws[0].shape[0], *const.shape))
      x = layer('conv1')(x, ws[1], train)
    else:
      x, gain = x.astype(self.dtype), math.sqrt(.5) if self.residual else 1.
      h = layer('conv0', up=2)(x, ws[0], train)
      h = layer('conv1')(h, ws[1], train, gain)
      skip = Conv(self.features, 1, up=2, use_bias=False, act=False, name='skip')
      x = h + skip(x, gain) if self.residual else h
    image = None if image is None else fir.doubled(image)
    if self.rgb is not None:
      drawn = ToRGB(self.rgb, self.clamp, name='torgb')(x, ws[2])
      image = drawn if image is None else image + drawn
    return x, image


class Generator(nn.Module):
  """z [B, Z], c int [B] or None -> x [B, H, W, C], in about [-1, 1].

  `style` is the width of w, `mapping` the depth of the mapping network; `architecture` 'skip'
  (the paper's), 'orig' or 'resnet'; the `half` highest resolutions are bfloat16; `mixing` is
  the chance of two styles in an image in training. w is pulled to its average by `psi` < 1, in
  the first `cutoff` layers (Karras et al., 2019, arXiv:1812.04948, appendix B).
  """
  shape: Sequence[int]  # H, W, C of one image
  classes: int = 0
  style: int = 512
  depth: int = 8
  channel_base: int = 32768
  channel_max: int = 512
  architecture: str = 'skip'
  mixing: float = .9
  half: int = 0
  clamp: float | None = 256.

  def setup(self):
    height, width, rgb = self.shape
    self.mapping = Mapping(self.style, self.depth, self.classes)
    blocks, sizes = [], resolutions(height)
    for size in sizes:
      draws = self.architecture == 'skip' or size == height
      blocks.append(SynthesisBlock(
          (size, width * size // height), channels(size, self.channel_base, self.channel_max),
          rgb if draws else None, self.architecture == 'resnet',
          precision(size, height, self.half), self.clamp, name=f'b{size}'))
    self.blocks, self.layers = blocks, 2 * len(sizes)

  def __call__(self, z: Array, c: Array | None = None, *, train: bool, psi: float = 1.,
               cutoff: int | None = None) -> Array:
    return self.draw(self.map(z, c, train=train, psi=psi, cutoff=cutoff), c, train=train)

  def map(self, z: Array, c: Array | None = None, *, train: bool, psi: float = 1.,
          cutoff: int | None = None) -> Array:
    """-> the style of each layer, [B, layers, style]."""
    w = self.mapping(z, c, train)
    ws = jnp.repeat(w[:, None], self.layers, axis=1)
    if train and self.mixing > 0:
      ws = self.mixed(ws, z, c)
    if psi == 1:
      return ws
    centre = self.mapping.get_variable('moving', 'w_avg')[None, None]
    pulled = (jnp.arange(self.layers) < (self.layers if cutoff is None else cutoff))
    return jnp.where(pulled[None, :, None], centre + psi * (ws - centre), ws)

  def mixed(self, ws: Array, z: Array, c: Array | None) -> Array:
    """From a random layer on, the style of another z, with probability `mixing`."""
    keys = rng.per_example(self.make_rng('noise'), axis.example_ids(len(z)))
    at = lambda name: jax.vmap(rng.named, (0, None))(keys, name)
    other = jax.vmap(lambda key: jax.random.normal(key, z.shape[1:]))(at('z'))
    cut = jax.vmap(lambda key: jax.random.randint(key, (), 1, self.layers))(at('cut'))
    mixes = jax.vmap(jax.random.uniform)(at('mixes')) < self.mixing
    taken = (jnp.arange(self.layers)[None] >= cut[:, None]) & mixes[:, None]
    return jnp.where(taken[:, :, None], self.mapping(other, c, False)[:, None], ws)

  def draw(self, ws: Array, c: Array | None = None, *, train: bool) -> Array:
    """The image of styles [B, layers, style]; c is not looked at."""
    x = image = None
    for i, block in enumerate(self.blocks):
      first = max(2 * i - 1, 0)
      own = [ws[:, first], ws[:, 2 * i], ws[:, 2 * i + 1]]
      x, image = block(x, image, own, train)
    return image


class DiscriminatorBlock(nn.Module):
  """The layers of one resolution: (x or None, image or None) -> both, half as large."""
  features: int
  wider: int
  architecture: str
  dtype: Any
  clamp: float | None

  @nn.compact
  def __call__(self, x: Array | None, image: Array | None):
    layer = lambda features, kernel, name, **kw: Conv(features, kernel, clamp=self.clamp,
                                                      name=name, **kw)
    x = None if x is None else x.astype(self.dtype)
    if image is not None:
      y = layer(self.features, 1, 'fromrgb')(image.astype(self.dtype))
      x = y if x is None else x + y
      image = fir.halved(image) if self.architecture == 'skip' else None
    gain = math.sqrt(.5) if self.architecture == 'resnet' else 1.
    h = layer(self.features, 3, 'conv0')(x)
    h = layer(self.wider, 3, 'conv1', down=2)(h, gain)
    if self.architecture == 'resnet':
      h += Conv(self.wider, 1, down=2, use_bias=False, act=False, name='skip')(x, gain)
    return h, image


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], {'features': [B, F]}). `architecture` is 'resnet' (the
  paper's), 'skip' or 'orig'; `group` of the minibatch deviation; 0 for none. With classes the
  logit is a product with the class's vector, of its own mapping network."""
  classes: int = 0
  depth: int = 8
  channel_base: int = 32768
  channel_max: int = 512
  architecture: str = 'resnet'
  group: int = 4
  half: int = 0
  clamp: float | None = 256.

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    height = x.shape[1]
    sizes = resolutions(height)[::-1]
    of = lambda size: channels(size, self.channel_base, self.channel_max)
    image, x = x, None
    for size, next_size in zip(sizes, sizes[1:]):
      block = DiscriminatorBlock(of(size), of(next_size), self.architecture,
                                 precision(size, height, self.half), self.clamp,
                                 name=f'b{size}')
      x, image = block(x, image)
    x, last = x.astype(jnp.float32), of(sizes[-1])
    if self.architecture == 'skip':
      x += Conv(last, 1, name='fromrgb')(image)
    if self.group:
      x = deviation(x, self.group if train else math.gcd(self.group, len(x)),
                    shared=train and not self.is_initializing())
    x = Conv(last, 3, clamp=self.clamp, name='conv')(x)
    h = active(Dense(last, name='fc')(x.reshape(len(x), -1)))
    if not self.classes:
      return Dense(1, name='out')(h)[:, 0], {'features': h}
    style = Mapping(last, self.depth, self.classes, None, name='mapping')(None, c, train)
    return (Dense(last, name='out')(h) * style).sum(1) / math.sqrt(last), {'features': h}
