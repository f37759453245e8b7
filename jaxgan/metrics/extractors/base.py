"""What turns examples into features: a pure function and its identity."""
from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array, Paths, PyTree


class Extractor(NamedTuple):
  """A network that distances between sets of examples are measured by.

  Args:
    name: as 'cnn-mnist', 'rand-conv', 'inception.tf1'; it says the preprocessing where that
      varies, and stands in the names of scores.
    digest: sha256 of the parameters; '' of one that is not trained yet.
    params: of `apply`.
    apply: (params, examples x as stored [B, ..]) -> (features [B, d], logits [B, K] or None),
      float32. It takes float32 pixels 0..255 too, of images.
    verified: whether these are the published weights of the FID original.
    accuracy: of a classifier, on test examples.
    shape: of the examples it is for; None for any.
    images: whether those are uint8 images [H, W, C] of 1 or 3 channels.
    classifies: whether it gives logits.

  Example:
    >>> import jax.numpy as jnp
    >>> from jaxgan.metrics.extractors.base import Extractor
    >>> moments = Extractor(
    ...     'mean-and-deviation', 'v1', (),
    ...     lambda params, x: (jnp.stack([x.mean((1, 2)), x.std((1, 2))], 1), None),
    ...     images=False)
  """
  name: str
  digest: str
  params: PyTree
  apply: Callable[[PyTree, PyTree], tuple[Array, Array | None]]
  verified: bool = False
  accuracy: float | None = None
  shape: tuple[int, ...] | None = None
  images: bool = True
  classifies: bool = False

  def declared(self, paths: Paths) -> 'Extractor':
    return self

  def ready(self, paths: Paths) -> 'Extractor':
    return self


class Recipe(Protocol):
  """How an extractor is had: as it is, as a classifier to be trained, as weights on disk."""

  def declared(self, paths: Paths) -> Extractor:
    """What is known of it before it is trained: its name, and the examples it is for. Raises
    Failure for what `ready` would fail of later."""

  def ready(self, paths: Paths) -> Extractor:
    """The extractor, trained or read. Raises Failure."""


def check_images(images: np.ndarray, what: str) -> None:
  """Raises Failure unless images are uint8 [N, H, W, 1 or 3], N > 0."""
  shape = list(np.shape(images))
  if images.dtype != np.uint8:
    at = f', values {np.min(images):g} to {np.max(images):g}' if np.size(images) else ''
    raise Failure(f'{what}: images must be uint8 0..255, not {images.dtype} {shape}{at}: '
                  'scale, round and clip them first (x * 127.5 + 128 for [-1, 1])')
  if images.ndim != 4 or images.shape[3] not in (1, 3) or not len(images):
    raise Failure(f'{what}: images must be [N, H, W, C] with 1 or 3 channels, not {shape}')


def check(extractor: Extractor, x: PyTree, what: str) -> None:
  """Raises Failure unless the extractor takes the examples x [N, ..]."""
  if extractor.images and isinstance(x, np.ndarray):
    check_images(x, what)
  check_takes(extractor, jax.tree.map(lambda a: a.shape[1:], x), what)


def check_takes(extractor: Extractor, shape: PyTree, what: str) -> None:
  """Raises Failure unless the extractor is for examples of this shape."""
  shown = list(shape) if isinstance(shape, tuple) else shape
  if extractor.images and not (isinstance(shape, tuple) and len(shape) == 3
                               and shape[2] in (1, 3)):
    raise Failure(f'{what}: features by {extractor.name} are of images with 1 or 3 channels, '
                  f'not {shown}: give the data set an extractor for such examples, or the '
                  'experiment other metrics')
  if extractor.shape is not None and shape != tuple(extractor.shape):
    raise Failure(f'{what}: {extractor.name} was trained on examples {list(extractor.shape)}, '
                  f'and is for no others, as {shown}: rand-conv and inception take images of '
                  'any size: --extractor=rand-conv')
