"""What a run leaves for people to read: numbers, pictures, progress. No maths.

metrics.jsonl (a JSON object a line), TensorBoard events, samples/*.png, curves.png and a
progress bar on a terminal, or plain lines elsewhere.
"""
import contextlib
import json
import math
import os
import pathlib
import sys
import time
from typing import TextIO

import numpy as np

PATIENCE = 15  # seconds between the lines that tell of progress


def say(line: str, error: bool = False) -> None:
  """Prints a line to stdout, or stderr, unless it is closed, full, or nobody reads it any more:
  then it is quiet from now on, for what is printed is not what is trained."""
  to = sys.stderr if error else sys.stdout
  try:
    if to is not None:  # as Python has a stream that was closed
      print(line, file=to, flush=True)
  except UnicodeEncodeError:
    plain = line.encode(to.encoding or 'ascii', 'replace').decode(to.encoding or 'ascii')
    print(plain, file=to, flush=True)
  except (OSError, ValueError):
    mute(to)


def mute(stream: TextIO) -> None:
  """What is written to a stream from now on goes nowhere, also what waits in it."""
  with contextlib.suppress(OSError, ValueError):
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(path: pathlib.Path, content: bytes | str) -> None:
  """Writes a file whole or not at all."""
  path.parent.mkdir(parents=True, exist_ok=True)
  partial = path.with_name(f'.{path.name}.partial')
  partial.write_bytes(content.encode() if isinstance(content, str) else content)
  os.replace(partial, path)


def strict(values: dict) -> str:
  """A JSON object on one line, by the standard: null where a number is not finite."""
  def plain(value):
    if isinstance(value, dict):
      return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
      return [plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
  return json.dumps(plain(values), allow_nan=False)


def set_aside(path: pathlib.Path) -> None:
  """Gives a file that cannot be read another name, with a line."""
  aside = path.with_name(f'{path.name}.damaged')
  os.replace(path, aside)
  say(f'{path} cannot be read: it is {aside} now')


class Board:
  """A TensorBoard event file, written at once.

  (tensorboardX's SummaryWriter writes from a thread behind a bounded queue: a full disk
  kills the thread, and the training that fills the queue waits for ever.)
  """

  def __init__(self, workdir: pathlib.Path, step: int):
    from tensorboardX import event_file_writer, summary
    from tensorboardX.proto import event_pb2
    self.event, self.summary = event_pb2.Event, summary
    self.file = event_file_writer.EventsWriter(str(workdir / 'events'))
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    self.write(step + 1, session_log=start)  # TensorBoard drops what is later elsewhere

  def write(self, step: int, **what) -> None:
    self.file.write_event(self.event(step=step, wall_time=time.time(), **what))

  def scalars(self, step: int, values: dict[str, float]) -> None:
    for name, value in values.items():
      if math.isfinite(value):  # of others tensorboardX would print a warning each
        self.write(step, summary=self.summary.scalar(name, value))
    self.file.flush()

  def picture(self, step: int, name: str, picture: np.ndarray) -> None:
    image = self.summary.image(name, picture, dataformats='HWC')
    self.write(step, summary=image)


class Log:
  """The files of a run that is trained on from `step`; what is later in them goes.

  A file that cannot be written costs a warning, never the training. `quiet`: nothing is
  printed of the numbers.
  """

  def __init__(self, workdir: pathlib.Path, step: int, steps: int, quiet: bool = False):
    from tqdm import tqdm
    self.workdir, self.steps, self.quiet, self.warned = workdir, steps, quiet, False
    self.path = workdir / 'metrics.jsonl'
    if self.path.exists():
      rows = [row for row in kept(self.path) if row['step'] <= step]
      write(self.path, ''.join(strict(row) + '\n' for row in rows))
    self.board = Board(workdir, step)
    self.bar = tqdm(total=steps, initial=step, unit='step', dynamic_ncols=True, smoothing=.1,
                    disable=quiet or not sys.stderr.isatty())

  def scalars(self, step: int, values: dict[str, float], left: float | None = None) -> None:
    """Adds a line of numbers; it says that so many seconds are left, if that is known."""
    values = {name: float(value) for name, value in values.items()}
    with self.storage():
      with self.path.open('a') as f:
        f.write(strict({'step': step, **values}) + '\n')
      self.board.scalars(step, values)
    terms = {k: v for k, v in values.items()
             if k != 'images_per_second' and (v or '/skipped' not in k)}
    text = '  '.join(f'{name} {value:.3g}' for name, value in terms.items())
    self.bar.set_postfix_str(text, refresh=False)
    if self.bar.disable and not self.quiet:
      rate = values.get('images_per_second')
      speed = '' if rate is None else f'  {rate:,.0f} images/s'
      speed += '' if left is None else f'  {duration(left)} left'
      say(f'step {step:,}/{self.steps:,}  {text}{speed}')

  def progress(self, step: int) -> None:
    """Moves the bar."""
    with contextlib.suppress(OSError):  # a terminal that is gone
      self.bar.update(step - self.bar.n)

  def pictures(self, name: str, images: np.ndarray, step: int) -> None:
    """Saves images or points as samples/NAME.png; nothing if they are neither."""
    picture = shown(images)
    if picture is not None:
      with self.storage():
        write(self.workdir / 'samples' / f'{name}.png', png(picture))
        self.board.picture(step, name.split('_')[0], picture)

  @contextlib.contextmanager
  def storage(self):
    """Around writing: what fails is said, once, and passed over."""
    try:
      yield
    except OSError as e:
      if not self.warned:
        say(f'a log in {self.workdir} cannot be written ({e.strerror}): training goes on')
      self.warned = True

  def finish(self) -> None:
    """Draws the curves of a run that is done, and says where its pictures are."""
    with self.storage():
      curves(self.workdir)
    made = [path for path in (self.workdir / 'samples', self.workdir / 'curves.png')
            if path.exists()]
    where = f'; pictures: {", ".join(map(str, made))}' if made else ''
    say(f'trained {self.steps:,} steps{where}')

  def close(self) -> None:
    self.bar.close()
    with self.storage():
      self.board.file.close()


def duration(seconds: float) -> str:
  """1:02:03."""
  minutes, s = divmod(round(seconds), 60)
  return f'{minutes // 60}:{minutes % 60:02}:{s:02}'


def is_images(x) -> bool:
  """Whether x is uint8 [N, H, W, C]: grey, grey and alpha, RGB, RGB and alpha."""
  return (isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.ndim == 4
          and x.shape[3] in (1, 2, 3, 4))


def shown(x) -> np.ndarray | None:
  """Images uint8 [N, H, W, C] or points float [N, 2] as one picture; None for all else."""
  if is_images(x):
    return grid(x)
  if isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] == 2:
    return scatter(x)
  return None


