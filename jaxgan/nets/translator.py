"""The generator of CycleGAN (Zhu et al., 2017, arXiv:1703.10593, appendix 7.2): an image in,
one of its size out. As in the authors' PyTorch program, to the parameter."""
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.nets.layers import InstanceNorm, reflected
from jaxgan.nets.unet import normal
from jaxgan.types import Array, PyTree


class Translator(nn.Module):
  """c [B, H, W, C] -> x [B, H, W, channels] in (-1, 1); H and W divide by 4.

  7 x 7 to `width`, two halvings, residual `blocks`, two doublings, 7 x 7; instance norm
  without gain. With 9 blocks of width 64: 11,378,179 parameters, in 3 channels and out 3. There
  is no z, and no noise.
  """
  channels: int = 3
  width: int = 64
  blocks: int = 9
  dtype: Any = jnp.float32  # of the computation; parameters are float32

  @nn.compact
  def __call__(self, z: None, c: Array, *, train: bool,
               maps: Sequence[int] | None = None) -> Array | list[Array]:
    """`maps`: of the stages 0 (c itself), 1 (7 x 7), 2, 3 (halved), 4 .. (a block each): their
    maps instead of the image, for contrastive losses. Raises ValueError for others."""
    if maps is not None and not 0 <= min(maps) <= max(maps) <= 3 + self.blocks:
      raise ValueError(f'maps={tuple(maps)}: the stages are 0 to {3 + self.blocks}')
    how = dict(kernel_init=normal, dtype=self.dtype)
    active = lambda h: nn.relu(InstanceNorm()(h))
    h, seen = c, [c]
    h = active(Conv(self.width, 7, pad=0, **how)(reflected(h, 3)))
    seen.append(h)
    for times in (2, 4):
      h = active(Conv(times * self.width, 3, stride=2, pad=1, **how)(h))
      seen.append(h)
    for _ in range(self.blocks):
      h = h + InstanceNorm()(self.block(h, how))
      seen.append(h)
      if maps is not None and len(seen) > max(maps):
        return [seen[i] for i in maps]
    for times in (2, 1):
      h = active(ConvTranspose(times * self.width, 3, pad=1, **how)(h))
    x = Conv(self.channels, 7, pad=0, **how)(reflected(h, 3))
    return jnp.tanh(x.astype(jnp.float32))

  def block(self, h: Array, how: dict) -> Array:
    wide = Conv(h.shape[3], 3, pad=0, **how)(reflected(h, 1))
    return Conv(h.shape[3], 3, pad=0, **how)(reflected(nn.relu(InstanceNorm()(wide)), 1))


class Both(nn.Module):
  """c {'a', 'b'} -> x {'a', 'b'}, the images translated: x['a'] from c['b'], and x['b'] from
  c['a']. `to_a` and `to_b` make the translators."""
  to_a: Callable[..., nn.Module]
  to_b: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, z: None, c: PyTree, *, train: bool) -> PyTree:
    return {'a': self.to_a(name='to_a')(z, c['b'], train=train),
            'b': self.to_b(name='to_b')(z, c['a'], train=train)}


class OfEach(nn.Module):
  """A critic of its own, made by `critic`, for each array of x, a dict of images. Conditions
  are not looked at; logits and out are dicts."""
  critic: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, x: PyTree, c: PyTree = None, *, train: bool):
    found = {name: self.critic(name=name)(image, None, train=train)
             for name, image in x.items()}
    return ({name: logits for name, (logits, _) in found.items()},
            {name: out for name, (_, out) in found.items()})


class Contrasted(nn.Module):
  """A translator, and what projects the maps of its `stages` to vectors that are compared (CUT:
  Park et al., 2020, arXiv:2007.15651, section 3): two dense layers each, of unit length at the
  end. For CUT's five stages of a translator of width 64, 560,384 parameters beside it."""
  translator: Callable[..., nn.Module]
  stages: Sequence[int] = (0, 2, 3, 4, 8)
  size: int = 256

  @nn.compact
  def __call__(self, z: None, c: Array, *, train: bool, of: Array | None = None,
               noise: Array | None = None, count: int = 256) -> Array | list[Array]:
    """-> x. With `of`, images [B, H, W, C]: a list, of each stage the vectors [B, n, size] of
    up to `count` of their pixels, where `noise` [B, at least H W] is largest."""
    net = self.translator(name='translator')
    if of is None and not self.is_initializing():
      return net(z, c, train=train)
    maps = net(z, c if of is None else of, train=train, maps=self.stages)
    found = []
    for i, rows in enumerate(m.reshape(len(m), -1, m.shape[3]) for m in maps):
      n = rows.shape[1]
      if noise is not None and n > count:
        _, at = jax.lax.top_k(noise[:, :n], count)
        rows = jnp.take_along_axis(rows, at[..., None], axis=1)
      h = nn.relu(nn.Dense(self.size, kernel_init=normal, name=f'first_{i}')(rows))
      h = nn.Dense(self.size, kernel_init=normal, name=f'second_{i}')(h)
      h = h.astype(jnp.float32)
      found.append(h * jax.lax.rsqrt((h ** 2).sum(-1, keepdims=True) + 1e-12))
    return net(z, c, train=train) if of is None else found
