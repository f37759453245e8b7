"""Precision, recall, density, coverage: independent code, ties, collapse, small sets."""
import numpy as np
import pytest
from scipy import linalg
from scipy.spatial.distance import cdist

from jaxgan.io.errors import Failure
from jaxgan.metrics import manifold, neighbours


def points(seed, n, d=16):
  return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


REAL, FAKE = points(0, 200), np.float32(.8) * points(1, 150) + np.float32(.1)


@pytest.fixture(params=[64, 4096])
def block(request, monkeypatch):
  monkeypatch.setattr(neighbours, 'BLOCK', request.param)


def by_definition(real, fake, k, inside):
  """(precision, recall, density, coverage) from whole distance matrices in float64."""
  radius = lambda a: np.sort(cdist(a, a), 1)[:, k]
  real, fake = np.float64(real), np.float64(fake)
  of_real = inside(cdist(real, fake), radius(real)[:, None])
  of_fake = inside(cdist(real, fake), radius(fake)[None])
  return (of_real.any(0).mean(), of_fake.any(1).mean(), of_real.sum(0).mean() / k,
          of_real.any(1).mean())


def test_against_torch_fidelity(block):
  """torch-fidelity 0.4.0, prc_features_to_metric(fake, real, prc_neighborhood=3)."""
  np.testing.assert_allclose(manifold.precision_recall(REAL, FAKE),
                             (0.9466666579246521, 0.4000000059604645), rtol=1e-6)


def test_against_prdc(block):
  """prdc 0.2, compute_prdc(real, fake, nearest_k=5)."""
  np.testing.assert_allclose(manifold.density_coverage(REAL, FAKE), (2.432, .995))


@pytest.mark.parametrize('k', [1, 3, 7])
def test_against_the_definition(k):
  p, r, *_ = by_definition(REAL, FAKE, k, np.less_equal)
  assert manifold.precision_recall(REAL, FAKE, k) == pytest.approx((p, r))
  *_, d, c = by_definition(REAL, FAKE, k, np.less)
  assert manifold.density_coverage(REAL, FAKE, k) == pytest.approx((d, c))


@pytest.mark.parametrize('value', [0, 1, .1, 1234.5])
@pytest.mark.parametrize('d', [3, 2048])
def test_identical_constants(value, d):
  """All distances are 0: inside a closed ball, outside an open one."""
  x = np.full((9, d), value, np.float32)
  assert manifold.precision_recall(x, x[:5]) == (1, 1)
  assert manifold.density_coverage(x, x[:5]) == (0, 0)


def test_collapse_onto_a_training_example():
  real, fake = np.abs(points(0, 60, d=2048)), np.abs(points(0, 60, d=2048))[[7] * 40]
  assert manifold.precision_recall(real, fake) == (1, 1 / 60)
  apart = fake + np.float32(.1)
  assert manifold.precision_recall(real, apart) == (1, 0)


def test_duplicates_of_features_of_many_dimensions():
  """Each real twice: k = 1 has radius 0, which copies reach only in closed balls."""
  x = np.abs(points(0, 50, d=2048))
  twice = np.concatenate([x, x])
  assert manifold.precision_recall(twice, twice, k=1) == (1, 1)
  assert manifold.density_coverage(twice, twice, k=1) == (0, 0)


@pytest.mark.parametrize('d', [16, 2048])
def test_copies_of_the_training_set(d):
  """A copy lies in its own ball, in nearer ones, and on the edge of those whose k-th it is."""
  real = np.abs(points(0, 200, d)) + 1
  fake = real[np.random.default_rng(0).permutation(200)]
  assert manifold.density_coverage(real, fake) == (1, 1)  # k of k: itself and k - 1 others
  assert manifold.precision_recall(real, real) == (1, 1)


def outlier():
  """600 reals in 64 dimensions, one at 1e6, and 500 fakes that spread a little less."""
  draw = np.random.default_rng(0)
  real = draw.normal(size=(600, 64)).astype(np.float32)
  real[17] = 1e6
  return real, np.float32(.95) * draw.normal(size=(500, 64)).astype(np.float32)


