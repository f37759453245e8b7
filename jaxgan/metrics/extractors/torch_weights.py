"""Reads what torch.save has written, without torch and without running anything in it.

A .pth is a pickle, and a pickle is a program. This one may name five harmless things; what
it gives is only a description of tensors, which are then read from either of torch.save's
formats (github.com/pytorch/pytorch, torch/serialization.py):

  legacy, to 1.5   pickles (magic number, version, system, state, keys of storages), then
                   for each key its length, int64, and its bytes
  zip, since 1.6   NAME/data.pkl, the state, and NAME/data/KEY, the bytes
"""
import collections
import io
import math
import pickle
import zipfile
from typing import NamedTuple

import numpy as np

from jaxgan.io import trees

MOST = 2 ** 29  # bytes in a file of weights: five times the published one
MAGIC = 0x1950a86a20f9469cfc6c  # of the legacy format
NAMES = {'conv.weight': 'kernel', 'bn.weight': 'scale', 'bn.bias': 'bias',
         'bn.running_mean': 'mean', 'bn.running_var': 'var',
         'fc.weight': 'fc/kernel', 'fc.bias': 'fc/bias'}


class Storage(NamedTuple):
  """n numbers on end."""
  key: str
  dtype: str
  n: int


class Tensor(NamedTuple):
  """A strided view of a storage."""
  storage: Storage
  offset: int
  size: tuple[int, ...]
  stride: tuple[int, ...]


class Unpickler(pickle.Unpickler):
  """Reads a state dict as {name: Tensor}, and refuses all that is something else."""
  ALLOWED = {
      ('collections', 'OrderedDict'): collections.OrderedDict,
      ('torch', 'FloatStorage'): '<f4', ('torch', 'LongStorage'): '<i8',
      ('torch._utils', '_rebuild_tensor_v2'):
          lambda storage, offset, size, stride, *_: Tensor(storage, offset, size, stride),
      ('torch._utils', '_rebuild_parameter'): lambda data, *_: data}

  def find_class(self, module, name):
    if (module, name) not in self.ALLOWED:
      raise pickle.UnpicklingError(f'it asks for {module}.{name}, which no file of weights '
                                   'needs; nothing of it was run')
    return self.ALLOWED[module, name]

  def persistent_load(self, pid):
    _, dtype, key, _, n, *_ = pid
    return Storage(key, dtype, n)


def read(data: bytes) -> trees.Leaves:
  """The tensors in a .pth by name. Raises one thing or another if it is damaged or refused."""
  state, raw = (of_zip if data.startswith(b'PK') else of_legacy)(io.BytesIO(data))
  return {name: array(tensor, raw) for name, tensor in state.items()}


def of_zip(file: io.BytesIO) -> tuple[dict[str, Tensor], dict[str, bytes]]:
  """-> (state, the bytes of its storages by key)."""
  archive = zipfile.ZipFile(file)
  if (size := sum(info.file_size for info in archive.infolist())) > MOST:
    raise ValueError(f'it would take {size:,} bytes, of {MOST:,} at most')
  root, = (name.removesuffix('data.pkl') for name in archive.namelist()
           if name.endswith('/data.pkl'))
  state = Unpickler(io.BytesIO(archive.read(f'{root}data.pkl'))).load()
  keys = {tensor.storage.key for tensor in state.values()}
  return state, {key: archive.read(f'{root}data/{key}') for key in keys}


def of_legacy(file: io.BytesIO) -> tuple[dict[str, Tensor], dict[str, bytes]]:
  """The same. Storages have to be measured by the state, which comes before them."""
  if Unpickler(file).load() != MAGIC:
    raise ValueError('torch.save did not write it')
  _, _, state, keys = (Unpickler(file).load() for _ in range(4))
  storages = {tensor.storage.key: tensor.storage for tensor in state.values()}
  size = lambda s: np.dtype(s.dtype).itemsize * s.n
  return state, {key: file.read(8 + size(storages[key]))[8:] for key in keys}


def array(tensor: Tensor, raw: dict[str, bytes]) -> np.ndarray:
  """Takes a tensor out of its storage, by indices. Raises ValueError unless it is a part."""
  key, dtype, n = tensor.storage
  flat = np.frombuffer(raw[key], dtype)
  if len(flat) != n:
    raise ValueError(f'storage {key} has {len(flat)} of {n} numbers')
  last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.size, tensor.stride))
  if (min(tensor.offset, *tensor.stride, *tensor.size, 0) < 0 or last >= max(n, 1)
      or math.prod(tensor.size) > n):
    raise ValueError(f'a tensor {tensor.size} of strides {tensor.stride} is no part of the {n} '
                     f'numbers of storage {key}')
  axes = np.ix_(*map(np.arange, tensor.size))
  at = tensor.offset + sum(i * step for i, step in zip(axes, tensor.stride))
  return np.asarray(flat[at])


def convert(state: trees.Leaves) -> trees.Leaves:
  """A state dict of pytorch-fid's FIDInceptionV3 in the names and layouts of `Inception`.

  'Mixed_5b.branch1x1.conv.weight' [O, I, H, W] -> 'Mixed_5b/branch1x1/kernel' [H, W, I, O].
  """
  arrays = {}
  for name, a in state.items():
    *module, part, kind = name.split('.')
    if kind != 'num_batches_tracked':
      path = '/'.join([*module, NAMES.get(f'{part}.{kind}', f'{part}.{kind}')])
      arrays[path] = np.ascontiguousarray(a.transpose(2, 3, 1, 0) if a.ndim == 4 else a.T)
  return arrays
