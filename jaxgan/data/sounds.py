"""WAV files in a folder, --data_dir=PATH; folders within are classes, if asked for.

  data = sounds.load(8192, 8000)
"""
import collections
import dataclasses
import pathlib
import wave

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.data import source
from jaxgan.data.folder import folder_labels
from jaxgan.io import write
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.types import Batch


def load(length: int, rate: int, classes: int = 0, split: str = '',
         test: str = '') -> source.Dataset:
  """x: int16 [length, 1], of mono files of 16 bits and `rate` samples a second: longer ones end
  there, shorter ones go on in silence. Networks see floats from -1 to 1. c: of so many
  `classes` the number of the first folder, in the order of their names. `split` and `test` are
  folders of --data_dir. Raises Failure, in reading, for other files."""
  def read(data_dir):
    root = pathlib.Path(data_dir or '').expanduser() / split
    if not data_dir or not root.is_dir():
      raise Failure(f'--data_dir={root if data_dir else ""} is no folder: give one of WAVs')
    every = sorted(path for path in root.rglob('*') if path.is_file() and not any(
        part.startswith('.') for part in path.relative_to(root).parts))
    paths = [path for path in every if path.suffix.lower() == '.wav']
    if not paths:
      raise Failure(f'{root} holds no .wav, and {len(every):,} other files')
    if len(every) > len(paths):
      others = len(every) - len(paths)
      say(f'{root}: {len(paths):,} sounds; passed over: {others:,} other files')
    x = np.stack([sound(path, length, rate) for path in paths])
    names = [path.relative_to(root).as_posix() for path in paths]
    labels, class_names = (folder_labels(names, classes, str(root)) if classes
                           else (None, None))
    cut = collections.Counter(np.sign(frames(path) - length) for path in paths)
    say(f'{root}: of {len(paths):,} sounds {cut[1]:,} were longer than {length:,} samples, '
        f'{cut[-1]:,} shorter')
    return source.Arrays(Batch(x, labels), class_names=class_names)

  example = Batch(jax.ShapeDtypeStruct((length, 1), np.int16),
                  jax.ShapeDtypeStruct((), np.int32) if classes else None)
  return dataclasses.replace(
      source.Dataset(lambda data_dir: example, read, decode, encode), unit='clips',
      name=f'sounds {split}'.strip(), write=write.sound(rate),
      test=load(length, rate, classes, test) if test else None)


def sound(path: pathlib.Path, length: int, rate: int) -> np.ndarray:
  """int16 [length, 1]. Raises Failure."""
  try:
    with wave.open(str(path)) as file:
      how = file.getnchannels(), 8 * file.getsampwidth(), file.getframerate()
      data = file.readframes(file.getnframes())
  except (OSError, EOFError, wave.Error) as e:
    raise Failure(f'{path} cannot be read as a WAV file ({e or type(e).__name__})')
  if how != (1, 16, rate):
    raise Failure(f'{path} has {how[0]} channels of {how[1]} bits at {how[2]:,} Hz: sounds are '
                  f'mono, 16 bits, {rate:,} Hz: convert it')
  found = np.frombuffer(data, '<i2')[:length].astype(np.int16)
  return np.pad(found, (0, length - len(found)))[:, None]


def frames(path: pathlib.Path) -> int:
  with wave.open(str(path)) as file:
    return file.getnframes()


def decode(batch: Batch) -> Batch:
  x = None if batch.x is None else batch.x.astype(jnp.float32) / 32768
  return Batch(x, batch.c)


def encode(x: jax.Array) -> jax.Array:
  """Floats, clipped to -1 .. 1, as int16: what `decode` gives comes back to the bit."""
  return jnp.clip(jnp.round(x * 32768), -32768, 32767).astype(jnp.int16)
