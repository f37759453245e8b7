"""The Inception-v3 that FID is defined by: Google's classifier of 2015-12-05.

Heusel et al., 2017, arXiv:1706.08500, took it from inception-2015-12-05.tgz; pytorch-fid
and torch-fidelity publish the same weights as one file. It is not torchvision's Inception:
other weights, 1008 classes, and average pools that do not count padding. Modules and
branches have the names of those ports.

The weights are the user's (95 MB, Apache-2.0). Get URL, whose sha256 is PUBLISHED, and name
it (--inception=WEIGHTS.pth), or convert it:

  python -m jaxgan.metrics.extractors.convert_inception WEIGHTS.pth inception.npz
"""
import hashlib
import io
import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import traverse_util
from jax import lax

from jaxgan.io import archives, trees
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import resize, torch_weights
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.types import Array, Paths, PyTree

SIZE = 299
URL = ('https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/'
       'pt_inception-2015-12-05-6726825d.pth')
# The file's name has the first eight digits; the rest is from Git LFS pointers to copies of
# it (95,628,359 bytes): huggingface.co/RaphaelLiu/EvalCrafter-Models, commit 6040b4d, and
# huggingface.co/JamesHujy/EMABench, commit f246ee5.
PUBLISHED = '6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2'
DIGESTS: tuple[str, ...] = ()  # of parameters known to be those, whatever file they come in
NOTES = ('source_sha256', 'digest')  # of the file converted, of the parameters in it
COMMAND = (f'get {URL} and give --inception that, or what it becomes by '
           'python -m jaxgan.metrics.extractors.convert_inception FILE.pth NEW.npz')
RESIZERS = {'tf1': resize.tf1, 'clean': resize.clean}


class Conv(nn.Module):
  """Convolution without bias, batch norm by stored averages, ReLU."""
  features: int
  kernel: tuple[int, int]
  stride: int = 1
  padding: str = 'SAME'

  @nn.compact
  def __call__(self, x: Array) -> Array:
    zeros = nn.initializers.zeros
    w = self.param('kernel', zeros, (*self.kernel, x.shape[-1], self.features))
    scale, bias, mean, var = (self.param(name, zeros, (self.features,))[None, None, None]
                              for name in ('scale', 'bias', 'mean', 'var'))
    y = lax.conv_general_dilated(x, w, (self.stride, self.stride), self.padding,
                                 dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
                                 precision='highest')
    return nn.relu((y - mean) * (lax.rsqrt(var + 1e-3) * scale) + bias)


class Logits(nn.Module):
  """Logits without the bias, as the inception score is defined; the files have one."""
  features: int

  @nn.compact
  def __call__(self, x: Array) -> Array:
    w = self.param('kernel', nn.initializers.zeros, (x.shape[-1], self.features))
    self.param('bias', nn.initializers.zeros, (self.features,))
    return jnp.matmul(x, w, precision='highest')


def chain(x: Array, name: str, *layers: tuple[int, int, int]) -> Array:
  """Convolutions NAME_1, NAME_2, ..: (features, height, width of the kernel) each."""
  for i, (features, *kernel) in enumerate(layers, 1):
    x = Conv(features, tuple(kernel), name=f'{name}_{i}')(x)
  return x


def half(x: Array, name: str, features: int) -> Array:
  """A convolution of stride 2 without padding."""
  return Conv(features, (3, 3), stride=2, padding='VALID', name=name)(x)


def max_pool(x: Array) -> Array:
  """The same of maxima."""
  return nn.max_pool(x, (3, 3), strides=(2, 2))


def average(x: Array) -> Array:
  """Over 3 x 3, leaving out the padding, which torchvision's counts."""
  return nn.avg_pool(x, (3, 3), padding='SAME', count_include_pad=False)


def maximum(x: Array) -> Array:
  """Over 3 x 3, of stride 1."""
  return nn.max_pool(x, (3, 3), padding='SAME')


class A(nn.Module):
  """35 x 35."""
  pool: int

  @nn.compact
  def __call__(self, x: Array) -> Array:
    return jnp.concatenate([
        Conv(64, (1, 1), name='branch1x1')(x),
        chain(x, 'branch5x5', (48, 1, 1), (64, 5, 5)),
        chain(x, 'branch3x3dbl', (64, 1, 1), (96, 3, 3), (96, 3, 3)),
        Conv(self.pool, (1, 1), name='branch_pool')(average(x))], -1)


