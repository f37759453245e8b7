"""Features by name: pairs of images, sounds."""
import numpy as np
import pytest

from jaxgan.data import tfds, tfds_fields
from jaxgan.io.errors import Failure


@pytest.fixture
def emoji(data_dir):
  if not tfds.builder('noto_emoji', data_dir).is_prepared():
    pytest.skip('needs noto_emoji in TFDS_DATA_DIR')
  return data_dir


def test_pairs_of_images(emoji):
  data = tfds_fields.load('noto_emoji', x='image', c='edges')
  spec, rows = data.describe(emoji), data.load(emoji)
  assert spec.x.shape == (64, 64, 3) and spec.c.shape == (64, 64, 1)
  assert len(rows) == 1523 and len(data.test.load(emoji)) == 170
  batch = rows[np.arange(20)]
  assert {*np.unique(batch.c)} <= {0, 255}
  dark = batch.x.astype(int).mean(3) < 128  # outlines are at what is seen, not on white ground
  assert (batch.c[..., 0] > 0)[dark].mean() != (batch.c[..., 0] > 0).mean()
  seen = data.decode(batch)
  assert (seen.c.min(), seen.c.max()) == (-1, 1)
  np.testing.assert_array_equal(data.encode(seen.x), batch.x)


def test_dicts_and_numbers(emoji):
  data = tfds_fields.load('noto_emoji', x={'a': 'image', 'b': 'edges'})
  batch = data.load(emoji)[np.arange(2)]
  assert batch.x['a'].shape == (2, 64, 64, 3) and batch.c is None
  assert data.load(emoji).known['x'] == {'a': 'image', 'b': 'edges'}


@pytest.mark.parametrize('x,images,said', [
    ('picture', True, "no feature 'picture', but "),
    ('name', True, "'name' of noto_emoji is object"),
    ('image', False, r'is an image, uint8 \[64, 64, 3\]: give images=True')])
def test_what_cannot_be_read(emoji, x, images, said):
  with pytest.raises(Failure, match=said):
    tfds_fields.load('noto_emoji', x=x, images=images).describe(emoji)
