"""Encoded images that are decoded when they are asked for: sets larger than memory."""
import concurrent.futures
import contextlib
import dataclasses
import io
import os
from collections.abc import Callable, Iterator

import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import Batch

MODES = {1: 'L', 2: 'LA', 3: 'RGB', 4: 'RGBA'}  # Pillow's, by channels
LARGEST = 2 ** 28  # bytes of an image file, at most
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
  class_names: tuple[str, ...] | None = None
  known: dict | None = None  # see `source.identity`
  title: Callable[[int], str] = lambda i: f'image {i}'

  def __len__(self) -> int:
    return self.n

  def __getitem__(self, ids: np.ndarray) -> Batch:
    ids = np.asarray(ids)
    images = np.empty((ids.size, *self.shape), np.uint8)
    labels = np.zeros(ids.size, np.int32)

    chunk = min(-(-ids.size // THREADS) or 1, CHUNK)

    def put(start):
      some = [int(i) for i in ids.flat[start:start + chunk]]
      for i, (data, label) in enumerate(self.files(some), start):
        try:
          images[i] = squared(data, self.shape)
        except Exception as e:  # it could be read before training
          raise Failure(f'{self.title(int(ids.flat[i]))} cannot be read any more ({why(e)}): '
                        'mend that, then run the same command to resume', code=5) from e
        labels[i] = label or 0
    with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
      list(threads.map(put, range(0, ids.size, chunk)))
    return Batch(images.reshape(*ids.shape, *self.shape),
                 labels.reshape(ids.shape) if self.classes else None)


  def files(self, ids: list[int]) -> list[tuple[bytes, int | None]]:
    """`read`, whose errors become a Failure (5) that names the first file at fault."""
    try:
      return self.read(ids)
    except Failure:
      raise
    except Exception as e:
      for i in ids if len(ids) > 1 else ():
        self.files([i])
      raise Failure(f'{self.title(ids[0])} cannot be read ({why(e)}): mend that, then run the '
                    'same command to resume', code=5) from e


def why(error: Exception) -> str:
  """What is wrong with an image file, by what Pillow or the storage said."""
  text = ' '.join(str(error).splitlines()[:1]) or type(error).__name__
  if 'cannot identify image file' in text:
    return 'it is no picture that Pillow reads'
  return getattr(error, 'strerror', None) or text


@contextlib.contextmanager
def opened(file: bytes | str | os.PathLike) -> Iterator:
  """A Pillow image of a file or its bytes, not decoded yet. Raises ValueError where its header
  says more pixels than Pillow takes for harmless."""
  import warnings

  from PIL import Image
  warnings.filterwarnings('ignore', category=Image.DecompressionBombWarning)  # said below
  try:
    with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as picture:
      if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError
      yield picture
  except Image.DecompressionBombError:
    raise ValueError('its header says more pixels than the '
                     f'{Image.MAX_IMAGE_PIXELS:,} that an image may have')


def upright(picture, mode: str):
  """A Pillow image in another mode: turned as its EXIF says, and on white where it can be seen
  through. Raises ValueError if its pixels are more than 8 bits."""
  if picture.mode.startswith(('I', 'F')):
    raise ValueError(f'its pixels are {picture.mode}, more than 8 bits: scale them first')
  if 'exif' in picture.info or picture.format == 'TIFF':  # others need not be asked: it is slow
    from PIL import ImageOps
    picture = ImageOps.exif_transpose(picture)
  if mode not in ('LA', 'RGBA') and picture.has_transparency_data:
    from PIL import Image
    picture = picture.convert('RGBA')
    picture = Image.alpha_composite(Image.new('RGBA', picture.size, 'white'), picture)
  return picture if picture.mode == mode else picture.convert(mode)


def squared(data: bytes, shape: tuple[int, int, int]) -> np.ndarray:
  """An image file -> uint8 `shape` [H, W, C]. If its size is another, the largest part of its
  middle that has the proportions is taken, and resized by Lanczos's filter."""
  with opened(data) as picture:
    return fitted(upright(picture, MODES[shape[2]]), shape)


def brought(data: bytes, shape: tuple[int, int, int], resize: bool, convert: bool,
            keep: bool) -> np.ndarray | None:
  """The same of a file that must have this size, or with `resize` at least it, and this mode,
  unless `convert`; decoded but not brought there unless `keep`. Raises ValueError."""
  height, width, channels = shape
  with opened(data) as picture:
    mode = picture.mode
    if mode != MODES[channels] and not convert:
      raise ValueError(f'its mode is {mode}, not {MODES[channels]} (convert=True takes all)')
    picture = upright(picture, MODES[channels])
    picture.load()
    if not resize and picture.size != (width, height):
      raise ValueError(f'{picture.width}x{picture.height} pixels, not {width}x{height} '
                       '(resize=True takes larger)')
    if picture.width < width or picture.height < height:
      raise ValueError(f'{picture.width}x{picture.height} pixels are too few for '
                       f'{width}x{height}')
    return fitted(picture, shape) if keep else None


def fitted(picture, shape: tuple[int, int, int]) -> np.ndarray:
  """A Pillow image of the right mode, cut and resized to [H, W, C]."""
  from PIL import Image
  height, width, _ = shape
  if picture.size != (width, height):
    scale = min(picture.width / width, picture.height / height)
    w, h = round(scale * width), round(scale * height)
    left, top = (picture.width - w) // 2, (picture.height - h) // 2
    picture = picture.crop((left, top, left + w, top + h)).resize(
        (width, height), Image.Resampling.LANCZOS)
  return np.asarray(picture).reshape(shape)
