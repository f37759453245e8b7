"""Images to features, by an extractor's name: always in the same batches, on every device."""
import difflib
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import parallel
from jaxgan.data import tfds
from jaxgan.data.source import Dataset
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import cnn, inception, random_conv
from jaxgan.metrics.extractors.base import Extractor, check_images
from jaxgan.types import Array, Paths, PyTree

BATCH = 64  # images a call, ever: a network's last bits depend on it


class Features(NamedTuple):
  pool: np.ndarray  # float32 [N, d]
  logits: np.ndarray | None  # float32 [N, K], of an extractor that classifies


def extractor(name: str, paths: Paths) -> Extractor:
  """'rand-conv', 'cnn-NAME' (trained on TFDS's NAME, once), 'inception' or
  'inception.clean' (the user's weights). Raises Failure."""
  if name == 'rand-conv':
    return random_conv.extractor()
  if name.startswith('cnn-') and len(name) > 4:
    return cnn.extractor(name.removeprefix('cnn-'), paths)
  if name in ('inception', 'inception.tf1', 'inception.clean'):
    return inception.extractor(paths.inception, name.partition('.')[2] or 'tf1')
  known = ['rand-conv', 'cnn-mnist', 'inception', 'inception.clean']
  near = difflib.get_close_matches(name, known, 1) or known[:1]
  raise Failure(f'no extractor {name!r}: did you mean {near[0]}? There are rand-conv, '
                'cnn-DATASET (a classifier of a labelled TFDS set), inception and '
                'inception.clean')


@functools.partial(jax.jit, static_argnums=0)
def apply(network: Callable, params: PyTree, x: Array) -> tuple[Array, Array | None]:
  """An extractor's network, compiled once."""
  return network(params, x.astype(jnp.float32))


def declared(name: str, paths: Paths) -> Extractor:
  """What is known of an extractor before it is trained: its name, and the images it is for.
  Raises Failure for what `extractor` would fail of later."""
  if name.startswith('cnn-'):
    return cnn.declared(name.removeprefix('cnn-'), paths)
  return extractor(name, paths)


def batches(extractor: Extractor, images: np.ndarray) -> Iterator[tuple]:
  """(features [B, d], logits, mask [B]) on this process's devices, batch after batch.

  The last batch is padded, and masked: no image is dropped, none counts twice. The devices are
  a batch ahead of what is given.
  """
  mesh = parallel.mesh(jax.local_devices())
  size = -(-BATCH // mesh.size) * mesh.size
  params, ahead = jax.device_put(extractor.params, parallel.everywhere(mesh)), ()
  for start in range(0, len(images), size):
    part = images[start:start + size]
    padded = np.zeros((size, *part.shape[1:]), np.uint8)
    padded[:len(part)] = part
    found = apply(extractor.apply, params, jax.device_put(padded, parallel.sharded(mesh)))
    yield from ahead
    ahead = [(*found, np.arange(size) < len(part))]
  yield from ahead


def default(data: Dataset, paths: Paths) -> str:
  """The extractor that a data set's samples are judged by. A set of TFDS without labels, or
  without a test split, has no classifier: it is rand-conv, with a line."""
  name = data.extractor
  if name.startswith('cnn-') and not tfds.classifiable(name[4:], paths.data_dir):
    say(f'{data.name} has no labels, or no test split, to train a classifier {name} with: '
        'samples are judged by rand-conv, which is comparable to nothing else')
    return 'rand-conv'
  return name


def check_takes(extractor: Extractor, shape: tuple[int, ...], what: str) -> None:
  """Raises Failure unless the extractor is for images [H, W, C] of this shape."""
  if len(shape) != 3 or shape[2] not in (1, 3):
    raise Failure(f'{what}: features are of images with 1 or 3 channels, not {list(shape)}: '
                  'give the experiment other metrics')
  if extractor.shape not in (None, tuple(shape)):
    raise Failure(f'{what}: {extractor.name} was trained on images {list(extractor.shape)}, '
                  f'and is for no others, as {list(shape)}: rand-conv and inception take any: '
                  '--extractor=rand-conv')


def width(extractor: Extractor, shape: tuple[int, ...]) -> int:
  """How many features an image [H, W, C] has."""
  one = jax.ShapeDtypeStruct((1, *shape), np.float32)
  return jax.eval_shape(extractor.apply, extractor.params, one)[0].shape[1]


def extract(extractor: Extractor, images: np.ndarray,
            tick: Callable[[int], None] = lambda n: None) -> Features:
  """The features of uint8 images [N, H, W, C]; tick(n) is called after every n of them.

  Raises Failure on other images.
  """
  check_images(images, f'features by {extractor.name}')
  check_takes(extractor, images.shape[1:], 'features')
  one = jax.ShapeDtypeStruct((1, *images.shape[1:]), np.float32)
  try:
    jax.eval_shape(extractor.apply, extractor.params, one)
  except Exception as e:  # Flax's, of any kind
    raise Failure(f'{extractor.name} is for other images than {list(images.shape[1:])} '
                  f'({type(e).__name__}): rand-conv and inception take any: --extractor='
                  'rand-conv') from e
  pools, logits = [], []
  for pool, logit, mask in batches(extractor, images):
    pools.append(np.asarray(pool)[mask])
    logits.append(None if logit is None else np.asarray(logit)[mask])
    tick(int(mask.sum()))
  return Features(np.concatenate(pools),
                  None if logits[0] is None else np.concatenate(logits))
