"""Frechet distance between Gaussians (Dowson & Landau, 1982; Heusel et al., 2017, FID).

  d^2(a, b) = |m_a - m_b|^2 + tr S_a + tr S_b - 2 tr (S_a S_b)^(1/2)

tr (S_a S_b)^(1/2) = |A^T B|_* (the sum of singular values) for any A A^T = S_a, B B^T = S_b.
Unlike a root of S_a S_b, that needs neither full rank nor luck: singular values carry an
error of eps sigma_max, roots of eigenvalues one of sqrt(eps lambda_max) each. A distance is
never below 0: what rounding makes of a set and itself, as -1e-13, is 0.
"""
import contextlib

import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from jaxgan.io.errors import Failure
from jaxgan.metrics import moments, sets
from jaxgan.metrics.moments import Gaussian
from jaxgan.types import Array


def from_moments(a: Gaussian, b: Gaussian) -> float:
  """The distance in float64, on the host: exact, in 3 s at d = 2048."""
  with threadpool_limits(1, 'blas'):  # more threads spin: 60 s where other work shares cores
    cross = np.linalg.svd(root(a).T @ root(b), compute_uv=False).sum()
  found = ((a.mean - b.mean) ** 2).sum() + np.trace(a.cov + b.cov) - 2 * cross
  return float(max(found, 0))


def root(g: Gaussian) -> np.ndarray:
  """A [d, r], A A^T = cov: Cholesky's, or, where there is none, of eigenvalues, which takes ten
  times as long. n examples span n - 1 dimensions: the rest is rounding."""
  rank = int(min(len(g.mean), g.n - 1))
  if rank == len(g.mean):
    with contextlib.suppress(np.linalg.LinAlgError):
      return np.linalg.cholesky(g.cov)
  values, vectors = np.linalg.eigh(g.cov)
  return (vectors * np.sqrt(np.clip(values, 0, None)))[:, -rank:]


def distance(x: Array, y: Array) -> Array:
  """The distance between sets x [n, d] and y [m, d] of any rank, n, m > 1, float32, jit-able.

  A^T is the triangle of a QR decomposition of the centred set, so that no covariance, with
  its squared condition number, is formed: O((n + m + d) d^2), for monitors of small d.
  """
  def root(a):
    a = (a - a.mean(0, keepdims=True)) / jnp.sqrt(len(a) - 1.)
    return jnp.linalg.qr(a, mode='r')

  a, b = root(x), root(y)
  cross = jnp.linalg.svd(jnp.matmul(a, b.T, precision='highest'), compute_uv=False).sum()
  found = ((x.mean(0) - y.mean(0)) ** 2).sum() + (a ** 2).sum() + (b ** 2).sum() - 2 * cross
  return jnp.maximum(found, 0)


def infinity(real: Gaussian, fake: Array, seed: int = 0, points: int = 15,
             least: int = 5000) -> tuple[float, float]:
  """(FD of infinitely many fakes, its standard error): Chong & Forsyth, 2020, arXiv:1911.07023.

  FD has a bias in 1/N. It is taken of `points` random subsets of fake [N, d], of `least` (at
  most N/10) to N examples; least squares on 1/N gives the intercept. The error is that of
  the fit: subsets overlap, and another set of fakes may differ by more. Raises Failure if
  N < points.
  """
  sets.at_least('FD infinity', points=(points, 3))
  sets.check('FD infinity', points, fake=fake)
  fake, draw = np.asarray(fake), np.random.default_rng(seed)
  sizes = np.linspace(max(min(least, len(fake) // 10), 2), len(fake), points).astype(int)
  found = [from_moments(real, moments.of(fake[draw.permutation(len(fake))[:n]])) for n in sizes]
  (_, intercept), cov = np.polyfit(1 / sizes, found, 1, cov=True)
  return float(intercept), float(np.sqrt(cov[1, 1]))


def intra_class(real: Array, real_labels: np.ndarray, fake: Array, fake_labels: np.ndarray
                ) -> tuple[float, dict[int, float]]:
  """(the unweighted mean over classes, FD by class): Miyato & Koyama, 2018, arXiv:1802.05637.

  Give as many fakes of a class as reals: of so few examples FD is mostly bias, and only
  comparable at equal numbers. Labels are integers [N]. Raises Failure if real and fake have
  not the same classes, or a class has fewer than two examples.
  """
  real, fake = np.asarray(real), np.asarray(fake)
  classes = np.unique(real_labels)
  if not np.array_equal(classes, np.unique(fake_labels)):
    raise Failure('intra-class FD: real and fake must have the same classes, and only one of '
                  f'them has {np.setxor1d(classes, fake_labels).tolist()}')
  each = {int(c): from_moments(moments.of(real[real_labels == c], f'real class {c}'),
                               moments.of(fake[fake_labels == c], f'fake class {c}'))
          for c in classes}
  return float(np.mean(list(each.values()))), each
