"""Folders and zips of images: what is read, and what is said of files that cannot be."""
import zipfile

import numpy as np
import pytest
from PIL import Image

from jaxgan.data import folder
from jaxgan.errors import Failure

X = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)


def saved(where, images=X, folders=('b', 'a')):
  for i, x in enumerate(images):
    path = where / folders[i % len(folders)] / f'{i}.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(x).save(path)
  return where


def zipped(where):
  with zipfile.ZipFile(where.with_suffix('.zip'), 'w') as archive:
    for file in sorted(where.rglob('*.png')):
      archive.write(file, file.relative_to(where))
  return where.with_suffix('.zip')


@pytest.mark.parametrize('whole', [folder.WHOLE, 0])
@pytest.mark.parametrize('pack', [lambda where: where, zipped])
def test_images_and_classes(tmp_path, pack, whole):
  """In the order of their names, from memory or from files."""
  where = pack(saved(tmp_path / 'set'))
  data = folder.load(8, classes=2, whole=whole)
  found = data.load(str(where))
  assert len(found) == 6 and data.describe(None).x.shape == (8, 8, 3)
  batch = found[np.array([[0, 5], [3, 1]])]
  order = [1, 3, 5, 0, 2, 4]  # folder a, then b
  np.testing.assert_array_equal(batch.c, [[0, 1], [1, 0]])
  np.testing.assert_array_equal(batch.x, X[np.array(order)][np.array([[0, 5], [3, 1]])])


def test_larger_images_are_cut_and_made_smaller(tmp_path):
  wide = np.zeros((16, 32, 3), np.uint8)
  wide[:, 8:24] = 200  # the middle square
  saved(tmp_path, [wide])
  found = folder.load(8, resize=True).load(str(tmp_path))
  np.testing.assert_array_equal(found[np.array([0])].x, np.full((1, 8, 8, 3), 200))


def test_every_file_that_cannot_be_used_is_named(tmp_path, capsys):
  saved(tmp_path, X, ('',))
  Image.new('RGBA', (8, 8)).save(tmp_path / 'alpha.png')
  Image.new('P', (8, 8)).save(tmp_path / 'palette.png')
  Image.new('CMYK', (8, 8)).save(tmp_path / 'print.jpg')
  Image.new('RGB', (1, 1)).save(tmp_path / 'dot.png')
  (tmp_path / 'broken.png').write_bytes((tmp_path / '0.png').read_bytes()[:40])
  with pytest.raises(Failure, match='5 of 11 images'):
    folder.load(8).load(str(tmp_path))
  said = capsys.readouterr().out
  for name, why in (('alpha.png', 'RGBA'), ('palette.png', 'P,'), ('print.jpg', 'CMYK'),
                    ('dot.png', '1x1'), ('broken.png', 'unreadable')):
    assert any(name in line and why in line for line in said.splitlines()), (name, said)
  with pytest.raises(Failure, match='5 of 11'):  # too small to be resized, too
    folder.load(8, resize=True).load(str(tmp_path))


def test_grey_images_have_one_channel(tmp_path):
  Image.fromarray(X[0, ..., 0]).save(tmp_path / '0.png')
  found = folder.load(8, channels=1).load(str(tmp_path))
  np.testing.assert_array_equal(found[np.array([0])].x[0], X[0, ..., :1])


@pytest.mark.parametrize('make, says', [
    (lambda d: None, 'no folder or zip'), (lambda d: d / 'none', 'no folder or zip'),
    (lambda d: d, 'holds no images'),
    (lambda d: (d / 'x.tar').write_bytes(b'') or d / 'x.tar', 'neither')])
def test_what_is_no_set_of_images_is_one_line(tmp_path, make, says):
  where = make(tmp_path)
  with pytest.raises(Failure, match=says):
    folder.load(8).load(where and str(where))


def test_labels_need_class_folders(tmp_path):
  with pytest.raises(Failure, match='in no class folder'):
    folder.load(8, classes=2).load(str(saved(tmp_path, X, ('', 'a'))))


def test_other_modes_can_be_converted(tmp_path):
  Image.fromarray(X[0, ..., 0]).save(tmp_path / 'grey.png')
  Image.new('CMYK', (8, 8)).save(tmp_path / 'print.jpg')
  found = folder.load(8, convert=True).load(str(tmp_path))[np.arange(2)].x
  np.testing.assert_array_equal(found[0], X[0, ..., :1].repeat(3, -1))
  assert (found[1] == 255).all()


def test_what_is_seen_through_is_on_white_and_what_lies_is_turned(tmp_path):
  seen = np.concatenate([X[0, ..., :1].repeat(3, -1), np.zeros((8, 8, 1), np.uint8)], -1)
  Image.fromarray(seen, 'RGBA').save(tmp_path / 'a.png')
  exif = Image.Exif()
  exif[0x0112] = 6  # to be turned by a quarter
  Image.fromarray(X[0]).save(tmp_path / 'b.png', exif=exif)
  found = folder.load(8, convert=True).load(str(tmp_path))[np.arange(2)].x
  assert (found[0] == 255).all()
  np.testing.assert_array_equal(found[1], np.rot90(X[0], -1))


def test_sixteen_bits_are_refused(tmp_path, capsys):
  Image.fromarray(np.full((8, 8), 30_000, np.uint16)).save(tmp_path / 'a.png')
  with pytest.raises(Failure):
    folder.load(8, convert=True).load(str(tmp_path))
  assert 'more than 8 bits' in capsys.readouterr().out


def test_other_folders_than_classes_are_one_line(tmp_path):
  with pytest.raises(Failure, match='2 folders .* 3 classes'):
    folder.load(8, classes=3).load(str(saved(tmp_path)))