def clusters():
  """Two clusters, 3,000 apart, of reals and of fakes."""
  draw = np.random.default_rng(1)
  far = lambda n: 3000 * (np.arange(n) % 2)[:, None]
  of = lambda n: (draw.normal(size=(n, 64)) + far(n)).astype(np.float32)
  return of(400), np.float32(1) * of(300)


@pytest.mark.parametrize('sets', [outlier, clusters])
def test_what_is_far_hides_nothing_that_is_near(block, sets):
  """In float32, about the mean, all pairs but the far ones counted as ties."""
  real, fake = sets()
  p, r, *_ = by_definition(real, fake, 3, np.less_equal)
  *_, d, c = by_definition(real, fake, 5, np.less)
  assert .3 < p < .9 and r < 1 and c < 1  # so that ties would tell
  assert manifold.precision_recall(real, fake) == pytest.approx((p, r), abs=1e-12)
  assert manifold.density_coverage(real, fake) == pytest.approx((d, c), abs=1e-12)


def test_ties_at_the_radius_are_ties(block):
  """On a line at whole numbers, every k-th neighbour is a tie: by hand, in float64."""
  real = np.arange(40, dtype=np.float32)[:, None] + 10_000
  fake = real[::3] + np.float32(1)
  p, r, *_ = by_definition(real, fake, 3, np.less_equal)
  *_, d, c = by_definition(real, fake, 5, np.less)
  assert manifold.precision_recall(real, fake) == (p, r)
  assert manifold.density_coverage(real, fake) == pytest.approx((d, c))


@pytest.mark.parametrize('k', [0, -1])
def test_no_such_k(k):
  for measure in (manifold.precision_recall, manifold.density_coverage):
    with pytest.raises(Failure, match=f'k={k} must be at least 1'):
      measure(REAL, FAKE, k)


def test_asymmetry():
  """Fakes of one mode of two are precise and recall half."""
  real = np.concatenate([points(0, 100, 2), points(1, 100, 2) + 100])
  precision, recall = manifold.precision_recall(real, points(2, 150, 2))
  assert precision > .9 and .4 < recall <= .5
  density, coverage = manifold.density_coverage(real, points(2, 150, 2))
  assert .8 < density < 1.2 and .4 < coverage <= .5


def test_far_apart():
  assert manifold.precision_recall(REAL, FAKE + 100) == (0, 0)
  assert manifold.density_coverage(REAL, FAKE + 100) == (0, 0)


def test_order_and_rotation():
  turn = linalg.qr(points(2, 16))[0]
  for measure in (manifold.precision_recall, manifold.density_coverage):
    assert measure(REAL[::-1], FAKE[::-1]) == measure(REAL, FAKE)
    np.testing.assert_allclose(measure(REAL @ turn, FAKE @ turn), measure(REAL, FAKE))


@pytest.mark.parametrize('measure', [manifold.precision_recall, manifold.density_coverage])
def test_small_sets(measure):
  k = 3
  measure(REAL[:k + 1], FAKE[:k + 1], k)
  for n in (1, k):
    with pytest.raises(Failure, match=rf'\(k=3\): real has {n} examples and needs at least 4'):
      measure(REAL[:n], FAKE, k)
  with pytest.raises(Failure, match='NaN'):
    measure(REAL, FAKE * np.float32(np.nan), k)


def test_sizes_of_fakes():
  """Recall needs balls of fakes; density and coverage take a single fake."""
  with pytest.raises(Failure, match='fake has 3 examples and needs at least 4'):
    manifold.precision_recall(REAL, FAKE[:3])
  assert manifold.density_coverage(REAL, REAL[:1])[1] > 0


def test_all_four_at_once():
  assert manifold.all_four(REAL, FAKE, 2, 4) == (*manifold.precision_recall(REAL, FAKE, 2),
                                                 *manifold.density_coverage(REAL, FAKE, 4))
