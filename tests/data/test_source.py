"""Pixels, labels and sources."""
import json

import jax
import numpy as np
import pytest

from jaxgan.data import derived, digits, source
from jaxgan.io.errors import Failure
from jaxgan.types import Batch

ALL = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


@pytest.mark.parametrize('scale', [(-1., 1.), (0., 1.)])
def test_every_pixel_value_survives_the_round_trip(scale):
  data = source.arrays(Batch(ALL), scale=scale)
  floats = jax.jit(data.decode)(Batch(ALL)).x
  assert (floats.min(), floats.max()) == scale
  np.testing.assert_array_equal(data.encode(floats), ALL)


def test_output_beyond_the_range_is_clipped_and_rounded():
  got = source.to_uint8(np.array([-2., -.999, .0, .999, 2.], np.float32), -1., 1.)
  np.testing.assert_array_equal(got, [0, 0, 128, 255, 255])


@pytest.mark.parametrize('labels,message', [
    ([0, 1, 7], 'label 7 of example 2 is not one of the 3 classes 0 to 2'),
    ([-1, 0, 1], 'label -1 of example 0'), ([0., 1., 2.], 'must be integers'),
    ([[0], [1], [2]], 'must be integers')])
def test_bad_labels(labels, message):
  with pytest.raises(Failure, match=message):
    source.arrays(Batch(np.zeros((3, 8, 8, 1), np.uint8), np.array(labels)), classes=3)


@pytest.mark.parametrize('x', [np.full((3, 8, 8, 1), 300.), np.zeros((3, 8, 8), np.uint8),
                               np.zeros((0, 8, 8, 1), np.uint8), np.full((1, 2, 2, 1), 256)])
def test_bad_pixels(x):
  with pytest.raises(Failure, match='uint8|no examples'):
    source.arrays(Batch(x))


def test_digits():
  data = digits.load(labels=True)
  rows = data.load(None)
  spec = data.describe(None)
  assert len(rows) == 1797
  batch = rows[np.array([[0, 1], [2, 3]])]
  assert batch.x.shape == (2, 2, *spec.x.shape) and batch.x.dtype == spec.x.dtype
  np.testing.assert_array_equal(batch.c, [[0, 1], [2, 3]])
  assert rows.batch.x.min() == 0 and rows.batch.x.max() == 255


def test_a_part_is_spread_over_the_whole():
  whole = digits.load(labels=True)
  data = derived.subset(whole, 100)
  read = data.load(None)
  assert len(read) == 100 and data.whole is whole and data.name.endswith('100 of it')
  every = whole.load(None)
  np.testing.assert_array_equal(read[np.array([0, 99])].x, every[np.array([0, 1779])].x)
  for n in (2000, 0, -5):
    with pytest.raises(Failure, match='has 1,797 examples, of which a part may be 1 to all'):
      derived.subset(whole, n).load(None)


def test_mirrored_images_come_after_the_others():
  x = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
  data = derived.mirrored(source.arrays(Batch(x, np.arange(5)), classes=5))
  found = data.load(None)
  assert len(found) == 10 and data.whole.load(None).batch.x is x
  batch = found[np.array([[3, 8], [0, 5]])]
  np.testing.assert_array_equal(batch.c, [[3, 3], [0, 0]])
  np.testing.assert_array_equal(batch.x[:, 0], x[[3, 0]])
  np.testing.assert_array_equal(batch.x[:, 1], x[[3, 0], :, ::-1])


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_named(bad):
  x = np.zeros((9, 2, 3), np.float32)
  x[4, 1, 2] = x[7, 0, 0] = bad
  with pytest.raises(Failure, match=r'example 4 of the data .*in x; 2 such among 9\)'):
    source.Arrays(Batch(x))
  with pytest.raises(Failure, match='example 4 of the data .*in x/b;'):
    source.Arrays(Batch({'a': np.arange(9), 'b': x}))
  source.Arrays(Batch(np.zeros((3, 2)), np.arange(3)))


def test_labels_all_alike_are_said(capsys):
  x = np.zeros((5, 2, 2, 1), np.uint8)
  source.check(Batch(x, np.full(5, 3, np.int32)), 10)
  assert 'warning: all 5 labels are 3, of 10 classes' in capsys.readouterr().out
  source.check(Batch(x, np.array([3, 3, 3, 3, 1])), 10)
  assert capsys.readouterr().out == ''


def test_what_tells_sources_apart():
  x = np.arange(24, dtype=np.uint8).reshape(6, 2, 2, 1)
  of = lambda x, c=None: source.identity(source.Arrays(Batch(x, c)))
  one = of(x)
  assert one == of(x.copy()) and one['count'] == 6 and json.loads(json.dumps(one)) == one
  others = [of(x[::-1]), of(x[:5]), of(x, np.arange(6)), of(x + 1),
            source.identity(derived.Mirrored(source.Arrays(Batch(x))))]
  assert all(other != one for other in others)
  said = source.Arrays(Batch(x), {'name': 'mine'})
  assert source.identity(said) == {'name': 'mine'}
  assert source.identity(derived.Mirrored(said)) == {'name': 'mine', 'mirrored': True}


