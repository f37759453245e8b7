"""CTGAN's players, for rows as networks see them, `data.tables` (Xu et al., 2019,
arXiv:1907.00503, section 4.4 and appendix A)."""
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxgan.nets.layers import BatchNorm, Dropout
from jaxgan.types import Array

TEMPERATURE = .2
Blocks = Sequence[tuple[bool, int]]  # of each column: is it of numbers, and how wide


def gumbel(z: Array) -> Array:
  """Gumbel noise of normal noise: which category is drawn is a function of z alone."""
  share = jnp.clip(jax.scipy.stats.norm.cdf(z), 1e-6, 1 - 1e-6)
  return -jnp.log(-jnp.log(share))


class Generator(nn.Module):
  """z [B, Z + E], c int [B] or None -> rows [B, E]: layers each beside its input, then tanh for
  numbers and a Gumbel softmax, whose noise is the last E of z, for modes and categories."""
  blocks: Blocks  # `Schema.blocks`
  categories: int  # that c tells apart
  widths: Sequence[int] = (256, 256)

  @nn.compact
  def __call__(self, z: Array, c: Array | None = None, *, train: bool) -> Array:
    size = sum(size for _, size in self.blocks)
    h, noise = z[:, :-size], gumbel(z[:, -size:])
    if c is not None:
      h = jnp.concatenate([h, jax.nn.one_hot(c, self.categories)], 1)
    for width in self.widths:
      new = BatchNorm(momentum=.9, epsilon=1e-5)(nn.Dense(width, use_bias=False)(h), train)
      h = jnp.concatenate([jax.nn.relu(new), h], 1)
    x, found, start = nn.Dense(size)(h), [], 0
    for number, size in self.blocks:
      if number:
        found.append(jnp.tanh(x[:, start:start + 1]))
      part = slice(start + number, start + size)
      found.append(jax.nn.softmax((x[:, part] + noise[:, part]) / TEMPERATURE))
      start += size
    return jnp.concatenate(found, 1)


class Critic(nn.Module):
  """Rows x [B, E], c int [B] or None -> (logits [B / pack], {}): `pack` successive rows, each
  beside what it was asked to be, are judged as one (Lin et al., 2018, arXiv:1712.04086).
  ValueError if packs do not divide this device's rows."""
  categories: int
  widths: Sequence[int] = (256, 256)
  pack: int = 10
  dropout: float = .5

  @nn.compact
  def __call__(self, x: Array, c: Array | None = None, *, train: bool) -> tuple[Array, dict]:
    if c is not None:
      x = jnp.concatenate([x, jax.nn.one_hot(c, self.categories)], 1)
    if self.is_initializing() and len(x) < self.pack:  # the state is made from few examples
      x = jnp.repeat(x[:1], self.pack, axis=0)
    if len(x) % self.pack:
      raise ValueError(f'packs of {self.pack} need a multiple of {self.pack} rows a device, '
                       f'not {len(x)}')
    h = x.reshape(-1, self.pack * x.shape[1])
    for width in self.widths:
      h = Dropout(self.dropout)(nn.leaky_relu(nn.Dense(width)(h), .2), train)
    return nn.Dense(1)(h)[:, 0], {}
