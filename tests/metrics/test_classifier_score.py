"""Classifier score: its extremes, torch-fidelity, shuffling."""
import jax
import numpy as np
import pytest

from jaxgan.io.errors import Failure
from jaxgan.metrics import classifier_score

LOGITS = 3 * np.random.default_rng(2).normal(size=(105, 7)).astype(np.float32)


def test_from_one_to_the_number_of_classes():
  sure = 1000. * np.eye(7)[np.arange(105) % 7]
  np.testing.assert_allclose(classifier_score.score(sure, splits=5), (7, 0), atol=1e-12)
  np.testing.assert_allclose(classifier_score.score(0 * sure), (1, 0), atol=1e-12)
  np.testing.assert_allclose(classifier_score.score(sure[[0] * 105]), (1, 0), atol=1e-12)


def test_against_torch_fidelity():
  """torch-fidelity 0.4.0, isc_features_to_metric(logits, splits=10, shuffle=False)."""
  found = classifier_score.score(LOGITS)
  np.testing.assert_allclose(found, (2.7368723191338185, 0.2696500136026204), rtol=1e-6)


def test_definition():
  """exp of the mean KL divergence, with no remainder dropped."""
  p = np.exp(np.float64(LOGITS)) / np.exp(np.float64(LOGITS)).sum(1, keepdims=True)
  parts = [p[:26], p[26:52], p[52:78], p[78:]]
  found = [np.exp((q * np.log(q / q.mean(0))).sum(1).mean()) for q in parts]
  np.testing.assert_allclose(classifier_score.score(LOGITS, splits=4),
                             (np.mean(found), np.std(found)), rtol=1e-12)


def test_a_key_shuffles():
  by_class = 10. * np.eye(7)[np.arange(105) // 15]
  key = jax.random.key(0)
  assert classifier_score.score(by_class, 7)[0] == pytest.approx(1)
  assert classifier_score.score(by_class, 7, key)[0] > 4
  assert classifier_score.score(by_class, 7, key) == classifier_score.score(by_class, 7, key)
  np.testing.assert_allclose(classifier_score.score(LOGITS, 1, key),
                             classifier_score.score(LOGITS, 1), rtol=1e-12)


def test_logits_may_be_shifted():
  np.testing.assert_allclose(classifier_score.score(LOGITS + 5000),
                             classifier_score.score(LOGITS), rtol=1e-3)


def test_bad_logits_are_refused():
  with pytest.raises(Failure, match='10 splits: logits has 9 examples and needs at least 10'):
    classifier_score.score(LOGITS[:9])
  with pytest.raises(Failure, match='NaN'):
    classifier_score.score(LOGITS * np.nan)