def scatter(points: np.ndarray, size: int = 320) -> np.ndarray:
  """Points [N, 2] as dots, uint8 [size, size, 3], the origin in the middle.

  The scale goes by powers of two, so that most pictures of a run have one.
  """
  furthest = max(np.quantile(np.abs(points), .99), 1e-6)
  half = 1.25 * 2 ** np.ceil(np.log2(furthest / 1.25))
  at = np.round((points / half + 1) / 2 * (size - 1)).astype(int)
  at = at[((at >= 1) & (at < size - 1)).all(1)]
  picture = np.full((size, size, 3), 255, np.uint8)
  for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
    picture[size - 1 - at[:, 1] + dy, at[:, 0] + dx] = (31, 90, 180)
  return picture


def read(path: pathlib.Path) -> list[dict]:
  """The objects of a JSON lines file; lines that are none are left out. None of no file."""
  return [row for line in lines(path) if (row := parsed(line)) is not None]


def steps(path: pathlib.Path) -> list[dict]:
  """Those that tell of a training step."""
  return [row for row in read(path) if type(row.get('step')) is int]


def kept(path: pathlib.Path) -> list[dict]:
  """`steps` of a run that goes on. If others than the last line, which a kill may have cut,
  cannot be read, the file is copied to NAME.damaged, and a line says so."""
  every, rows = lines(path), steps(path)
  bad = len(every) - len(rows)
  if bad > 1 or bad and parsed(every[-1]) is not None:
    aside = path.with_name(f'{path.name}.damaged')
    write(aside, path.read_bytes())
    say(f'{path}: {bad} of {len(every):,} lines cannot be read: they are left out, and the '
        f'file as it was is {aside}')
  return rows


def lines(path: pathlib.Path) -> list[bytes]:
  return path.read_bytes().splitlines() if path.exists() else []


