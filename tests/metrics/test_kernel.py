"""Kernel distance: scikit-learn's kernel, torch-fidelity's subsets, invariances."""
import fractions

import numpy as np
import pytest
from scipy import linalg
from sklearn.metrics.pairwise import polynomial_kernel

from jaxgan.io.errors import Failure
from jaxgan.metrics import kernel


def points(seed, n, d=16):
  return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


REAL, FAKE = points(0, 200), np.float32(.8) * points(1, 150) + np.float32(.1)


def exact(x, y):
  x, y = np.float64(x), np.float64(y)
  k = lambda a, b: polynomial_kernel(a, b, degree=3, coef0=1)
  within = lambda a: (k(a, a).sum() - np.trace(k(a, a))) / (len(a) * (len(a) - 1))
  return within(x) + within(y) - 2 * k(x, y).mean()


@pytest.mark.parametrize('block', [64, 4096])
def test_against_scikit_learn(monkeypatch, block):
  monkeypatch.setattr(kernel, 'BLOCK', block)
  np.testing.assert_allclose(kernel.distance(REAL, FAKE), exact(REAL, FAKE), rtol=3e-6)


def test_small_differences_keep_their_digits():
  """Of features like Inception's, where KD is 1e-3 of the kernels."""
  x, y = np.abs(points(0, 500, 256)), np.abs(points(1, 400, 256)) + np.float32(.01)
  assert 0 < abs(exact(x, y)) < 2e-2
  np.testing.assert_allclose(kernel.distance(x, y), exact(x, y), rtol=1e-5)


def rational(x, y):
  """KD by the definition in exact arithmetic."""
  x, y = ([[fractions.Fraction(float(v)) for v in row] for row in a] for a in (x, y))
  d = len(x[0])
  k = lambda a, b: (sum(p * q for p, q in zip(a, b)) / d + 1) ** 3
  within = lambda a: sum(k(p, q) for i, p in enumerate(a) for j, q in enumerate(a) if i != j)
  between = sum(k(p, q) for p in x for q in y)
  n, m = len(x), len(y)
  return float(within(x) / (n * (n - 1)) + within(y) / (m * (m - 1)) - 2 * between / (n * m))


@pytest.mark.parametrize('offset', [0., 1e3, 1e4, 1e6, 1e8])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_far_from_zero(offset, dtype):
  """In float32 it was off by 1 %, then by as much as itself, and then NaN. Now products alone
  are float32, of centred features."""
  x = (np.float64(points(0, 12, 4)) + offset).astype(dtype)
  y = (np.float64(points(1, 9, 4)) * 1.5 + offset + .25).astype(dtype)
  np.testing.assert_allclose(kernel.distance(x, y), rational(x, y), rtol=1e-6)
  np.testing.assert_allclose(kernel.distance(x * 1e15, y * 1e15), rational(x * 1e15, y * 1e15),
                             rtol=1e-9)  # beyond float32


@pytest.mark.parametrize('call,says', [
    (lambda: kernel.subsets(REAL, FAKE, subsets=0), 'subsets=0 must be at least 1'),
    (lambda: kernel.subsets(REAL, FAKE, size=1), 'size=1 must be at least 2'),
    (lambda: kernel.blocks(REAL, FAKE, size=0), 'size=0 must be at least 2'),
    (lambda: kernel.distance(REAL, FAKE[:1]), 'y has 1 examples and needs at least 2'),
    (lambda: kernel.distance(REAL[:, :0], FAKE[:, :0]), r'x must be \[N, d\]'),
    (lambda: kernel.distance(REAL, FAKE[:, :3]), 'x has 16, y has 3 features'),
    (lambda: kernel.distance(REAL * 1j, FAKE), 'x is complex64: give real numbers')])
def test_what_would_be_no_number_is_refused(call, says):
  with pytest.raises(Failure, match=says):
    call()


def test_one_dimension_by_hand():
  """x = {0, 1}, y = {0, 2}: 1 + 1 - 2 (1 + 1 + 1 + 3^3) / 4."""
  x, y = np.float32([[0], [1]]), np.float32([[0], [2]])
  np.testing.assert_allclose(kernel.distance(x, y), -13, rtol=1e-6)


def test_order_and_rotation():
  whole = kernel.distance(REAL, FAKE)
  np.testing.assert_allclose(kernel.distance(FAKE[::-1], REAL), whole, rtol=3e-6)
  turn = linalg.qr(points(2, 16))[0]
  np.testing.assert_allclose(kernel.distance(REAL @ turn, FAKE @ turn), whole, rtol=3e-6)


def test_unbiased():
  """Two halves of one set are no distance apart on average; the biased form gives > 0."""
  found = [kernel.distance(*np.split(points(seed, 20, 2), 2)) for seed in range(200)]
  assert abs(np.mean(found)) < 3 * np.std(found) / 200 ** .5 and min(found) < 0


def test_subsets_are_torch_fidelitys():
  """torch-fidelity 0.4.0, kid_subsets=10, kid_subset_size=50, features in float64."""
  found = kernel.subsets(REAL, FAKE, subsets=10, size=50)
  np.testing.assert_allclose(found, (0.08485196318413371, 0.05538236407507944), rtol=3e-6)


def test_blocks_use_each_example_once(monkeypatch):
  seen = []
  monkeypatch.setattr(kernel, 'distance', lambda x, y: seen.append((x, y)) or float(len(seen)))
  found = kernel.blocks(REAL, FAKE, size=50)
  assert [(len(x), len(y)) for x, y in seen] == [(50, 38), (50, 38), (50, 37), (50, 37)]
  for i, whole in enumerate((REAL, FAKE)):
    parts = np.concatenate([pair[i] for pair in seen])
    assert not np.array_equal(parts, whole), 'sets sorted by class must be shuffled'
    np.testing.assert_array_equal(np.sort(parts, 0), np.sort(whole, 0))
  np.testing.assert_allclose(found, (2.5, np.std([1, 2, 3, 4], ddof=1) / 2))


def test_blocks_agree_with_the_whole():
  mean, error = kernel.blocks(REAL, FAKE, size=50)
  assert abs(mean - exact(REAL, FAKE)) < 3 * error
  assert (mean, error) == kernel.blocks(REAL, FAKE, size=50)
  assert (mean, error) != kernel.blocks(REAL, FAKE, size=50, seed=1)


def test_collapsed_set():
  point = np.ones((7, 16), np.float32)
  assert kernel.distance(point, point) == 0
  np.testing.assert_allclose(kernel.distance(REAL, point), exact(REAL, point), rtol=3e-6)


def test_bad_sets_are_refused():
  with pytest.raises(Failure, match='y has 1 examples and needs at least 2'):
    kernel.distance(REAL, FAKE[:1])
  with pytest.raises(Failure, match='y has 7 examples and needs at least 8'):
    kernel.blocks(REAL, FAKE[:7], size=50)
  with pytest.raises(Failure, match='y has 150 examples and needs at least 200'):
    kernel.subsets(REAL, FAKE, size=200)
  with pytest.raises(Failure, match='NaN'):
    kernel.distance(REAL, FAKE * np.float32(np.nan))
