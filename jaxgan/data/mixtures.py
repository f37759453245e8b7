"""Mixtures of Gaussians in the plane: mode collapse that can be counted.

The ring and the grid of VEEGAN (Srivastava et al., 2017, arXiv:1705.07761) with the radius,
spacing and sigma of PacGAN (Lin et al., 2018, arXiv:1712.04086), 100,000 training points.
"""
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import source
from jaxgan.types import Batch

POINTS = 100_000


class Mixture(NamedTuple):
  """Equal shares of isotropic Gaussians."""
  centres: np.ndarray  # float32 [K, 2]
  sigma: float


def ring8() -> Mixture:
  """Eight modes on the unit circle, sigma 0.01."""
  angle = np.arange(8) * np.pi / 4
  return Mixture(np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32), .01)


def grid25() -> Mixture:
  """{-4, -2, 0, 2, 4}^2, sigma 0.05."""
  at = np.arange(-4, 5, 2, dtype=np.float32)
  return Mixture(np.stack(np.meshgrid(at, at), -1).reshape(-1, 2), .05)


def points(mixture: Mixture, n: int, seed: int) -> np.ndarray:
  """n points of a mixture, float32 [n, 2]."""
  draw = np.random.default_rng(seed)
  which = draw.integers(len(mixture.centres), size=n)
  noise = draw.normal(scale=mixture.sigma, size=(n, 2))
  return (mixture.centres[which] + noise).astype(np.float32)


def load(mixture: Mixture, scale: float = 1.) -> source.Dataset:
  """x: float32 [2]; the networks see the points divided by `scale`."""
  spec = Batch(jax.ShapeDtypeStruct((2,), np.float32))
  return source.Dataset(
      describe=lambda data_dir: spec,
      load=lambda data_dir: source.Arrays(Batch(points(mixture, POINTS, seed=0))),
      decode=lambda batch: Batch(jax.tree.map(lambda x: x / scale, batch.x)),
      encode=lambda x: x * scale, name=f'mixture of {len(mixture.centres)}', unit='points')
