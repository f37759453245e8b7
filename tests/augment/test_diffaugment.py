"""Each transformation by what it may and must not do to an image."""
import jax
import numpy as np
import pytest

from jaxgan import rng
from jaxgan.augment import diffaugment

KEYS = rng.per_example(rng.root(0), np.arange(500))
X = np.random.default_rng(0).uniform(.2, 1, (10, 16, 3)).astype(np.float32)
many = lambda transform: np.asarray(jax.vmap(lambda key: transform(key, X))(KEYS))


def test_color_is_linear_in_the_image():
  """x -> contrast (1/2 to 3/2) and saturation (0 to 2) about means, after +- 1/2."""
  found = many(diffaugment.color)
  brightness = found.mean((1, 2, 3)) - X.mean()
  assert brightness.min() > -.5 and brightness.max() < .5
  np.testing.assert_allclose(brightness.std(), 1 / np.sqrt(12), rtol=.1)
  grey = lambda a: a.mean(-1)
  contrast = grey(found).std((1, 2)) / grey(X).std()
  assert .5 <= contrast.min() < .51 and 1.49 < contrast.max() <= 1.5
  off = lambda a: a - a.mean(-1, keepdims=True)
  saturation = off(found).std((1, 2, 3)) / off(X).std() / contrast
  assert 0 <= saturation.min() < .02 and 1.98 < saturation.max() <= 2.0001


def test_translation_moves_by_up_to_an_eighth():
  found, seen = many(diffaugment.translation), set()
  padded = np.pad(X, [(1, 1), (2, 2), (0, 0)])
  for y in found:
    fits = [(i, j) for i in range(3) for j in range(5)
            if np.array_equal(y, padded[i:i + 10, j:j + 16])]
    assert len(fits) == 1
    seen.update(fits)
  assert len(seen) == 15


def test_shift_mirrors_the_border_and_flip_mirrors_half():
  assert (many(diffaugment.shift) > .1).all(), 'no zeros come in'
  flipped = [np.array_equal(y, X[:, ::-1]) for y in many(diffaugment.flip)]
  same = [np.array_equal(y, X) for y in many(diffaugment.flip)]
  assert sum(flipped) + sum(same) == 500 and 200 < sum(flipped) < 300


def test_cutout_is_half_of_each_side_anywhere():
  holes = (many(diffaugment.cutout) == 0).all(3)
  areas = holes.sum((1, 2))
  assert areas.max() == 5 * 8 and areas.min() >= 2 * 4, 'clipped at most to a corner'
  columns = {tuple(np.flatnonzero(hole.any(0))) for hole in holes}
  assert {(0, 1, 2, 3), (12, 13, 14, 15)} < columns, 'the centre may be at either end'
  share = holes.mean(0)
  assert share.min() > .05 and share[4:6, 7:9].min() > share[0, 0]
  for hole in holes:
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    assert hole.sum() == len(rows) * len(columns), 'a rectangle'


@pytest.mark.parametrize('names', [('color',), ('translation', 'cutout'),
                                   ('color', 'translation', 'cutout')])
def test_examples_are_augmented_apart_by_their_keys_alone(names):
  f = diffaugment.of(*(getattr(diffaugment, name) for name in names))
  batch = np.stack([X] * 6)
  found = f(KEYS[:6], batch)
  np.testing.assert_allclose(f(KEYS[2:4], batch[:2]), found[2:4], atol=1e-6)
  assert len({y.tobytes() for y in np.asarray(found)}) == 6


def test_one_transformation_after_the_other_each_by_its_own_key():
  draw = lambda key, x: 2 * x + jax.random.uniform(key)
  twice, key = diffaugment.of(draw, draw), KEYS[:1]
  first, second = (float(twice(key, np.float32([[x]]))[0, 0]) for x in (0., 1.))
  assert second - first == 4
  a, b = (float(jax.random.uniform(rng.named(key[0], name))) for name in '01')
  np.testing.assert_allclose(first, 2 * a + b, rtol=1e-5)
