"""Frechet distance: analytic Gaussians, scipy's root, sets of low rank."""
import jax
import numpy as np
import pytest
from scipy import linalg

from jaxgan.io.errors import Failure
from jaxgan.metrics import frechet, moments
from jaxgan.metrics.moments import Gaussian

distance = jax.jit(frechet.distance)


def points(seed, n, d=8, scale=1., offset=0.):
  random = np.random.default_rng(seed)
  mix = random.normal(size=(d, d)) / d ** .5
  return (scale * random.normal(size=(n, d)) @ mix + offset).astype(np.float32)


def by_root(x, y):
  """The textbook formula, with scipy's matrix root."""
  a, b = np.cov(np.float64(x).T), np.cov(np.float64(y).T)
  shift = np.mean(x, 0, np.float64) - np.mean(y, 0, np.float64)
  return shift @ shift + np.trace(a + b - 2 * np.real(linalg.sqrtm(a @ b)))


def of(x, y):
  return frechet.from_moments(moments.of(x), moments.of(y))


def test_commuting_gaussians():
  """|m|^2 + sum (s_a - s_b)^2, of standard deviations s in one basis."""
  turn = linalg.qr(np.float64(points(0, 3, 3)))[0]
  gaussian = lambda m, s: Gaussian(np.inf, np.array(m), turn @ np.diag(np.square(s)) @ turn.T)
  a, b = gaussian([0, 0, 0], [1, 2, 3]), gaussian([3, 0, 4], [2, 2, 1])
  np.testing.assert_allclose(frechet.from_moments(a, b), 25 + 1 + 4, rtol=1e-12)


def test_against_scipy():
  x, y = points(0, 300), points(1, 200, scale=1.5, offset=.3)
  np.testing.assert_allclose(of(x, y), by_root(x, y), rtol=1e-9)
  np.testing.assert_allclose(distance(x, y), by_root(x, y), rtol=1e-5)


@pytest.mark.parametrize('n, m', [(5, 5), (5, 200), (200, 5), (2, 3)])
def test_fewer_examples_than_features(n, m):
  """Where scipy's root is off by 1e-5: singular values of the n x m matrix of products."""
  x, y = points(0, n, d=32), points(1, m, d=32, offset=.2)
  centred = lambda a: (a - a.mean(0, np.float64)) / (len(a) - 1) ** .5
  a, b, shift = centred(x), centred(y), x.mean(0, np.float64) - y.mean(0, np.float64)
  exact = ((shift ** 2).sum() + (a ** 2).sum() + (b ** 2).sum()
           - 2 * linalg.svdvals(a @ b.T).sum())
  np.testing.assert_allclose(of(x, y), exact, rtol=1e-9)
  np.testing.assert_allclose(distance(x, y), exact, rtol=1e-5)


@pytest.mark.parametrize('spread', [1e-1, 1e-4, 1e-7, 0])
def test_features_that_are_almost_alike(spread):
  """Whether Cholesky's root is found or, of a rank that rounding hides, eigenvalues' is."""
  def twice(seed):
    x, noise = points(seed, 300), np.random.default_rng(seed + 10).normal(size=(300, 8))
    return np.concatenate([np.float64(x), x + spread * noise], 1)
  x, y = twice(0), twice(1)
  centred = lambda a: (a - a.mean(0)) / len(a[1:]) ** .5
  exact = (((x.mean(0) - y.mean(0)) ** 2).sum() + x.var(0, ddof=1).sum()
           + y.var(0, ddof=1).sum() - 2 * linalg.svdvals(centred(x) @ centred(y).T).sum())
  gaussian = lambda a: Gaussian(len(a), a.mean(0), np.cov(a.T))
  np.testing.assert_allclose(frechet.from_moments(gaussian(x), gaussian(y)), exact, rtol=1e-9)


