"""Encoded images that are decoded when they are asked for: sets larger than memory."""
import concurrent.futures
import dataclasses
import io
import os
from collections.abc import Callable

import numpy as np

from jaxgan.types import Batch

MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}  # Pillow's, by channels
THREADS = (os.cpu_count() or 1) + 4  # some wait for files
CHUNK = 32  # images that a thread reads and decodes at a time, at most
WHOLE = 4 * 2 ** 30  # bytes of pixels up to which a set is read into memory


@dataclasses.dataclass(frozen=True)
class Pictures:
  """A source of n images as files have them. Which thread decodes which changes nothing."""
  read: Callable[[list[int]], list[tuple[bytes, int | None]]]  # these files, with their labels
  n: int
  shape: tuple[int, int, int]  # that all are brought to, by `squared`
  classes: int | None = None  # that labels tell apart; None without labels

  def __len__(self) -> int:
    return self.n

  def __getitem__(self, ids: np.ndarray) -> Batch:
    ids = np.asarray(ids)
    images = np.empty((ids.size, *self.shape), np.uint8)
    labels = np.zeros(ids.size, np.int32)

    chunk = min(-(-ids.size // THREADS) or 1, CHUNK)

    def put(start):
      found = self.read([int(i) for i in ids.flat[start:start + chunk]])
      for i, (data, label) in enumerate(found, start):
        images[i] = squared(data, self.shape)
        labels[i] = label or 0
    with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
      list(threads.map(put, range(0, ids.size, chunk)))
    return Batch(images.reshape(*ids.shape, *self.shape),
                 labels.reshape(ids.shape) if self.classes else None)


def upright(picture, mode: str):
  """A Pillow image in another mode: turned as its EXIF says, and on white where it can be seen
  through. Raises ValueError if its pixels are more than 8 bits."""
  if picture.mode.startswith(('I', 'F')):
    raise ValueError(f'its pixels are {picture.mode}, more than 8 bits: scale them first')
  if 'exif' in picture.info or picture.format == 'TIFF':  # others need not be asked: it is slow
    from PIL import ImageOps
    picture = ImageOps.exif_transpose(picture)
  if mode != 'RGBA' and picture.has_transparency_data:
    from PIL import Image
    picture = picture.convert('RGBA')
    picture = Image.alpha_composite(Image.new('RGBA', picture.size, 'white'), picture)
  return picture if picture.mode == mode else picture.convert(mode)


def squared(data: bytes, shape: tuple[int, int, int]) -> np.ndarray:
  """An image file -> uint8 `shape` [H, W, C]. If its size is another, the largest part of its
  middle that has the proportions is taken, and resized by Lanczos's filter."""
  from PIL import Image
  height, width, channels = shape
  with Image.open(io.BytesIO(data)) as picture:
    picture = upright(picture, MODES[channels])
    if picture.size != (width, height):
      scale = min(picture.width / width, picture.height / height)
      w, h = round(scale * width), round(scale * height)
      left, top = (picture.width - w) // 2, (picture.height - h) // 2
      picture = picture.crop((left, top, left + w, top + h)).resize(
          (width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture).reshape(shape)
