"""What turns images into features: a pure function and its identity."""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Array, PyTree


class Extractor(NamedTuple):
  """A network that distances between sets of images are measured by."""
  name: str  # 'cnn-mnist', 'rand-conv', 'inception.tf1'; says the preprocessing where it varies
  digest: str  # sha256 of the parameters
  params: PyTree
  # (params, float32 pixels 0..255 [B, H, W, C]) -> (features [B, d], logits [B, K] or None)
  apply: Callable[[PyTree, Array], tuple[Array, Array | None]]
  verified: bool = False  # whether these are the published weights of the FID original
  accuracy: float | None = None  # of a classifier, on test examples
  shape: tuple[int, ...] | None = None  # [H, W, C] of the images it is for; None for any


def check_images(images: np.ndarray, what: str) -> None:
  """Raises Failure unless images are uint8 [N, H, W, 1 or 3], N > 0."""
  shape = list(np.shape(images))
  if images.dtype != np.uint8:
    at = f', values {np.min(images):g} to {np.max(images):g}' if np.size(images) else ''
    raise Failure(f'{what}: images must be uint8 0..255, not {images.dtype} {shape}{at}: '
                  'scale, round and clip them first (x * 127.5 + 128 for [-1, 1])')
  if images.ndim != 4 or images.shape[3] not in (1, 3) or not len(images):
    raise Failure(f'{what}: images must be [N, H, W, C] with 1 or 3 channels, not {shape}')
