"""How far samples are from the examples that have their conditions.

Images are uint8 [N, H, W, C]. Distances are of pixels from -1 to 1.
"""
import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.data.derived import averaged
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, naming
from jaxgan.metrics.extractors.base import Recipe
from jaxgan.metrics.ms_ssim import similarity
from jaxgan.types import Array, Batch, Metric, Paths, PyTree

RISING = {'l1': False, 'psnr': True, 'ssim': True}


def l1(real: np.ndarray, fake: np.ndarray) -> float:
  """The mean distance of a pixel's value, 0 to 2."""
  return float(np.abs(real.astype(np.float32) - fake).mean() / 127.5)


def psnr(real: np.ndarray, fake: np.ndarray) -> float:
  """Decibels, 10 log10 (255^2 / the mean squared error over all images); infinite for none."""
  error = np.square(real.astype(np.float64) - fake).mean()
  return float(10 * np.log10(255 ** 2 / error)) if error else float('inf')


@jax.jit
def ssim(real: Array, fake: Array) -> Array:
  """The mean structural similarity (Wang et al., 2004): Gaussian windows of 11 pixels."""
  def one(pair):
    luminance, structure = similarity(*(a.astype(jnp.float32) for a in pair))
    return (luminance * structure).mean()
  return jax.lax.map(one, (real, fake)).mean()


def of_images(n: int) -> Metric:
  """L1, PSNR and SSIM of n samples to the images that have their conditions: for a data set
  of one image for each condition. `prepare` raises nothing; a score Failure, if x is no image.
  """
  def score(real: Batch, fake: Batch):
    for x in (real.x, fake.x):
      if getattr(x, 'dtype', None) != np.uint8 or x.ndim != 4:
        raise Failure('metrics.paired.of_images is of uint8 images [N, H, W, C]')
    found = {'l1': l1(real.x, fake.x), 'psnr': psnr(real.x, fake.x),
             'ssim': float(ssim(real.x, fake.x))}
    return {naming.plain(name, features.count(fake.x)): value for name, value in found.items()}
  return Metric(n, lambda paths: score, RISING, paired=True)


def of_each(n: int, names: Sequence[str]) -> Metric:
  """L1 of n samples to the examples that have their conditions, of each of these arrays of x, a
  dict of images: l1-NAME."""
  def score(real: Batch, fake: Batch):
    n = features.count(fake.x)
    return {naming.plain(f'l1-{name}', n): l1(real.x[name], fake.x[name]) for name in names}
  return Metric(n, lambda paths: score, {f'l1-{name}': False for name in names}, paired=True)


def grey(x: np.ndarray) -> np.ndarray:
  """Images uint8 [N, H, W, C] -> [N, H, W, 1], the mean of their channels."""
  return np.rint(x.mean(-1, keepdims=True, dtype=np.float32)).astype(np.uint8)


def alike(n: int, extractor: str | Recipe,
          part: Callable[[PyTree], np.ndarray] = lambda x: x) -> Metric:
  """The share of n samples that a classifier takes for what it takes the examples for that have
  their conditions; part(x) is what it looks at. `prepare` raises Failure."""
  def prepare(paths: Paths):
    features.declared(extractor, paths)
    ready = functools.cache(lambda: features.extractor(extractor, paths))

    def score(real: Batch, fake: Batch):
      net = ready()  # trained when the first score is due
      seen = [features.extract(net, part(x)).logits.argmax(1) for x in (real.x, fake.x)]
      name = naming.featured('alike', net, len(seen[0]))
      return {name: float((seen[0] == seen[1]).mean())}
    return score
  return Metric(n, prepare, {'alike': True}, paired=True)


def of_holes(n: int) -> Metric:
  """L1 of n completed images (`data.masks`) to the images, over the pixels of the holes alone:
  l1-hole, 0 to 2."""
  def score(real: Batch, fake: Batch):
    hole = np.broadcast_to(real.c['mask'] == 0, real.x.shape)
    return {naming.plain('l1-hole', features.count(fake.x)): l1(real.x[hole], fake.x[hole])}
  return Metric(n, lambda paths: score, {'l1-hole': False}, paired=True)


def of_low(n: int, by: int) -> Metric:
  """L1 of n images of super-resolution, averaged over by x by pixels, to their conditions
  (`data.derived.lowered`): l1-low, which can be 0 but for rounding."""
  def score(real: Batch, fake: Batch):
    return {naming.plain('l1-low', features.count(fake.x)): l1(real.c, averaged(fake.x, by))}
  return Metric(n, lambda paths: score, {'l1-low': False}, paired=True)


def of_look(n: int, names: Sequence[str]) -> Metric:
  """L1 of n translated images to the answers, of each look that was asked for (`data.looks`):
  l1-LOOK. Of looks that draw something, none is to be expected to be near."""
  def score(real: Batch, fake: Batch):
    chosen = {name: real.c['to'] == i for i, name in enumerate(names)}
    return {naming.plain(f'l1-{name}', features.count(fake.x)): l1(real.x[which], fake.x[which])
            for name, which in chosen.items() if which.any()}
  return Metric(n, lambda paths: score, {f'l1-{name}': False for name in names}, paired=True)
