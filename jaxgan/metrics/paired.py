"""How far samples are from the examples that have their conditions.

Images are uint8 [N, H, W, C]. Distances are of pixels from -1 to 1.
"""
import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.metrics import naming
from jaxgan.metrics.ms_ssim import similarity
from jaxgan.types import Array, Batch, Metric

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
    return {naming.plain(name, n): value for name, value in found.items()}
  return Metric(n, lambda paths: score, RISING, paired=True)
