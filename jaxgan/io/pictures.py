"""Images and points as one picture, and that as a PNG."""
import io
import math
from collections.abc import Sequence

import numpy as np

SMALLEST = 480  # pixels of a picture's width, at least, when it is shown
LETTERS, MARGIN = 15, 6  # pixels of labels, and around them


def is_images(x) -> bool:
  """Whether x is uint8 [N, H, W, C]: grey, grey and alpha, RGB, RGB and alpha."""
  return (isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.ndim == 4
          and x.shape[3] in (1, 2, 3, 4))


def scatter(points: np.ndarray, like: np.ndarray | None = None, size: int = 480) -> np.ndarray:
  """Points [N, 2] as dots, uint8 [size, size, 3], the origin where the grey axes cross.

  The scale goes by powers of two; by the points of `like`, if they are given, so that all
  pictures of a run have one. The axes' ends are written beside them.
  """
  furthest = max(np.quantile(np.abs(points if like is None else like), .99), 1e-6)
  half = 1.25 * 2 ** np.ceil(np.log2(furthest / 1.25))
  at = np.round((points / half + 1) / 2 * (size - 1)).astype(int)
  at = at[((at >= 1) & (at < size - 1)).all(1)]
  picture = np.full((size, size, 3), 255, np.uint8)
  picture[size // 2], picture[:, size // 2] = 215, 215
  picture = written(picture, [(size - 4, size // 2 + 4, f'{half:g}', 'rt'),
                              (4, size // 2 + 4, f'{-half:g}', 'lt'),
                              (size // 2 + 4, 4, f'{half:g}', 'lt'),
                              (size // 2 + 4, size - 4, f'{-half:g}', 'lb')], (120, 120, 120))
  for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
    picture[size - 1 - at[:, 1] + dy, at[:, 0] + dx] = (31, 90, 180)
  return picture


def grid(images: np.ndarray, gap: int = 2, columns: int | None = None) -> np.ndarray:
  """uint8 [N, H, W, C] -> one picture uint8 [H', W', 3], row by row, small ones enlarged."""
  images = opaque(images)
  n, h, w, c = images.shape
  columns = columns or math.ceil(math.sqrt(n))
  rows = math.ceil(n / columns)
  scale = max(1, 32 // h)
  large = images.repeat(scale, axis=1).repeat(scale, axis=2)
  tiles = np.full((rows * columns, h * scale + gap, w * scale + gap, c), 128, np.uint8)
  tiles[:n, :-gap, :-gap] = large
  tiles = tiles.reshape(rows, columns, *tiles.shape[1:])
  picture = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * tiles.shape[2], -1, c)
  return np.broadcast_to(picture[:-gap, :-gap], (*picture[:-gap, :-gap].shape[:2], 3))


def sheet(picture: np.ndarray, title: str = '', rows: Sequence[str] = (),
          columns: Sequence[str] = ()) -> np.ndarray:
  """A picture [H, W, 3] as it is shown: enlarged to `SMALLEST` pixels or more, with a title
  above, and labels beside its rows and above its columns, which share its sides evenly."""
  scale = -(-SMALLEST // picture.shape[1])
  picture = picture.repeat(scale, 0).repeat(scale, 1)
  height, width = picture.shape[:2]
  line = LETTERS + 2 * MARGIN
  left = max([0, *(length(row) + 2 * MARGIN for row in rows)])
  top = line * (bool(title) + bool(columns))
  whole = np.full((top + height, left + width, 3), 255, np.uint8)
  whole[top:, left:] = picture
  texts = [(left + MARGIN, MARGIN, title, 'lt')] if title else []
  texts += [(left - MARGIN, round(top + (i + .5) * height / len(rows)), row, 'rm')
            for i, row in enumerate(rows)]
  texts += [(round(left + (i + .5) * width / len(columns)), top - MARGIN, column, 'ms')
            for i, column in enumerate(columns)]
  return written(whole, texts)


def font():
  from PIL import ImageFont
  return ImageFont.load_default(LETTERS)


def length(text: str) -> int:
  """Pixels of a text in a line."""
  return math.ceil(font().getlength(text))


def written(picture: np.ndarray, texts: Sequence[tuple[int, int, str, str]],
            ink: tuple[int, int, int] = (40, 40, 40)) -> np.ndarray:
  """A picture [H, W, 3] with texts (x, y, text, anchor as Pillow has it)."""
  if not texts:
    return picture
  from PIL import Image, ImageDraw
  image = Image.fromarray(np.ascontiguousarray(picture))
  pen = ImageDraw.Draw(image)
  for x, y, text, anchor in texts:
    pen.text((x, y), text, ink, font(), anchor)
  return np.array(image)


def opaque(images: np.ndarray) -> np.ndarray:
  """Images [N, H, W, C] without their alpha, if they have one: before a checkerboard, in which
  what can be seen through shows."""
  h, w, c = images.shape[1:]
  if c in (1, 3):
    return images
  size = max(1, min(h, w) // 8)
  odd = (np.arange(h)[:, None] // size + np.arange(w)[None] // size) % 2
  board = np.where(odd, 160, 96)[None, :, :, None]
  alpha = images[..., -1:] / 255
  return np.round(alpha * images[..., :-1] + (1 - alpha) * board).astype(np.uint8)


def png(picture: np.ndarray) -> bytes:
  """uint8 [H, W, 1 to 4] -> a PNG file's bytes."""
  from PIL import Image
  file = io.BytesIO()
  picture = np.ascontiguousarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
  Image.fromarray(picture).save(file, 'PNG', optimize=True)
  return file.getvalue()
