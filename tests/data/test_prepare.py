"""Data sets made without TensorFlow: the examples and the order that TFDS makes."""
import gzip
import hashlib
import io
import sys
import tarfile

import numpy as np
import pytest

from jaxgan.data import prepare, tfds
from jaxgan.io.errors import Failure


def offline(monkeypatch, files):
  """Stands in for the network: a URL's last part names a local file."""
  class Local(prepare.Downloads):
    def download_and_extract(self, urls):
      if isinstance(urls, dict):
        return {key: str(files / url.split('/')[-1]) for key, url in urls.items()}
      return prepare.unpacked(files / urls.split('/')[-1])
  monkeypatch.setattr(prepare, 'Downloads', Local)
  monkeypatch.setattr(prepare, 'check_network', lambda make: None)


def write_gzip(path, header, array):
  path.write_bytes(gzip.compress(bytes(header) + array.tobytes(), 1))


def mnist_files(folder, splits):
  """MNIST's four files, from {'train' or 'test': (images, labels)} in original order."""
  for split, (images, labels) in splits.items():
    stem = {'train': 'train', 'test': 't10k'}[split]
    write_gzip(folder / f'{stem}-images-idx3-ubyte.gz', 16, images)
    write_gzip(folder / f'{stem}-labels-idx1-ubyte.gz', 8, labels)


def disk_order(n, split):
  """How TFDS shuffles n examples onto the disk: by the md5 of the split and the index."""
  keys = [hashlib.md5(split.encode() + str(i).encode()).hexdigest() for i in range(n)]
  return np.array(sorted(range(n), key=lambda i: keys[i]))


FIRST_LABELS = {'mnist': ([5, 0, 4, 1, 9], [7, 2, 1, 0, 4]),
                'fashion_mnist': ([9, 0, 0, 3, 0], [9, 2, 1, 1, 6])}


@pytest.mark.slow
@pytest.mark.parametrize('name', ['mnist'])  # the others differ by their names
def test_prepared_sets_are_remade_example_for_example(name, data_dir, tmp_path, monkeypatch):
  """From the prepared set back to the original files, and forward again without TensorFlow.

  That the files are the originals shows in their well-known first labels.
  """
  splits, expected = {}, {}
  for split in ('train', 'test'):
    x, c = tfds.examples(name, split, 'image', 'label', data_dir)
    original = np.argsort(disk_order(len(x), split))
    splits[split] = x[original], c[original].astype(np.uint8)
    expected[split] = x, c
  first = splits['train'][1][:5].tolist(), splits['test'][1][:5].tolist()
  assert first == FIRST_LABELS[name]
  mnist_files(tmp_path, splits)
  offline(monkeypatch, tmp_path)
  for split in ('train', 'test'):
    x, c = tfds.examples(name, split, 'image', 'label', str(tmp_path / 'made'))
    np.testing.assert_array_equal(x, expected[split][0])
    np.testing.assert_array_equal(c, expected[split][1])
  assert 'tensorflow' not in sys.modules


@pytest.mark.parametrize('name', ['mnist', 'fashion_mnist', 'kmnist'])
def test_gzipped_kin(name, tmp_path, monkeypatch):
  stock = __import__('tensorflow_datasets').image_classification.mnist
  monkeypatch.setattr(stock, '_TRAIN_EXAMPLES', 30)
  monkeypatch.setattr(stock, '_TEST_EXAMPLES', 20)
  draw = np.random.default_rng(0)
  splits = {split: (draw.integers(0, 256, (n, 28, 28), np.uint8),
                    draw.integers(0, 10, n, np.uint8))
            for split, n in (('train', 30), ('test', 20))}
  mnist_files(tmp_path, splits)
  offline(monkeypatch, tmp_path)
  for split, (images, labels) in splits.items():
    x, c = tfds.examples(name, split, 'image', 'label', str(tmp_path / 'made'))
    order = disk_order(len(images), split)
    np.testing.assert_array_equal(x[..., 0], images[order])
    np.testing.assert_array_equal(c, labels[order])


@pytest.mark.parametrize('name', ['cifar10', 'cifar100'])
def test_tarred_kin(name, tmp_path, monkeypatch):
  """CIFAR's files hold rows: one label (CIFAR-100: the coarse one first), then RGB planes."""
  draw, rows = np.random.default_rng(0), {}
  fine = name == 'cifar100'
  files = {'train': ['train.bin'] if fine else [f'data_batch_{i}.bin' for i in range(1, 6)],
           'test': ['test.bin'] if fine else ['test_batch.bin']}
  prefix = 'cifar-100-binary' if fine else 'cifar-10-batches-bin'
  names = {'label': 100, 'coarse_label': 20} if fine else {'label': 10}
  metas = {'fine_label_names.txt': 100, 'coarse_label_names.txt': 20,
           'batches.meta.txt': 10}
  with tarfile.open(tmp_path / f'{name.replace("cifar", "cifar-")}-binary.tar.gz',
                    'w:gz') as tar:
    def add(file, content):
      info = tarfile.TarInfo(f'{prefix}/{file}')
      info.size = len(content)
      tar.addfile(info, io.BytesIO(content))
    for split, paths in files.items():
      rows[split] = draw.integers(0, 10, (4 * len(paths), len(names) + 3072), np.uint8)
      for i, path in enumerate(paths):
        add(path, rows[split][4 * i:4 * i + 4].tobytes())
    for meta, count in metas.items():
      add(meta, '\n'.join(f'class {i}' for i in range(count)).encode())
  offline(monkeypatch, tmp_path)
  for split, row in rows.items():
    order = disk_order(len(row), split)
    for i, key in enumerate(reversed(names) if fine else names):
      x, c = tfds.examples(name, split, 'image', key, str(tmp_path / 'made'))
      np.testing.assert_array_equal(c, row[order][:, i])
    pixels = row[order][:, len(names):].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(x, pixels)


def test_archives_cannot_write_outside(tmp_path):
  path = tmp_path / 'evil.tar'
  with tarfile.open(path, 'w') as tar:
    tar.addfile(tarfile.TarInfo('../outside'), io.BytesIO())
  with pytest.raises(tarfile.OutsideDestinationError):
    prepare.unpacked(path)
  assert not (tmp_path / 'outside').exists()


def test_no_network_is_said_at_once(tmp_path, monkeypatch):
  """Not after TFDS's minutes of retries; and nothing is left behind."""
  import requests

  def unreachable(*args, **kw):
    raise requests.ConnectionError
  monkeypatch.setattr(requests, 'head', unreachable)
  folder = tmp_path / 'none'
  with pytest.raises(Failure, match='mnist is not in .* cannot be reached.*--data_dir'):
    tfds.load('mnist').load(str(folder))
  assert not folder.exists()


def test_silent_network_is_not_waited_for(tmp_path, monkeypatch):
  import threading

  import requests
  never = threading.Event()
  monkeypatch.setattr(requests, 'head', lambda *args, **kw: never.wait(30))
  monkeypatch.setattr(prepare, 'SECONDS', .2)
  with pytest.raises(Failure, match='no answer in 0.2 s'):
    tfds.load('mnist').load(str(tmp_path / 'none'))
  never.set()
