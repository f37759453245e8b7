"""Pictures as they are shown: large enough, with what is in them written beside."""
import numpy as np
import pytest

from jaxgan.io import pictures

DARK = lambda picture: (picture < 90).all(-1)


@pytest.mark.parametrize('width', [1, 28, 238, 479, 480, 900])
def test_sheets_are_enlarged_by_whole_numbers(width):
  picture = np.random.default_rng(0).integers(0, 256, (20, width, 3), np.uint8)
  shown = pictures.sheet(picture)
  scale = shown.shape[1] // width
  assert shown.shape[1] >= pictures.SMALLEST and (scale == 1 or (scale - 1) * width < 480)
  np.testing.assert_array_equal(shown[::scale, ::scale], picture)


def test_a_title_and_labels_stand_beside_the_picture():
  white = np.full((60, 480, 3), 255, np.uint8)
  shown = pictures.sheet(white, 'step 5', ['one', 'two'], ['a', 'b', 'c'])
  top, left = shown.shape[0] - 60, shown.shape[1] - 480
  ink = DARK(shown)
  assert not ink[top:, left:].any(), 'the picture is as it was'
  rows = np.flatnonzero(ink[top:, :left].any(1))
  assert {row // 30 for row in rows} == {0, 1}  # a label a row
  columns = np.flatnonzero(ink[top // 2:top, left:].any(0))
  assert {column // 160 for column in columns} == {0, 1, 2}
  assert all(abs(column % 160 - 80) < 20 for column in columns)
  assert ink[:top // 2].any(), 'the title'


def test_long_labels_have_room():
  white = np.full((60, 480, 3), 255, np.uint8)
  narrow, wide = (pictures.sheet(white, rows=[text]) for text in ('i', 'a long direction'))
  assert wide.shape[1] > narrow.shape[1] + 80
  assert not DARK(wide)[:, :pictures.MARGIN - 1].any()


def test_points_of_a_run_have_the_scale_of_its_data():
  data = np.random.default_rng(0).normal(size=(500, 2))
  far = np.array([[0., 1.], [0., 30.]])
  alone, beside = pictures.scatter(far), pictures.scatter(far, like=data)
  blue = lambda picture: np.argwhere((picture == (31, 90, 180)).all(-1))
  middle = pictures.scatter(data).shape[0] // 2
  assert len(blue(beside)) == 4 and len(blue(alone)) == 8  # what is outside is not drawn
  assert 45 < middle - blue(beside)[:, 0].mean() < 100  # 1 of 2.5 or 5
  assert alone.flags.writeable
