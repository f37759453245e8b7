"""Images a second from each kind of source, in the order of training, and the memory it takes.

  python -m benchmarks.data --data_dir=DIR    # a table, benchmarks/results/data.json

MNIST in memory; MNIST record by record, as sets larger than memory are read; and a folder of
drawn 256x256 JPEGs, brought to 64x64. Memory is that held after each tenth of an epoch.
"""
import io
import pathlib
import statistics
import tempfile
import time

import numpy as np
from absl import app, flags
from PIL import Image

from benchmarks.common import machine, write
from benchmarks.start import memory
from jaxgan.data import folder, order, tfds
from jaxgan.data.source import Source

PICTURES = 2000
flags.DEFINE_integer('call', 2048, 'Images asked for at once.')


def drawn(where: pathlib.Path) -> None:
  """A folder of pictures with some structure, as photographs have."""
  draw = np.random.default_rng(0)
  for i in range(PICTURES):
    small = Image.fromarray(draw.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize((256, 256), Image.Resampling.BICUBIC).save(file, 'JPEG', quality=90)
    (where / f'{i:06}.jpg').write_bytes(file.getvalue())


def epoch(source: Source, call: int) -> dict:
  """Reads a source through, `call` examples at a time."""
  rates, held = [], []
  for start in range(0, len(source), call):
    ids = order.ids(len(source), 0, start, min(call, len(source) - start))
    began = time.perf_counter()
    source[ids]
    rates.append(len(ids) / (time.perf_counter() - began))
    held.append(memory('self', 'VmRSS'))
  tenths = [held[i * (len(held) - 1) // 10] for i in range(11)]
  return {'images a second': statistics.median(rates), 'GB held': tenths}


def main(_):
  values = flags.FLAGS
  report = machine() | {'call': values.call}
  with tempfile.TemporaryDirectory() as name:
    drawn(pathlib.Path(name))
    sources = {
        'MNIST record by record': lambda: tfds.load('mnist', whole=0).load(values.data_dir),
        'folder of JPEGs, 256 to 64': lambda: folder.load(64, resize=True, whole=0).load(name),
        'MNIST in memory': lambda: tfds.load('mnist').load(values.data_dir)}
    for title, load in sources.items():
      found = report[title] = epoch(load(), values.call)
      print(f'{title:28} {found["images a second"]:12,.0f} images/s   held '
            f'{found["GB held"][1]:.2f} GB after a tenth, {found["GB held"][-1]:.2f} GB at the '
            'end', flush=True)
  write('data', report)


if __name__ == '__main__':
  app.run(main)