def test_low_rank_has_a_closed_form():
  """Sets on orthogonal lines: nothing is shared, so FD = |m|^2 + tr + tr."""
  x, y = np.zeros((4, 50)), np.zeros((6, 50))
  x[:, 0], y[:, 1] = [1, 2, 3, 4], [0, 0, 0, 0, 0, 6]
  expected = 2.5 ** 2 + 1 + 5 / 3 + 6
  np.testing.assert_allclose(of(x, y), expected, rtol=1e-12)
  np.testing.assert_allclose(distance(np.float32(x), np.float32(y)), expected, rtol=1e-6)


def test_collapsed_set():
  """FD to a point is |m|^2 + tr."""
  x, point = points(0, 100), np.full((30, 8), 2, np.float32)
  expected = ((x.mean(0, np.float64) - 2) ** 2).sum() + np.cov(np.float64(x).T).trace()
  np.testing.assert_allclose(of(x, point), expected, rtol=1e-12)
  np.testing.assert_allclose(distance(x, point), expected, rtol=1e-5)
  assert of(point, point) == 0 and abs(distance(point, point)) < 1e-12


def test_itself_order_and_rotation():
  x, y = points(0, 300), points(1, 200, offset=.3)
  assert abs(of(x, x)) < 1e-12 and abs(distance(x, x)) < 2e-5
  np.testing.assert_allclose(of(x[::-1], y), of(y, x), rtol=1e-9)
  turn = linalg.qr(points(2, 8))[0]
  np.testing.assert_allclose(of(x @ turn, y @ turn), of(x, y), rtol=1e-6)


def test_grows_with_noise():
  x, noise = points(0, 500), points(1, 500)
  assert sorted(found := [of(x, x + s * noise) for s in (0, .1, .3, 1)]) == found


def test_infinity_takes_the_bias_off():
  real = Gaussian(np.inf, np.zeros(4), np.eye(4))
  fake = np.random.default_rng(0).normal(size=(4000, 4))
  few = frechet.from_moments(real, moments.of(fake[:400]))
  value, error = frechet.infinity(real, fake, seed=1)
  assert abs(value) < few / 4 and 0 < error < few
  assert (value, error) == frechet.infinity(real, fake, seed=1) != frechet.infinity(real, fake)


@pytest.mark.parametrize('least, first', [(1000, 1000), (5000, 1200)])
def test_infinity_is_the_intercept(monkeypatch, least, first):
  """Of an FD that is 3 + 20 / N exactly."""
  sizes = []
  monkeypatch.setattr(frechet, 'from_moments',
                      lambda a, b: sizes.append(b.n) or 3 + 20 / b.n)
  fake = points(0, 12_000, d=1)
  np.testing.assert_allclose(frechet.infinity(None, fake, least=least), (3, 0), atol=1e-9)
  assert sizes == np.linspace(first, 12_000, 15).astype(int).tolist()


def test_intra_class_is_the_plain_mean():
  x, y = points(0, 30), points(1, 30)
  labels = np.repeat([0, 5], [10, 20])
  mean, each = frechet.intra_class(x, labels, y[::-1], labels[::-1])
  assert each == {0: pytest.approx(of(x[:10], y[:10])), 5: pytest.approx(of(x[10:], y[10:]))}
  assert mean == pytest.approx((each[0] + each[5]) / 2)


def test_bad_sets_are_refused():
  x, labels = points(0, 30), np.repeat([0, 5], 15)
  with pytest.raises(Failure, match='14 examples and needs at least 15'):
    frechet.infinity(moments.of(x), x[:14])
  with pytest.raises(Failure, match=r'same classes, .*\[5, 6\]'):
    frechet.intra_class(x, labels, x, np.repeat([0, 6], 15))
  with pytest.raises(Failure, match='fake class 5 has 1 examples'):
    frechet.intra_class(x, labels, x[:16], labels[:16])
  with pytest.raises(Failure, match='NaN'):
    moments.of(np.full((5, 2), np.nan))