def parsed(line: bytes) -> dict | None:
  """A line's object; None if it is none."""
  with contextlib.suppress(ValueError, RecursionError):  # of bytes and of JSON
    row = json.loads(line)
    return row if isinstance(row, dict) else None


def grid(images: np.ndarray, gap: int = 2, columns: int | None = None) -> np.ndarray:
  """uint8 [N, H, W, C] -> one picture uint8 [H', W', 3], row by row, small ones enlarged."""
  images = opaque(images)
  n, h, w, c = images.shape
  columns = columns or math.ceil(math.sqrt(n))
  rows = math.ceil(n / columns)
  scale = max(1, 32 // h)
  large = images.repeat(scale, axis=1).repeat(scale, axis=2)
  tiles = np.full((rows * columns, h * scale + gap, w * scale + gap, c), 128, np.uint8)
  tiles[:n, :-gap, :-gap] = large
  tiles = tiles.reshape(rows, columns, *tiles.shape[1:])
  picture = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * tiles.shape[2], -1, c)
  return np.broadcast_to(picture[:-gap, :-gap], (*picture[:-gap, :-gap].shape[:2], 3))


def opaque(images: np.ndarray) -> np.ndarray:
  """Images [N, H, W, C] without their alpha, if they have one: before a checkerboard, in which
  what can be seen through shows."""
  h, w, c = images.shape[1:]
  if c in (1, 3):
    return images
  size = max(1, min(h, w) // 8)
  odd = (np.arange(h)[:, None] // size + np.arange(w)[None] // size) % 2
  board = np.where(odd, 160, 96)[None, :, :, None]
  alpha = images[..., -1:] / 255
  return np.round(alpha * images[..., :-1] + (1 - alpha) * board).astype(np.uint8)


def png(picture: np.ndarray) -> bytes:
  """uint8 [H, W, 1 to 4] -> a PNG file's bytes."""
  import io

  from PIL import Image
  file = io.BytesIO()
  picture = np.ascontiguousarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
  Image.fromarray(picture).save(file, 'PNG', optimize=True)
  return file.getvalue()


def curves(workdir: pathlib.Path) -> None:
  """Draws metrics.jsonl as curves.png: the loss terms, D's outputs, the metrics."""
  import io

  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure
  rows = [{name: value for name, value in row.items() if isinstance(value, int | float)}
          for row in steps(workdir / 'metrics.jsonl')]
  names = sorted({name for row in rows for name in row} - {'step', 'images_per_second'})
  outputs = [name for name in names if name in ('d/real', 'd/fake', 'd/accuracy')]
  metrics = [name for name in names if name.startswith('eval/')]
  norms = [name for name in names if name.endswith('/gradient_norm')]
  terms = [name for name in names
           if name not in outputs + metrics + norms and '/skipped' not in name]
  panels = [(title, group) for title, group in (
      ('loss terms', terms), ("D's mean output", outputs), ('gradient norms', norms),
      ('metrics', metrics)) if group]
  if not panels:
    return
  figure = Figure(figsize=(4.5 * len(panels), 3.2), layout='constrained')
  FigureCanvasAgg(figure)
  for axes, (title, group) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels):
    for name in group:
      points = [(row['step'], row[name]) for row in rows if name in row]
      axes.plot(*zip(*points), label=name, linewidth=1)
    axes.set(title=title, xlabel='step')
    shown = [row[name] for row in rows for name in group if name in row]
    if group in (metrics, norms) and min(shown) > 0:
      axes.set_yscale('log')  # measures of different sizes share the panel
    axes.legend(fontsize='small')
  file = io.BytesIO()
  figure.savefig(file, dpi=110)
  write(workdir / 'curves.png', file.getvalue())


@contextlib.contextmanager
def progress(total: int, unit: str):
  """-> tick(n): n more of `total` are done. A bar on a terminal, elsewhere now and then a
  line with the time left."""
  from tqdm import tqdm
  start = said = time.monotonic()
  with tqdm(total=total, unit=unit, disable=not sys.stderr.isatty(), leave=False) as bar:
    done = 0

    def tick(n):
      nonlocal done, said
      done, now = done + n, time.monotonic()
      bar.update(n)
      if bar.disable and now - said > PATIENCE:
        left, said = (now - start) / done * (total - done), now
        say(f'{done:,}/{total:,} {unit}s, {left:,.0f} s left')
    yield tick
