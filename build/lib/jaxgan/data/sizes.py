"""Images at another size for the networks than on disk: what is stored, shown and scored stays
as it is."""
import dataclasses

import jax
import jax.numpy as jnp

from jaxgan.data.source import Dataset
from jaxgan.types import Array


def framed(data: Dataset, border: int) -> Dataset:
  """Images [.., H, W, C] with a border of their lowest value: MNIST's black."""
  def frame(x: Array) -> Array:
    around = [(0, 0)] * (x.ndim - 3) + [(border, border), (border, border), (0, 0)]
    return jnp.pad(x, around, constant_values=-1)

  inner = slice(border, -border)
  return resized(data, frame, lambda x: x[..., inner, inner, :])


def shrunk(data: Dataset, factor: int) -> Dataset:
  """Images [.., H, W, C] whose pixels are the means of factor x factor; shown with pixels that
  large."""
  def shrink(x: Array) -> Array:
    *examples, h, w, c = x.shape
    squares = x.reshape(*examples, h // factor, factor, w // factor, factor, c)
    return squares.mean((-4, -2))

  return resized(data, shrink, lambda x: x.repeat(factor, -3).repeat(factor, -2))


def resized(data: Dataset, shrink, grow) -> Dataset:
  """A data set whose images pass `shrink` on their way to the networks, `grow` on their way
  back; both take and give floats."""
  def decode(batch):
    batch = data.decode(batch)
    return batch._replace(x=jax.tree.map(shrink, batch.x))
  return dataclasses.replace(data, decode=decode, encode=lambda x: data.encode(grow(x)),
                             pixels=data.pixels and (lambda x: data.pixels(grow(x))))