class B(nn.Module):
  """35 x 35 -> 17 x 17."""

  @nn.compact
  def __call__(self, x: Array) -> Array:
    double = chain(x, 'branch3x3dbl', (64, 1, 1), (96, 3, 3))
    return jnp.concatenate([half(x, 'branch3x3', 384), half(double, 'branch3x3dbl_3', 96),
                            max_pool(x)], -1)


class C(nn.Module):
  """17 x 17, with kernels 7 x 7 factored."""
  width: int

  @nn.compact
  def __call__(self, x: Array) -> Array:
    n = self.width
    return jnp.concatenate([
        Conv(192, (1, 1), name='branch1x1')(x),
        chain(x, 'branch7x7', (n, 1, 1), (n, 1, 7), (192, 7, 1)),
        chain(x, 'branch7x7dbl', (n, 1, 1), (n, 7, 1), (n, 1, 7), (n, 7, 1), (192, 1, 7)),
        Conv(192, (1, 1), name='branch_pool')(average(x))], -1)


class D(nn.Module):
  """17 x 17 -> 8 x 8."""

  @nn.compact
  def __call__(self, x: Array) -> Array:
    small = chain(x, 'branch3x3', (192, 1, 1))
    large = chain(x, 'branch7x7x3', (192, 1, 1), (192, 1, 7), (192, 7, 1))
    return jnp.concatenate([half(small, 'branch3x3_2', 320),
                            half(large, 'branch7x7x3_4', 192), max_pool(x)], -1)


class E(nn.Module):
  """8 x 8."""
  pool: Callable[[Array], Array]

  @nn.compact
  def __call__(self, x: Array) -> Array:
    def cross(x, name):
      return [Conv(384, (1, 3), name=f'{name}a')(x), Conv(384, (3, 1), name=f'{name}b')(x)]
    small = chain(x, 'branch3x3', (384, 1, 1))
    large = chain(x, 'branch3x3dbl', (448, 1, 1), (384, 3, 3))
    return jnp.concatenate([
        Conv(320, (1, 1), name='branch1x1')(x), *cross(small, 'branch3x3_2'),
        *cross(large, 'branch3x3dbl_3'),
        Conv(192, (1, 1), name='branch_pool')(self.pool(x))], -1)


class Inception(nn.Module):
  """x [B, 299, 299, 3] in [-1, 1) -> (pool3 [B, 2048], logits without bias [B, 1008])."""

  @nn.compact
  def __call__(self, x: Array) -> tuple[Array, Array]:
    x = half(x, 'Conv2d_1a_3x3', 32)
    x = Conv(32, (3, 3), padding='VALID', name='Conv2d_2a_3x3')(x)
    x = max_pool(Conv(64, (3, 3), name='Conv2d_2b_3x3')(x))
    x = Conv(80, (1, 1), name='Conv2d_3b_1x1')(x)
    x = max_pool(Conv(192, (3, 3), padding='VALID', name='Conv2d_4a_3x3')(x))
    x = A(32, name='Mixed_5b')(x)
    x = A(64, name='Mixed_5c')(x)
    x = A(64, name='Mixed_5d')(x)
    x = B(name='Mixed_6a')(x)
    x = C(128, name='Mixed_6b')(x)
    x = C(160, name='Mixed_6c')(x)
    x = C(160, name='Mixed_6d')(x)
    x = C(192, name='Mixed_6e')(x)
    x = D(name='Mixed_7a')(x)
    x = E(average, name='Mixed_7b')(x)
    x = E(maximum, name='Mixed_7c')(x)  # the graph's, though the paper has an average here
    x = x.mean((1, 2))
    return x, Logits(1008, name='fc')(x)


def pixels(x: Array, resizer: Callable[[Array, int], Array]) -> Array:
  """float32 0..255 [B, H, W, 1 or 3] -> what the network sees; grey is three equal colours."""
  x = (resizer(x, SIZE) - 128) / 128
  return jnp.broadcast_to(x, (*x.shape[:3], 3))


class Weights(NamedTuple):
  """Parameters and what is known of them."""
  params: PyTree  # float32 NumPy
  digest: str  # over path, dtype, shape and bytes of each, whatever file they came in
  source: str  # sha256 of the .pth they were read or converted from; '' if not known

  @property
  def verified(self) -> bool:
    """Whether these are the published weights.

    For a .pth that is proven by its sha256. An .npz or .safetensors holds what its
    converter saw, and a digest that ties it to the arrays: that excludes other files and
    changed arrays, not a forger, who can write both; only DIGESTS would.
    """
    return self.source == PUBLISHED or self.digest in DIGESTS


