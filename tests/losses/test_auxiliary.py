"""What D's other outputs are worth, by hand."""
import numpy as np
import rounds
from scipy.special import log_softmax

from jaxgan.losses import auxiliary
from jaxgan.types import Batch

C, C_FAKE = np.array([0, 2, 1, 1, 0, 2, 2, 0]), np.array([1, 1, 0, 2, 2, 0, 1, 0])
ON_REAL, ON_FAKE = rounds.draw(8, 3), rounds.draw(8, 3, seed=1)
ROUND = dict(on_real=(rounds.draw(8), {'classes': ON_REAL}),
             on_fake=(rounds.draw(8), {'classes': ON_FAKE}), real=Batch(None, C),
             fake=Batch(None, C_FAKE))
entropy = lambda logits, c: -log_softmax(logits, 1)[np.arange(len(c)), c].mean()


def test_auxiliary_classifier():
  on_real, on_fake = entropy(ON_REAL, C), entropy(ON_FAKE, C_FAKE)
  loss = auxiliary.auxiliary_classifier(2., .5)
  found, _ = rounds.terms(loss.d, (), **ROUND)
  np.testing.assert_allclose([found['classes_real'], found['classes_fake']],
                             [2 * on_real, 2 * on_fake], rtol=1e-5)
  found, _ = rounds.terms(loss.g, (), **ROUND)
  np.testing.assert_allclose(found['classes_fake'], .5 * on_fake, rtol=1e-5)
  modified = auxiliary.auxiliary_classifier(2., .5, on_fakes=False)
  assert rounds.terms(modified.d, (), **ROUND)[0].keys() == {'classes_real'}
  read, _ = rounds.terms(lambda r, m: (loss.read(r, m), m), (), **ROUND)
  np.testing.assert_allclose(read['class_accuracy'], (ON_REAL.argmax(1) == C).mean())


def test_multi_hinge(devices):
  """The third class is 'fake' here."""
  def lead(logits, c):
    own = logits[np.arange(8), c]
    rest = np.where(np.eye(3, dtype=bool)[c], -np.inf, logits).max(1)
    return np.maximum(0, 1 - own + rest).mean()
  two = dict(ROUND, real=Batch(None, C % 2), fake=Batch(None, C_FAKE % 2))
  loss = auxiliary.multi_hinge()
  found, _ = rounds.terms(loss.d, (), devices, **two)
  expected = lead(ON_REAL, C % 2) + lead(ON_FAKE, np.full(8, 2))
  np.testing.assert_allclose(found['adversarial'], expected, rtol=1e-5)
  found, _ = rounds.terms(loss.g, (), devices, **two)
  np.testing.assert_allclose(found['adversarial'], lead(ON_FAKE, C_FAKE % 2), rtol=1e-5)


def test_feature_matching_compares_means_over_all_devices(devices):
  features = rounds.draw(8, 5), rounds.draw(8, 5, seed=2)
  at = dict(on_real=(None, {'features': features[0]}),
            on_fake=(None, {'features': features[1]}))
  expected = 3 * ((features[0].mean(0) - features[1].mean(0)) ** 2).mean()
  for some in (devices, devices[:1]):
    found, _ = rounds.terms(auxiliary.feature_matching(3.).g, (), some, **at)
    np.testing.assert_allclose(found['features'], expected, rtol=1e-5)


def test_mutual_information():
  category = rounds.draw(8, 4)
  means, rest = rounds.draw(8, 2, seed=3), rounds.draw(8, 2, seed=4)
  codes = np.array([3, 0, 0, 1, 2, 3, 1, 2])
  z = np.concatenate([np.eye(4, dtype=np.float32)[codes], rest, rounds.draw(8, 6)], 1)
  loss = auxiliary.mutual_information(4, 2, 1., .1)
  for role in (loss.d, loss.g):
    found, _ = rounds.terms(role, (), z=z, on_fake=(None, {'category': category,
                                                           'continuous': means}))
    np.testing.assert_allclose(found['category'], entropy(category, codes), rtol=1e-5)
    np.testing.assert_allclose(found['continuous'], .05 * ((means - rest) ** 2).sum(1).mean(),
                               rtol=1e-5)


def test_labelled_examples_are_judged_by_their_own_images():
  images, label = rounds.draw(8, 3, seed=5), C
  D = lambda x, c: (None, {'classes': 2 * x})
  loss = auxiliary.labelled_examples(.5)
  at = dict(D=D, real=Batch(None, {'x': images, 'label': label}))
  found, _ = rounds.terms(loss.d, (), **at)
  np.testing.assert_allclose(found['classes_real'], .5 * entropy(2 * images, C), rtol=1e-5)
  read, _ = rounds.terms(lambda r, m: (loss.read(r, m), m), (), **at)
  np.testing.assert_allclose(read['class_accuracy'], (images.argmax(1) == C).mean())
