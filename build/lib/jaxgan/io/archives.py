"""Arrays from the files of others: .npz and .npy, with sizes checked before bytes are read.

A header may say anything, and a small zip may hold gigabytes of zeros: NumPy believes both.
"""
import io
import math
import pathlib
import zipfile
from typing import BinaryIO

import numpy as np


def read(file: pathlib.Path | io.BytesIO, most: int) -> dict[str, np.ndarray]:
  """The arrays of an .npz by name, or of an .npy as ''; `most` bytes in all.

  Raises ValueError, saying which array is at fault, for what is no such file, is damaged, is
  larger, or says other than it holds; OSError where it cannot be read. Nothing is unpickled.
  """
  with file.open('rb') if isinstance(file, pathlib.Path) else file as f:
    if not zipfile.is_zipfile(f):
      size = f.seek(0, io.SEEK_END)
      f.seek(0)
      return {'': array(f, size, most, 'it')}
    f.seek(0)
    with zipfile.ZipFile(f) as archive:
      members = [info for info in archive.infolist() if not info.is_dir()]
      if not members:
        raise ValueError('it holds no arrays')
      found = {}
      for info in members:
        if not info.filename.endswith('.npy'):
          raise ValueError(f'{info.filename} in it is no array (.npy)')
        most -= info.file_size
        with archive.open(info) as member:
          name = info.filename.removesuffix('.npy')
          found[name] = array(member, info.file_size, most + info.file_size, name)
      return found


def array(file: BinaryIO, size: int, most: int, name: str) -> np.ndarray:
  """One array of a file of `size` bytes. Raises ValueError as `read` does."""
  if size > most:
    raise ValueError(f'{name} would take {size:,} bytes, of {max(most, 0):,} that there may be')
  try:
    version = np.lib.format.read_magic(file)
    header = {(1, 0): np.lib.format.read_array_header_1_0,
              (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, fortran, dtype = header(file)
    if dtype.hasobject:
      raise ValueError('it holds Python objects, which are not read')
    needed = math.prod(shape) * dtype.itemsize
    if needed > size:
      raise ValueError(f'its header says {needed:,} bytes, and there are {size:,}')
    data = file.read(needed)
    if len(data) != needed:
      raise ValueError(f'it ends after {len(data):,} of {needed:,} bytes')
    found = np.frombuffer(data, dtype)
    return found.reshape(shape[::-1]).T if fortran else found.reshape(shape)
  except OSError:
    raise
  except Exception as e:  # damage shows as anything: zlib's, zipfile's, a KeyError
    raise ValueError(f'{name} cannot be read: '
                     f'{" ".join(str(e).splitlines()[:1]) or type(e).__name__}') from e
