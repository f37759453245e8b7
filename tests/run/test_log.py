"""What people read: grids, rows, curves."""
import io
import json

import numpy as np
from PIL import Image

from jaxgan.io import files, pictures
from jaxgan.run import curves, log, writers


def test_grid_places_images_row_by_row():
  images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 40, 30, 3), np.uint8)
  picture = pictures.grid(images, gap=2)
  assert picture.shape == (2 * 42 - 2, 3 * 32 - 2, 3)
  values = [picture[42 * r + 5, 32 * c + 5, 0] for r in (0, 1) for c in (0, 1, 2)]
  assert values == [0, 1, 2, 3, 4, 128]


def test_png_is_lossless():
  image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
  np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(pictures.png(image)))), image)


def test_rows_after_the_resumed_step_go_and_a_cut_line_too(tmp_path):
  path = tmp_path / 'metrics.jsonl'
  path.write_text(''.join(json.dumps({'step': s}) + '\n' for s in (10, 20, 30)) + '{"ste')
  one = log.Log(tmp_path, step=20, steps=40)
  one.scalars(25, {'d/loss': np.float32(.5)})
  one.close()
  assert [row['step'] for row in files.read(path)] == [10, 20, 25]
  assert files.read(path)[-1] == {'step': 25, 'd/loss': .5}


def test_tensorboard_holds_the_scalars(tmp_path):
  """Read back by the format's own rules: length, two checksums, a protocol buffer."""
  from tensorboardX.proto.event_pb2 import Event
  one = writers.TensorBoard(tmp_path, step=0)
  one.scalars(5, {'d/loss': .25})
  one.close()
  data, found, at = next(tmp_path.glob('events*')).read_bytes(), {}, 0
  while at < len(data):
    size = int.from_bytes(data[at:at + 8], 'little')
    event = Event.FromString(data[at + 12:at + 12 + size])
    found |= {v.tag: (event.step, v.simple_value) for v in event.summary.value}
    at += size + 16
  assert found == {'d/loss': (5, .25)}


def test_curves(tmp_path):
  rows = [{'step': s, 'd/loss': 1 / s, 'd/real': .5, 'eval/sw2': s} for s in range(1, 9)]
  (tmp_path / 'metrics.jsonl').write_text(''.join(json.dumps(r) + '\n' for r in rows))
  curves.draw(tmp_path)
  picture = np.asarray(Image.open(tmp_path / 'curves.png'))
  assert picture.shape[1] > 3 * picture.shape[0] and picture.std() > 5


def test_panels():
  """Each kind of number has its own."""
  found = curves.panels({'step', 'd/loss', 'd/real', 'd/fake', 'd/ranking', 'g/gradient_norm',
                         'eval/fd', 'images_per_second', 'g/skipped'})
  assert found == {'loss terms': ['d/loss'], "D's mean output": ['d/fake', 'd/real'],
                   'real ranked above fake': ['d/ranking'],
                   'gradient norms': ['g/gradient_norm'], 'metrics': ['eval/fd']}


def test_axes_of_a_panel():
  from matplotlib.figure import Figure
  few = [{'step': 10 * s, 'eval/a': 10. ** s, 'eval/b': 2.} for s in range(1, 6)]
  axes = Figure().subplots()
  curves.draw_panel(axes, 'metrics', ['eval/a', 'eval/b'], few)
  assert axes.get_xlim()[0] == 0 and axes.get_yscale() == 'log'
  lines = axes.get_lines()
  assert [line.get_marker() for line in lines] == ['o', 'o']
  many = [{'step': s, 'd/x': -1.} for s in range(1, 99)]
  axes = Figure().subplots()
  curves.draw_panel(axes, 'metrics', ['d/x'], many)
  assert axes.get_yscale() == 'linear' and axes.get_lines()[0].get_marker() == 'None'
  axes = Figure().subplots()
  names = [f'{i:02}' for i in range(20)]
  curves.draw_panel(axes, 'loss terms', names, [{'step': 1, **dict.fromkeys(names, 0.)}])
  assert len({tuple(line.get_color()) for line in axes.get_lines()}) == 20


def test_files_are_replaced_whole(tmp_path):
  path = tmp_path / 'deep' / 'a.json'
  files.write(path, 'one')
  files.write(path, 'two')
  assert path.read_text() == 'two' and list(path.parent.iterdir()) == [path]


def test_full_disk_costs_a_warning_and_not_the_training(tmp_path, monkeypatch, capsys):
  def full(*args):
    raise OSError(28, 'No space left on device')
  board = writers.TensorBoard(tmp_path, step=0)
  one = log.Log(tmp_path, step=0, steps=10, writers=[board])
  monkeypatch.setattr(log.files, 'write', full)
  monkeypatch.setattr(board.file, 'write_event', full)
  for step in range(1, 100):  # more than any queue holds
    one.scalars(step, {'d/loss': .5})
    one.picture('fakes', np.zeros((8, 8, 3), np.uint8), step)
  assert capsys.readouterr().out.count('No space left on device): training goes on') == 1
  assert len(files.read(tmp_path / 'metrics.jsonl')) == 99


def test_points_are_a_picture():
  """Each dot lies where its point is, y upwards; one scale for points of one size."""
  picture = pictures.scatter(np.array([[1., 0.], [0., 1.], [-1., 0.]]), size=101)
  assert picture.shape == (101, 101, 3)
  blue = {tuple(at) for at in np.argwhere((picture == (31, 90, 180)).all(2))}
  assert {(50, 90), (10, 50), (50, 10)} <= blue and (90, 50) not in blue
