"""Folders and zips of images: what is read, and what is said of files that cannot be."""
import json
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from jaxgan.data import folder, source
from jaxgan.io.errors import Failure

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
                    ('dot.png', '1x1'), ('broken.png', 'no picture')):
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


@pytest.mark.parametrize('whole', [folder.WHOLE, 0])
@pytest.mark.parametrize('pack', [lambda where: where, zipped])
def test_a_picture_cut_short_is_found_before_training(tmp_path, pack, whole, capsys):
  """Pillow reads a header only, until pixels are asked for."""
  where = saved(tmp_path / 'set', np.random.default_rng(0).integers(
      0, 256, (6, 64, 64, 3), dtype=np.uint8), ('',))
  whole_file = (where / '2.png').read_bytes()
  (where / '2.png').write_bytes(whole_file[:len(whole_file) // 2])
  with pytest.raises(Failure, match='1 of 6 images .* 2.png: .*truncated') as e:
    folder.load(64, whole=whole).load(str(pack(where)))
  assert e.value.code == 2 and '2.png: ' in capsys.readouterr().out


def test_a_file_that_goes_later_is_named(tmp_path):
  data = folder.load(8, whole=0).load(str(saved(tmp_path, X, ('',))))
  (tmp_path / '3.png').unlink()
  (tmp_path / '4.png').write_bytes(b'no picture')
  for i in (3, 4):
    with pytest.raises(Failure, match=f'{i}.png in .* cannot be read') as e:
      data[np.arange(6) if i == 3 else np.array([4])]
    assert e.value.code == 5 and '0x' not in str(e.value)


@pytest.mark.parametrize('pack', [lambda where: where, zipped])
def test_the_first_folder_is_the_class(tmp_path, pack):
  """As torchvision's ImageFolder has it."""
  where = saved(tmp_path / 'set', X, ('cat/tabby', 'dog', 'cat/manx'))
  data = folder.load(8, classes=2).load(str(pack(where)))
  assert data.class_names == ('cat', 'dog') and data.classes == 2
  np.testing.assert_array_equal(data[np.arange(6)].c, [0, 0, 0, 0, 1, 1])


def test_links_are_followed_and_each_folder_is_walked_once(tmp_path, capsys):
  real = saved(tmp_path / 'elsewhere', X[:2], ('',))
  where = saved(tmp_path / 'set', X[2:], ('a',))
  (where / 'b').symlink_to(real, target_is_directory=True)
  (where / 'a' / 'loop').symlink_to(where, target_is_directory=True)
  data = folder.load(8, classes=2).load(str(where))
  assert data.class_names == ('a', 'b')
  np.testing.assert_array_equal(data[np.arange(6)].c, [0, 0, 0, 0, 1, 1])
  np.testing.assert_array_equal(data[np.arange(6)].x, X[[2, 3, 4, 5, 0, 1]])
  assert 'a/loop is the same folder' in capsys.readouterr().out


def test_all_that_pillow_reads_is_read_and_the_rest_is_counted(tmp_path, capsys):
  kinds = ['png', 'PNG', 'jpg', 'jfif', 'tif', 'tiff', 'gif', 'ppm', 'jp2', 'webp', 'bmp']
  for i, ending in enumerate(kinds):
    how = {'jfif': 'JPEG', 'jpg': 'JPEG', 'jp2': 'JPEG2000'}.get(ending)
    Image.fromarray(X[0]).save(tmp_path / f'{i:02}.{ending}', how)
  for name in ('notes.txt', 'more.txt', 'table.csv', 'weights.h5', 'README'):
    (tmp_path / name).write_text('no picture')
  data = folder.load(8, convert=True).load(str(tmp_path))
  assert len(data) == len(kinds)
  said = capsys.readouterr().out
  assert f'{len(kinds)} images; passed over: 2 .txt' in said
  assert all(text in said for text in ('1 .csv', '1 .h5', '1 without ending'))


@pytest.mark.parametrize('pack', [lambda where: where, zipped])
def test_hidden_files_are_no_images_and_no_classes(tmp_path, pack, capsys):
  where = saved(tmp_path / 'set', X, ('a', 'b'))
  for hidden in ('.ipynb_checkpoints/0.png', '__MACOSX/a/._0.png', 'a/._1.png', '.png'):
    (where / hidden).parent.mkdir(parents=True, exist_ok=True)
    (where / hidden).write_bytes(b'no picture')
  data = folder.load(8, classes=2).load(str(pack(where)))
  assert len(data) == 6 and data.class_names == ('a', 'b')
  assert '4 hidden' in capsys.readouterr().out


def labelled(where, labels):
  (where / 'dataset.json').write_text(json.dumps({'labels': labels}))
  return where


def test_labels_of_dataset_tool(tmp_path):
  where = saved(tmp_path / 'set', X, ('00000', '00001'))
  names = [f'{i % 2:05}/{i}.png' for i in range(6)]
  labels = [2, 0, 1, 1, 0, 2]
  labelled(where, [[name, label] for name, label in zip(names, labels)])
  data = folder.load(8, classes=3).load(str(where))
  np.testing.assert_array_equal(data[np.arange(6)].c, [2, 1, 0, 0, 1, 2])  # even ones first
  assert len(folder.load(8).load(str(where))) == 6  # as images alone


@pytest.mark.parametrize('labels,says', [
    (None, 'no label'), ([], 'no label'), ([['00000/0.png', 7]], 'has 7 for 00000/0.png'),
    ([['00000/0.png', [1, 0]]], r'has \[1, 0\]'), (['x'], 'no list of labels')])
def test_labels_that_are_none(tmp_path, labels, says):
  where = labelled(saved(tmp_path / 'set', X[:1], ('00000',)), labels)
  with pytest.raises(Failure, match=says):
    folder.load(8, classes=3).load(str(where))


def test_a_size_may_be_no_square(tmp_path):
  Image.fromarray(np.arange(12 * 20, dtype=np.uint8).reshape(12, 20)).save(tmp_path / '0.png')
  data = folder.load((12, 20), channels=1)
  assert data.describe(None).x.shape == (12, 20, 1)
  assert data.load(str(tmp_path))[np.array([0])].x[0, 1, 2, 0] == 22
  with pytest.raises(Failure, match='20x12 pixels, not 12x20'):
    folder.load((20, 12), channels=1).load(str(tmp_path))


def test_a_bomb_is_refused_by_its_size(tmp_path, monkeypatch):
  where = saved(tmp_path / 'set', X[:1], ('',))
  with zipfile.ZipFile(tmp_path / 'bomb.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    with archive.open('bomb.png', 'w', force_zip64=True) as file:
      for _ in range(300):
        file.write(bytes(2 ** 20))
  assert (tmp_path / 'bomb.zip').stat().st_size < 2 ** 20
  tracemalloc.start()
  with pytest.raises(Failure, match='bomb.png: 314,572,800 bytes are more than 268,435,456'):
    folder.load(8).load(str(tmp_path / 'bomb.zip'))
  assert tracemalloc.get_traced_memory()[1] < 2 ** 26
  tracemalloc.stop()
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 63)
  with pytest.raises(Failure, match='0.png: its header says more pixels than the 63'):
    folder.load(8).load(str(where))


def test_what_tells_folders_apart(tmp_path):
  """Names, sizes and classes, not the place."""
  a, b = (saved(tmp_path / name, X, ('x', 'y')) for name in 'ab')
  known = lambda where, **how: source.identity(folder.load(8, **how).load(str(where)))
  assert known(a) == known(b) == known(a, whole=0) and known(a)['count'] == 6
  assert known(a, classes=2)['class_names'] == ('x', 'y')
  (b / 'y').rename(b / 'w')  # swaps the labels
  assert known(a, classes=2) != known(b, classes=2)
  (a / 'x' / '0.png').unlink()
  assert known(a) != known(b)


@pytest.mark.parametrize('pack', [lambda where: where, zipped])
def test_how_many_and_how_large(tmp_path, pack):
  """The shorter side that nine of ten reach."""
  for i in range(20):
    side = 20 if i == 0 else 40 + i
    path = tmp_path / 'set' / f'{i:02}.png'
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.zeros((side, 99, 3), np.uint8)).save(path)
  assert folder.measured(str(pack(tmp_path / 'set'))) == (20, 41)
  count, side = folder.measured(str(tmp_path / 'set'), most=4)
  assert count == 20 and side == 27  # of 20, 45, 50, 55: .3 of the way to the second


def test_a_damaged_file_is_named_when_measured(tmp_path):
  saved(tmp_path / 'set')
  (tmp_path / 'set' / 'a' / '1.png').write_bytes(b'\x89PNG\r\n\x1a\n nothing')
  with pytest.raises(Failure, match='a/1.png in .* cannot be used'):
    folder.measured(str(tmp_path / 'set'))
