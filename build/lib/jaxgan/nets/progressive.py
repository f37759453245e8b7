"""Progressive growing (Karras et al., 2018, arXiv:1710.10196): networks of one resolution,
whose newest layers are faded in over their first moves.

Each resolution is a run of its own, which starts from the run before by `--init_from`: layers
bear the name of their map's size, so that all carry over but those that are new. How far the
newest have come is counted in the networks' own statistics.
"""
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets import resnet
from jaxgan.nets.equalised import Conv, Dense, active, channels, deviation, resolutions, unit
from jaxgan.types import Array


def pixel_norm(x: Array) -> Array:
  """Each pixel's vector divided by its root mean square (section 4.2)."""
  return x * jax.lax.rsqrt((x ** 2).mean(3, keepdims=True) + 1e-8)


def share(net: nn.Module, size: int, moves: int, train: bool) -> Array:
  """alpha, from 0 to 1 over so many moves, of the layers of a resolution (figure 2)."""
  if not moves:
    return jnp.ones(())
  done = net.variable('progress', f'moves{size}', lambda: jnp.zeros((), jnp.int32))
  alpha = jnp.clip(done.value / moves, 0, 1)
  if train and not net.is_initializing():
    done.value += 1
  return alpha


def mixed(old: Array, new: Array, alpha: Array) -> Array:
  return old + alpha * (new - old)


class Generator(nn.Module):
  """z [B, Z] -> x [B, H, W, C], in about [-1, 1]; `fade` moves until the newest layers count
  in full, 0 for the first resolution."""
  shape: Sequence[int]  # H, W, C of one image
  fade: int
  channel_base: int = 8192
  channel_max: int = 512

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    height, width, rgb = self.shape
    sizes, x, before = resolutions(height), None, None

    def conv(name, x):
      return pixel_norm(Conv(features, 3, name=name)(x))

    def image(size, x):
      return Conv(rgb, 1, act=False, name=f'torgb{size}')(x)

    for size in sizes:
      features = channels(size, self.channel_base, self.channel_max)
      if x is None:
        seed = (size, width * size // height, features)
        x = active(Dense(math.prod(seed), name=f'dense{size}')(unit(z)))
        x = pixel_norm(x.reshape(-1, *seed))
      else:
        before = x
        x = conv(f'conv{size}_0', resnet.doubled(x))
      x = conv(f'conv{size}_1', x)
    new, alpha = image(height, x), share(self, height, self.fade, train)
    if before is None or not self.fade:
      return new
    return mixed(resnet.doubled(image(sizes[-2], before)), new, alpha)


class Discriminator(nn.Module):
  """x [B, H, W, C] -> (logits [B], {'features': [B, F]}): the generator's mirror image, with
  the minibatch deviation of `group` examples before its end."""
  fade: int
  channel_base: int = 8192
  channel_max: int = 512
  group: int = 4

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool):
    sizes = resolutions(x.shape[1])[::-1]
    of = lambda size: channels(size, self.channel_base, self.channel_max)
    alpha = share(self, sizes[0], self.fade, train)
    image = x
    x = Conv(of(sizes[0]), 1, name=f'fromrgb{sizes[0]}')(image)
    for i, (size, smaller) in enumerate(zip(sizes, sizes[1:])):
      x = Conv(of(size), 3, name=f'conv{size}_0')(x)
      x = resnet.halved(Conv(of(smaller), 3, name=f'conv{size}_1')(x))
      if i == 0 and self.fade:
        low = resnet.halved(image)
        x = mixed(Conv(of(smaller), 1, name=f'fromrgb{smaller}')(low), x, alpha)
    if self.group:
      x = deviation(x, self.group if train else math.gcd(self.group, len(x)),
                    shared=train and not self.is_initializing())
    x = Conv(of(sizes[-1]), 3, name=f'conv{sizes[-1]}')(x)
    h = active(Dense(of(sizes[-1]), name=f'dense{sizes[-1]}')(x.reshape(len(x), -1)))
    return Dense(1, name='out')(h)[:, 0], {'features': h}
