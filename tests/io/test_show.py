"""Examples of any kind as a picture."""
import numpy as np
import pytest

from jaxgan.io import plots, show

DRAW = np.random.default_rng(0)
BLUE, ORANGE = plots.INK[:2]


def is_(colour, picture):
  return (picture == colour).all(-1)


@pytest.mark.parametrize('x,by', [
    (DRAW.integers(0, 256, (5, 2, 8, 8, 1), np.uint8), plots.films),
    (DRAW.normal(size=(5, 12, 12)), plots.fields),
    (DRAW.normal(size=(5, 12, 12, 3)), plots.fields),
    (DRAW.normal(size=(5, 24, 2)), plots.signals),
    (DRAW.normal(size=(5, 64)), plots.signals),
    (DRAW.integers(-99, 99, (5, 64)).astype(np.int16), plots.signals),
    (DRAW.integers(0, 9, (5, 64)), plots.tokens),
    (DRAW.integers(0, 9, (5, 3)), plots.tokens),
    (DRAW.normal(size=(5, 6)), plots.tables)])
def test_kinds_by_their_shape(x, by):
  picture = show.show(x)
  np.testing.assert_array_equal(picture, by(x))
  assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3


@pytest.mark.parametrize('x', [np.zeros(4), np.zeros((2, 3, 4, 5, 6)), {'a': np.zeros(4)}, {},
                               np.zeros((3, 2), complex)])
def test_what_is_no_picture(x):
  assert show.show(x) is None


def test_trees_are_one_below_the_other():
  a, b = DRAW.normal(size=(4, 12, 12)), DRAW.normal(size=(4, 70))
  pair = show.show({'a': a, 'b': b})
  one, other = show.show(a), show.show(b)
  assert pair.shape == (len(one) + 4 + len(other), max(one.shape[1], other.shape[1]), 3)
  np.testing.assert_array_equal(pair[-len(other):, :other.shape[1]], other)


def test_input_output_target():
  c, x, real = (np.full((30, 32, 32, n), level, np.uint8) for n, level in
                ((1, 10), (3, 100), (3, 200)))
  row = show.show(x, c, real)[0]
  assert [list(row[i]) for i in (0, 34, 68)] == [[10] * 3, [100] * 3, [200] * 3]
  assert show.show(x, c)[0, 68, 0] == 10  # without targets: input | output
  assert show.show(x, np.arange(30))[0, 0, 0] == 100  # of labels nothing is shown


def test_a_rising_signal():
  """A line from the lower left to the upper right, without gaps."""
  ink = is_(BLUE, plots.signals(np.linspace(0, 1, 1000)[None]))
  assert ink.any(0).all() and ink.any(1).all()
  assert ink[-1, 0] and ink[0, -1] and not ink[0, 0] and not ink[-1, -1]
  short = is_(BLUE, plots.signals(np.array([[0., 1.]])))
  assert (short == ink).mean() > .99


def test_channels_and_one_scale():
  """The second channel is ten times the first, which therefore stays near the middle."""
  wave = np.sin(np.linspace(0, 20, 500))
  picture = plots.signals(np.stack([wave, 10 * wave], 1)[None])
  rows = [np.flatnonzero(is_(colour, picture).any(1)) for colour in (BLUE, ORANGE)]
  assert np.ptp(rows[1]) == len(picture) - 1 and np.ptp(rows[0]) < len(picture) / 4


def test_fields_have_their_sign():
  field = np.zeros((1, 32, 32))
  field[0, 0, 0], field[0, 1, 1] = 2, -1
  picture = plots.fields(field)
  assert list(picture[0, 0]) == [255, 0, 0] and list(picture[5, 5]) == [255] * 3
  assert picture[1, 1, 2] == 255 and picture[1, 1, 0] == 128


def test_tokens():
  picture = plots.tokens(np.array([[0, 5, 5, 7]]))
  at = [tuple(picture[0, 8 * i]) for i in range(4)]
  assert at[0] == (255, 255, 255) and at[1] == at[2] != at[3]


def test_a_table_beside_its_real_rows():
  """Of equal rows the line lies on the grey bars; of others it does not."""
  real = DRAW.normal(size=(2000, 1))
  same, other = plots.tables(real, real), plots.tables(real + 3, real)
  grey = [is_(plots.GREY, picture) for picture in (same, other)]
  tops = (~grey[0] & ~is_(BLUE, same)).sum(0)  # what is white, above the bars
  assert is_(BLUE, same).any(0).all() and abs(tops + grey[0].sum(0)).max() <= len(same)
  assert (is_(BLUE, same) != is_(BLUE, other)).mean() > .01
  constant = plots.tables(np.ones((5, 2)))
  assert constant.dtype == np.uint8
