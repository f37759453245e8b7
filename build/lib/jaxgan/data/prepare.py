"""Makes five TFDS data sets on disk without TensorFlow: mnist, fashion_mnist, kmnist,
cifar10, cifar100.

TFDS's own builders name the files, check their hashes, shuffle and write; only unpacking
and encoding, for which TFDS calls TensorFlow, are done here. The examples and their order
are those that TFDS makes.
"""
import gzip
import io
import pathlib
import tarfile
import threading

import numpy as np

from jaxgan.io.errors import Failure

SECONDS = 10  # to wait for an answer from a data set's host


class Downloads:
  """A TFDS download manager that unpacks by itself: gzip not at all, tar beside the file."""

  def __init__(self, manager):
    self.manager = manager

  def download_and_extract(self, urls):
    paths = self.manager.download(urls)
    return paths if isinstance(paths, dict) else unpacked(paths)


def unpacked(path) -> str:
  """Extracts a tar file beside itself, refusing members that point outside."""
  folder = pathlib.Path(f'{path}.unpacked')
  with tarfile.open(path) as tar:
    tar.extractall(folder, filter='data')
  return str(folder)


class Gzipped:
  """For MNIST and its kin: four gzipped files of bytes after a header."""

  def _split_generators(self, dl_manager):
    return super()._split_generators(Downloads(dl_manager))

  def _generate_examples(self, num_examples, data_path, label_path):
    images = read_gzip(data_path, header=16).reshape(num_examples, 28, 28)
    labels = read_gzip(label_path, header=8)[:num_examples]
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
      yield index, {'image': picture(image), 'label': int(label)}


class Tarred:
  """For CIFAR: a tar of files of rows, each the labels and the pixels, channels first."""

  def _split_generators(self, dl_manager):
    return super()._split_generators(Downloads(dl_manager))

  def _generate_examples(self, split_prefix, filepaths):
    keys, index = self._cifar_info.label_keys, 0
    for path in filepaths:
      rows = np.fromfile(path, np.uint8).reshape(-1, len(keys) + 3 * 32 * 32)
      for row in rows:
        pixels = row[len(keys):].reshape(3, 32, 32).transpose(1, 2, 0)
        example = {key: int(label) for key, label in zip(keys, row)}
        example |= {'id': f'{split_prefix}{index:05d}', 'image': picture(pixels)}
        yield index, example
        index += 1


HOW = {'mnist': Gzipped, 'fashion_mnist': Gzipped, 'kmnist': Gzipped, 'cifar10': Tarred,
       'cifar100': Tarred}


def builder(stock):
  """A builder that makes what `stock` would, without TensorFlow; None where none can."""
  if stock.name not in HOW:
    return None
  cls = type(stock)
  make = type(cls.__name__, (HOW[stock.name], cls), {'__module__': cls.__module__},
              skip_registration=True)
  return make(data_dir=stock.data_path.parent.parent, file_format='array_record')


def check_network(make) -> None:
  """Raises Failure in `SECONDS` if the data set's host does not answer.

  TFDS by itself retries for minutes. A thread, because looking up a host's name cannot be
  given a time limit.
  """
  import requests
  info = getattr(make, '_cifar_info', None)
  url = info.url if info else make.URL
  errors = [f'no answer in {SECONDS} s']

  def ask():
    try:
      requests.head(url, timeout=SECONDS - 1)
      errors.clear()
    except requests.RequestException as e:
      errors[:] = [type(e).__name__]

  thread = threading.Thread(target=ask, daemon=True)
  thread.start()
  thread.join(SECONDS)
  if errors:
    raise Failure(f'{make.name} is not in {make.data_path.parent.parent}, and {url} cannot '
                  f'be reached ({errors[0]}): give the folder that holds it with '
                  '--data_dir=DIR or TFDS_DATA_DIR, or connect to a network')


def read_gzip(path, header: int) -> np.ndarray:
  """The bytes after the header: uint8."""
  with gzip.open(path) as f:
    f.read(header)
    return np.frombuffer(f.read(), np.uint8)


def picture(pixels: np.ndarray):
  """Pixels as an open PNG file, which TFDS stores as it is."""
  from PIL import Image
  file = io.BytesIO()
  Image.fromarray(pixels).save(file, 'PNG')
  file.seek(0)
  return file
