"""Memorisation: copies, fresh samples, samples off the data."""
import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from jaxgan.io.errors import Failure
from jaxgan.metrics import memorisation


def points(seed, n, d=16):
  return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


TRAIN, TEST = points(0, 200), points(3, 120)
FAKE = np.float32(.8) * points(1, 150) + np.float32(.1)


def test_closer_share_is_mann_whitneys():
  of_test, of_fake = (cdist(x, TRAIN).min(1) for x in (TEST, FAKE))
  u = stats.mannwhitneyu(of_test, of_fake).statistic
  assert memorisation.closer_share(TRAIN, TEST, FAKE) == pytest.approx(u / (120 * 150))


def test_closer_share_from_none_to_all():
  assert memorisation.closer_share(TRAIN, TEST, TRAIN[::-1]) == 1
  assert memorisation.closer_share(TRAIN, TEST, FAKE + 100) == 0
  assert memorisation.closer_share(TRAIN, TEST, TEST) == .5
  assert memorisation.closer_share(TRAIN, TRAIN[:9], TRAIN[:5]) == .5  # all distances 0
  fresh = memorisation.closer_share(TRAIN, TEST, points(4, 150))
  assert abs(fresh - .5) < 3 * ((150 + 120 + 1) / (12 * 150 * 120)) ** .5


def test_authpct_is_dgm_evals():
  """dgm-eval d57a6d2, compute_authpct(train, fake)."""
  assert memorisation.authpct(TRAIN, FAKE) == 48


def test_authpct_of_copies_and_of_noise():
  assert memorisation.authpct(TRAIN, TRAIN) == 0
  assert memorisation.authpct(TRAIN, FAKE + 100) == 100
  twice = np.concatenate([TRAIN, TRAIN])
  assert memorisation.authpct(twice, twice) == 0  # 0 is not nearer than 0


def test_nearest_pairs():
  fake = FAKE.copy()
  fake[[140, 17]] = TRAIN[[3, 199]]
  fake[5] = TRAIN[8] + np.float32(1e-3)
  found = memorisation.nearest(TRAIN, fake, k=3)
  assert [a.shape for a in found] == [(16,), (16, 3), (16, 3)]
  assert list(zip(found.fake, found.train[:, 0]))[:3] == [(17, 199), (140, 3), (5, 8)]
  assert found.distance[:2, 0].tolist() == [0, 0]
  exact = cdist(fake, TRAIN)
  np.testing.assert_allclose(found.distance[:, 0], np.sort(exact.min(1))[:16], rtol=1e-6)
  np.testing.assert_allclose(found.distance, np.sort(exact[found.fake])[:, :3], rtol=1e-6)
  np.testing.assert_array_equal(found.train, np.argsort(exact[found.fake])[:, :3])


def test_bad_sets_are_refused():
  with pytest.raises(Failure, match='fake has 15 examples and needs at least 16'):
    memorisation.nearest(TRAIN, FAKE[:15])
  with pytest.raises(Failure, match='train has 1 examples and needs at least 2'):
    memorisation.authpct(TRAIN[:1], FAKE)
  with pytest.raises(Failure, match='test has 0 examples'):
    memorisation.closer_share(TRAIN, TEST[:0], FAKE)
  with pytest.raises(Failure, match='fake has 4 features'):
    memorisation.closer_share(TRAIN, TEST, FAKE[:, :4])
