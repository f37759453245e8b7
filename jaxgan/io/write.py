"""One example as a file of its kind: a PNG, a GIF, a WAV, a text, or arrays.

Each function gives (ending, bytes). A data set whose examples are sounds or texts says so by
its `write`: `write=write.sound(8000)`.
"""
import io
import wave
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxgan.io import pictures, trees

FRAME = 100  # milliseconds
Written = tuple[str, bytes]


def write(x) -> Written:
  """uint8 [H, W, 1 to 4] as a PNG, uint8 [T, H, W, 1 to 4] as a GIF; any other array as .npy,
  and a tree of them as .npz."""
  if not isinstance(x, np.ndarray):
    return '.npz', saved(np.savez, **trees.leaves(x))
  if x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] <= 4:
    return '.png', pictures.png(x)
  if x.dtype == np.uint8 and x.ndim == 4 and x.shape[3] <= 4:
    return '.gif', gif(x)
  return '.npy', saved(np.save, x)


def saved(save: Callable, *arrays, **named) -> bytes:
  file = io.BytesIO()
  save(file, *arrays, **named)
  return file.getvalue()


def gif(frames: np.ndarray) -> bytes:
  """A film uint8 [T, H, W, C] that goes on for ever."""
  from PIL import Image
  colours = [np.broadcast_to(a, (*a.shape[:2], 3)) for a in pictures.opaque(frames)]
  first, *rest = [Image.fromarray(np.ascontiguousarray(a)) for a in colours]
  return saved(lambda file: first.save(file, 'GIF', save_all=True, append_images=rest,
                                       duration=FRAME, loop=0))


def sound(rate: int) -> Callable[[np.ndarray], Written]:
  """Waveforms [T] or [T, channels], int16 or floats from -1 to 1, `rate` samples a second: WAV
  of 16 bits. Floats beyond that are clipped."""
  def written(x: np.ndarray) -> Written:
    x = x.reshape(len(x), -1)
    if x.dtype != np.int16:
      x = np.round(np.clip(x, -1, 1) * 32767).astype(np.int16)
    file = io.BytesIO()
    with wave.open(file, 'wb') as out:
      out.setnchannels(x.shape[1])
      out.setsampwidth(2)
      out.setframerate(rate)
      out.writeframes(x.astype('<i2').tobytes())
    return '.wav', file.getvalue()
  return written


def text(words: Sequence[str], between: str = '',
         end: int = 0) -> Callable[[np.ndarray], Written]:
  """Token ids [L] as what they stand for, joined by `between`, up to the first `end`."""
  def written(x: np.ndarray) -> Written:
    ids = [int(i) for i in np.asarray(x)]
    ids = ids[:ids.index(end)] if end in ids else ids
    return '.txt', (between.join(words[i] for i in ids) + '\n').encode()
  return written


def examples(x) -> list:
  """The examples of a tree of arrays [N, ..], one by one."""
  return [jax.tree.map(lambda a, i=i: a[i], x) for i in range(len(jax.tree.leaves(x)[0]))]
