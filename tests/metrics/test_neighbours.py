"""Nearest neighbours: scikit-learn's, in one block and in many."""
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from jaxgan.io.errors import Failure
from jaxgan.metrics import neighbours


def points(seed, n, d=12):
  return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.fixture(params=[16, 4096])
def block(request, monkeypatch):
  monkeypatch.setattr(neighbours, 'BLOCK', request.param)


@pytest.mark.parametrize('offset', [0, 1000])
def test_of_another_set(block, offset):
  x, y = points(0, 70) + offset, points(1, 55) + offset
  distance, index = NearestNeighbors(n_neighbors=4, algorithm='brute').fit(
      np.float64(y) - offset).kneighbors(np.float64(x) - offset)
  found = neighbours.nearest(x, y, 4)
  np.testing.assert_array_equal(found.index, index)
  np.testing.assert_allclose(found.distance, distance, rtol=1e-6)


def test_of_itself(block):
  x = points(0, 70)
  distance, index = NearestNeighbors(n_neighbors=3, algorithm='brute').fit(x).kneighbors()
  found = neighbours.nearest(x, x, 3, itself=True)
  np.testing.assert_array_equal(found.index, index)
  np.testing.assert_allclose(found.distance, distance, rtol=1e-6)


def test_all_others(block):
  """k = n - 1: each of them, nearest first; none of the padding."""
  x = points(0, 20)
  found = neighbours.nearest(x, x, 19, itself=True)
  assert (np.diff(found.distance) >= 0).all() and np.isfinite(found.distance).all()
  for i, index in enumerate(found.index):
    assert sorted(index) == [j for j in range(20) if j != i]


def test_duplicates_are_no_distance_apart(block):
  """The expansion |x|^2 + |y|^2 - 2 x.y has them up to 0.02 apart."""
  x = np.abs(points(0, 40, d=2048))
  found = neighbours.nearest(x, np.concatenate([points(1, 30, d=2048), x]), 1)
  np.testing.assert_array_equal(found.index[:, 0], 30 + np.arange(40))
  assert not found.distance.any()
  twice = np.concatenate([x, x])
  assert not neighbours.nearest(twice, twice, 1, itself=True).distance.any()


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('d', [12, 2048])
def test_rounding_is_bounded(d, dtype):
  """Of duplicates, too, where it is largest beside the distance."""
  x = np.abs(points(0, 100, d))
  _, (moved,) = neighbours.centred(np.concatenate([x, x]))
  found, rounding = neighbours.squared(moved, moved, dtype)
  error = np.abs(found - cdist(moved.x, moved.x, 'sqeuclidean'))
  assert found.dtype == dtype and (error < rounding).all() and (found >= 0).all()
  assert (rounding < 1e-5 * (moved.size[:, None] + moved.size[None])).all()


CASES = {
    'outlier': lambda x: np.concatenate([x, np.full((1, x.shape[1]), 1e6, np.float32)]),
    'clusters': lambda x: np.concatenate([x, x + np.float32(3000)]),
    'offset': lambda x: x + np.float32(1e4), 'scale': lambda x: x * np.float32(1e12),
    'half': lambda x: np.float16(x), 'far': lambda x: np.float64(x) + 1e9}


@pytest.mark.parametrize('case', CASES)
def test_what_is_far_hides_nothing_that_is_near(block, case):
  """Held to float64 by direct difference."""
  x = CASES[case](points(0, 80))
  apart = cdist(np.float64(x), np.float64(x))
  np.fill_diagonal(apart, np.inf)
  found = neighbours.nearest(x, x, 3, itself=True)
  np.testing.assert_array_equal(found.index, np.argsort(apart, 1, kind='stable')[:, :3])
  np.testing.assert_allclose(found.distance, np.sort(apart, 1)[:, :3], rtol=1e-12)


@pytest.mark.parametrize('k,itself', [(0, False), (5, True), (6, False), (-1, True)])
def test_no_such_neighbours(k, itself):
  x = points(0, 5)
  with pytest.raises(Failure, match=f'the {k} nearest of {5 - itself} others'):
    neighbours.nearest(x, x, k, itself)


@pytest.mark.parametrize('m', [1, 5, 63, 64, 900, 1003])
@pytest.mark.parametrize('k', [1, 3, 9])
def test_the_smallest_by_groups_are_the_smallest(m, k):
  if k > m:
    return
  draw = np.random.default_rng(m)
  a = draw.integers(0, 40, (50, m)).astype(np.float32)  # with ties
  a[draw.uniform(size=a.shape) < .01] = np.inf
  found = neighbours.smallest(a, k)
  assert found.shape == (50, k) and all(len(set(row)) == k for row in found)
  np.testing.assert_array_equal(np.sort(np.take_along_axis(a, found, 1), 1),
                                np.sort(a, 1)[:, :k])
