"""What a run leaves for people to read: numbers, pictures, progress. No maths.

metrics.jsonl (a JSON object a line), TensorBoard events, samples/*.png, curves.png and a
progress bar on a terminal, or plain lines elsewhere.
"""
import contextlib
import json
import math
import pathlib
import sys
import time
from collections.abc import Mapping

import numpy as np

from jaxgan.io import console, files, pictures
from jaxgan.io.console import say
from jaxgan.run import outcome

RATE = '_per_second'  # of examples, by the name that the data give them


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
      rows = [row for row in files.kept(self.path) if row['step'] <= step]
      files.write(self.path, ''.join(files.strict(row) + '\n' for row in rows))
    self.board = Board(workdir, step)
    self.bar = tqdm(total=steps, initial=step, unit='step', dynamic_ncols=True, smoothing=.1,
                    disable=quiet or not sys.stderr.isatty())

  def scalars(self, step: int, values: dict[str, float], left: float | None = None) -> None:
    """Adds a line of numbers; it says that so many seconds are left, if that is known."""
    values = {name: float(value) for name, value in values.items()}
    with self.storage():
      with self.path.open('a') as f:
        f.write(files.strict({'step': step, **values}) + '\n')
      self.board.scalars(step, values)
    terms = {k: v for k, v in values.items()
             if not k.endswith(RATE) and (v or '/skipped' not in k)}
    text = '  '.join(f'{name} {value:.3g}' for name, value in terms.items())
    self.bar.set_postfix_str(text, refresh=False)
    if self.bar.disable and not self.quiet:
      speed = ''.join(f'  {rate:,.0f} {name.removesuffix(RATE)}/s'
                      for name, rate in values.items() if name.endswith(RATE))
      speed += '' if left is None else f'  {console.duration(left)} left'
      say(f'step {step:,}/{self.steps:,}  {text}{speed}')

  def floors(self, values: Mapping[str, float]) -> None:
    """Keeps what real examples get, by a metric's name."""
    with self.storage():
      files.write(self.workdir / 'floors.json', json.dumps(dict(values), indent=1))

  def progress(self, step: int) -> None:
    """Moves the bar."""
    with contextlib.suppress(OSError):  # a terminal that is gone
      self.bar.update(step - self.bar.n)

  def picture(self, name: str, picture: np.ndarray | None, step: int) -> None:
    """Saves a picture, if there is one, as samples/NAME.png."""
    if picture is not None:
      with self.storage():
        files.write(self.workdir / 'samples' / f'{name}.png', pictures.png(picture))
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
    """Draws the curves and the page of a run that is done, and says where they are."""
    made = []
    with self.storage():
      made = outcome.draw(self.workdir)
    where = f': {", ".join(map(str, made))}' if made else ''
    say(f'trained {self.steps:,} steps{where}')

  def close(self) -> None:
    self.bar.close()
    with self.storage():
      self.board.file.close()
