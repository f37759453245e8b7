"""Images at another size for the networks than on disk: what is stored, shown and scored stays
as it is."""
import dataclasses

import jax.numpy as jnp

from jaxgan.data.source import Dataset
from jaxgan.types import Array


def framed(data: Dataset, size: int) -> Dataset:
  """Images in the middle of a size x size square of their lowest value (MNIST's black)."""
  height, width = data.describe(None).x.shape[:2]
  top, left = (size - height) // 2, (size - width) // 2
  around = ((0, 0), (top, size - height - top), (left, size - width - left), (0, 0))

  def grow(x: Array) -> Array:
    return jnp.pad(x, around, constant_values=x.dtype.type(-1))

  return resized(data, grow, lambda x: x[:, top:top + height, left:left + width])


def shrunk(data: Dataset, factor: int) -> Dataset:
  """Images whose pixels are the means of factor x factor; shown with pixels that large."""
  def shrink(x: Array) -> Array:
    b, h, w, c = x.shape
    return x.reshape(b, h // factor, factor, w // factor, factor, c).mean((2, 4))

  return resized(data, shrink, lambda x: x.repeat(factor, 1).repeat(factor, 2))


def resized(data: Dataset, shrink, grow) -> Dataset:
  """A data set whose images pass `shrink` on their way to the networks, `grow` on their way
  back; both take and give float images [B, H, W, C]."""
  def decode(batch):
    batch = data.decode(batch)
    return batch._replace(x=shrink(batch.x))
  return dataclasses.replace(data, decode=decode, encode=lambda x: data.encode(grow(x)),
                             pixels=data.pixels and (lambda x: data.pixels(grow(x))))