def test_any_arrays():
  """Images among others are scaled, in x and in c; all else is as it was."""
  draw = np.random.default_rng(0)
  batch = Batch({'picture': draw.integers(0, 256, (5, 4, 4, 3), np.uint8),
                 'sound': draw.normal(size=(5, 16)).astype(np.float32)},
                {'film': draw.integers(0, 256, (5, 2, 4, 4, 1), np.uint8),
                 'words': draw.integers(0, 9, (5, 7))})
  data = source.arrays(batch)
  spec = data.describe(None)
  assert spec.x['sound'].shape == (16,) and spec.c['film'].shape == (2, 4, 4, 1)
  seen = data.decode(batch)
  assert seen.x['picture'].dtype == np.float32 and -1 <= seen.c['film'].min() < -.9
  np.testing.assert_array_equal(seen.x['sound'], batch.x['sound'])
  np.testing.assert_array_equal(seen.c['words'], batch.c['words'])
  jax.tree.map(np.testing.assert_array_equal, data.encode(seen.x), batch.x)


@pytest.mark.parametrize('x,c,said', [
    (np.zeros((3, 8)), np.zeros((4, 2)), r'x \[3, 8\], c \[4, 2\]'),
    ({'a': np.zeros((3, 8)), 'b': np.float32(1)}, None, r'x/a \[3, 8\], x/b \[\]'),
    (np.array(['a', 'b']), None, 'arrays must be of numbers: x <U1'),
    ({'a': np.zeros((0, 8))}, None, 'no examples')])
def test_arrays_that_do_not_fit(x, c, said):
  with pytest.raises(Failure, match=said):
    source.arrays(Batch(x, c))


def test_floats_that_are_no_pixels():
  field = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
  data = source.arrays(Batch(field), scale=None)
  np.testing.assert_array_equal(data.decode(Batch(field)).x, field)
  assert data.extractor == ''


def test_conditions_turn_with_their_images():
  draw = np.random.default_rng(0)
  batch = Batch(draw.integers(0, 256, (3, 4, 4, 3), np.uint8),
                {'edges': draw.integers(0, 256, (3, 4, 4, 1), np.uint8), 'label': np.arange(3),
                 'codes': draw.integers(0, 9, (3, 2, 5, 2)),
                 'bytes': draw.integers(0, 9, (3, 5, 2), np.uint8)})
  rows = derived.mirrored(source.arrays(batch)).load(None)[np.array([[1, 4]])]
  for a in (rows.x, rows.c['edges']):
    np.testing.assert_array_equal(a[0, 0], a[0, 1][:, ::-1])
    assert (a[0, 0] != a[0, 1]).any()
  np.testing.assert_array_equal(rows.c['label'], [[1, 1]])
  for name in ('codes', 'bytes'):
    np.testing.assert_array_equal(rows.c[name][0, 0], rows.c[name][0, 1])


@pytest.mark.parametrize('c,split,said', [
    (None, None, 'train'), (np.arange(4), None, 'train'), (np.arange(4), 'test', 'test'),
    (np.zeros((4, 3)), None, 'test'), ({'a': np.arange(4)}, None, 'test'),
    (np.zeros((4, 3)), 'train', 'train')])
def test_what_samples_are_compared_with(c, split, said):
  x = np.zeros((4, 2))
  data = source.arrays(Batch(x, c), test=source.arrays(Batch(x, c)))
  found = source.scored_on(data, None, split)
  assert found is (data.test if said == 'test' else data)


def test_without_a_test_set_it_is_training():
  data = source.arrays(Batch(np.zeros((4, 2)), np.zeros((4, 3))))
  assert source.scored_on(data, None) is data
  with pytest.raises(Failure, match='data has no test set with its conditions: --split=train'):
    source.scored_on(data, None, 'test')


def test_shifted_pairs():
  """Copies are moved, x and c together, the same way at each reading; labels stay."""
  draw = np.random.default_rng(0)
  x = draw.integers(0, 256, (3, 9, 8, 3), np.uint8)
  rows = derived.shifted(source.arrays(Batch(x, {'a': x[..., :1], 'l': np.arange(3)})), 2,
                        copies=4)
  assert rows.whole is not None
  rows = rows.load(None)
  every = rows[np.arange(15).reshape(3, 5)]
  assert len(rows) == 15
  np.testing.assert_array_equal(every.x.reshape(15, 9, 8, 3)[:3], x)
  np.testing.assert_array_equal(every.c['a'], every.x[..., :1])
  np.testing.assert_array_equal(every.c['l'].ravel(), np.arange(15) % 3)
  np.testing.assert_array_equal(rows[np.array(7)].x, every.x[1, 2])
  offsets = set()
  for i in range(3, 15):
    one = every.x.reshape(15, 9, 8, 3)[i]
    offsets |= {(d, r) for d in range(-2, 3) for r in range(-2, 3)
                if np.array_equal(one, derived.shift(x[i % 3], d, r))}
  assert len(offsets) > 5


def test_a_shift_repeats_the_border():
  image = np.arange(6).reshape(2, 3, 1)
  np.testing.assert_array_equal(derived.shift(image, 1, -1)[..., 0], [[1, 2, 2], [1, 2, 2]])


def test_a_test_set_with_other_conditions_is_not_drawn_from():
  """As that of few labels: D is told examples with their labels, and a test set has labels."""
  x = np.zeros((4, 2))
  data = source.arrays(Batch(x, {'x': x}), test=source.arrays(Batch(x, np.arange(4))))
  assert source.scored_on(data, None) is data
  with pytest.raises(Failure, match='--split=train'):
    source.scored_on(data, None, 'test')