def extractor(path: str | pathlib.Path | None, resizer: str = 'tf1') -> Extractor:
  """Inception with the weights in `path`; `resizer` 'tf1' or 'clean' (see resize.py).

  Only the published weights are called 'inception'. Raises Failure as `load` does.
  """
  if resizer not in RESIZERS:
    raise Failure(f'no resizer {resizer!r} for Inception: take one of {", ".join(RESIZERS)}')
  weights = load(path)
  name = 'inception' if weights.verified else f'incv3-unverified-{weights.digest[:8]}'
  def apply(params, x):
    x = pixels(x.astype(jnp.float32), RESIZERS[resizer])
    return Inception().apply({'params': params}, x)
  return Extractor(f'{name}.{resizer}', weights.digest, weights.params, apply,
                   weights.verified, classifies=True)


class OnDisk(NamedTuple):
  """Inception with the user's weights, which `Paths` names."""
  resizer: str

  def ready(self, paths: Paths) -> Extractor:
    return extractor(paths.inception, self.resizer)

  declared = ready


def load(path: str | pathlib.Path | None) -> Weights:
  """Reads weights from .npz, .safetensors, or the published .pth.

  Raises Failure if there is no path, if the file cannot be read, or for the first entry
  that is not what the network has.
  """
  if path is None:
    raise Failure(f'no weights for Inception, which jaxgan does not come with: {COMMAND}')
  path = pathlib.Path(path).expanduser()
  if path.suffix not in READERS:
    raise Failure(f'{path}: Inception weights are {", ".join(READERS)} files: {COMMAND}')
  try:
    if (size := path.stat().st_size) > torch_weights.MOST:
      raise ValueError(f'{size:,} bytes, of {torch_weights.MOST:,} at most')
    arrays, notes = READERS[path.suffix](path.read_bytes())
  except Exception as e:  # damage shows as anything
    raise Failure(f'{path} cannot be read as Inception weights ({type(e).__name__}: {e}): '
                  f'{COMMAND}') from e
  check(arrays, path)
  digest = trees.digest(arrays)['digest']
  source = notes.get('source_sha256', '') if notes.get('digest') == digest else ''
  return Weights(trees.nested(arrays), digest, source)


def check(arrays: trees.Leaves, path: pathlib.Path) -> None:
  """Raises Failure unless arrays are, by name, dtype and shape, the network's."""
  wanted = shapes()
  describe = lambda a: 'nothing' if a is None else f'{a.dtype}{list(a.shape)}'
  for name in sorted(wanted.keys() | arrays.keys()):
    have, want = describe(arrays.get(name)), describe(wanted.get(name))
    if have != want:
      raise Failure(f'{path} holds {have} at {name} where FID\'s Inception has {want}: '
                    f'{COMMAND}')


def shapes() -> dict[str, jax.ShapeDtypeStruct]:
  """The network's parameters by path, as 'Mixed_5b/branch1x1/kernel'."""
  x = jax.ShapeDtypeStruct((1, SIZE, SIZE, 3), jnp.float32)
  tree = jax.eval_shape(Inception().init, jax.random.key(0), x)
  return traverse_util.flatten_dict(tree['params'], sep='/')


def read_npz(data: bytes) -> tuple[trees.Leaves, dict[str, str]]:
  """-> (arrays by path, notes), as convert_inception writes them."""
  entries = archives.read(io.BytesIO(data), torch_weights.MOST)
  return entries, {name: str(entries.pop(name)) for name in NOTES if name in entries}


def read_safetensors(data: bytes) -> tuple[trees.Leaves, dict[str, str]]:
  """The same arrays and notes: length and JSON of a header, then raw little-endian bytes."""
  start = 8 + int.from_bytes(data[:8], 'little')
  entries = json.loads(data[8:start])
  notes = entries.pop('__metadata__', {})
  def array(dtype, shape, data_offsets):
    if dtype != 'F32':
      raise ValueError(f'it holds {dtype}, not F32')
    begin, end = data_offsets
    return np.frombuffer(data[start + begin:start + end], '<f4').reshape(shape)
  return {name: array(**entry) for name, entry in entries.items()}, notes


def read_pth(data: bytes) -> tuple[trees.Leaves, dict[str, str]]:
  """The published file, or one like it."""
  arrays = torch_weights.convert(torch_weights.read(data))
  return arrays, {'source_sha256': hashlib.sha256(data).hexdigest(),
                  'digest': trees.digest(arrays)['digest']}


READERS = {'.npz': read_npz, '.safetensors': read_safetensors, '.pth': read_pth}
