"""What a run leaves for people to read: numbers, pictures, progress. No maths.

metrics.jsonl (a JSON object a line), samples/*.png, curves.png, report.html, what the writers
keep (`run.writers`), and what is printed (`run.display`).
"""
import contextlib
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from jaxgan.io import files, pictures
from jaxgan.io.console import say
from jaxgan.io.errors import first_line
from jaxgan.run import outcome
from jaxgan.run.display import Display, Lines, Pace
from jaxgan.run.writers import Writer

RATE = '_per_second'  # of examples, by the name that the data give them


class Log:
  """The files of a run that is trained on from `step`; what is later in them goes.

  A file that cannot be written costs a warning, never the training. `name` tells the run from
  others of its program; of these `terms` are shown of one.
  """

  def __init__(self, workdir: pathlib.Path, step: int, steps: int,
               writers: Sequence[Writer] = (), display: Display | None = None, name: str = '',
               terms: bool = True):
    self.workdir, self.step, self.steps = workdir, step, steps
    self.writers, self.warned = writers, False
    self.display, self.name, self.terms = display or Lines(steps), name, terms
    self.path = workdir / 'metrics.jsonl'
    if self.path.exists():
      rows = [row for row in files.kept(self.path) if row['step'] <= step]
      files.write(self.path, ''.join(files.strict(row) + '\n' for row in rows))

  def scalars(self, step: int, values: Mapping[str, float], pace: Pace | None = None) -> None:
    """Adds a line of terms, and how fast the run goes, if that is known."""
    values = {name: float(value) for name, value in values.items()}
    rate = {f'{pace.unit}{RATE}': float(pace.rate)} if pace else {}
    self.keep(step, values | rate)
    if self.terms:
      self.display.terms(step, values, pace)

  def scores(self, step: int, values: Mapping[str, float], floors: Mapping[str, float]) -> None:
    """Adds a line of scores, and keeps what real examples get."""
    values = {name: float(value) for name, value in values.items()}
    self.keep(step, {f'eval/{name}': value for name, value in values.items()})
    if floors:
      with self.storage():
        files.write(self.workdir / 'floors.json', json.dumps(dict(floors), indent=1))
    self.display.scores(step, values, floors, self.name)

  def keep(self, step: int, values: Mapping[str, float]) -> None:
    with self.storage(), self.path.open('a') as f:
      f.write(files.strict({'step': step, **values}) + '\n')
    self.tell(lambda writer: writer.scalars(step, values))

  def tell(self, do: Callable[[Writer], None]) -> None:
    """Calls each writer; what they raise, who may be a service, costs a warning."""
    for writer in self.writers:
      with self.storage(Exception):
        do(writer)

  def progress(self, step: int) -> None:
    """Moves the bar."""
    self.display.progress(step)

  def picture(self, name: str, picture: np.ndarray | None, step: int) -> None:
    """Saves a picture, if there is one, as samples/NAME.png; of samples the newest are
    samples/latest.png too, for a viewer that stays open."""
    if picture is None:
      return
    with self.storage():
      title = f'step {step:,}' if name.startswith('fakes') else 'from the data'
      content = pictures.png(pictures.sheet(picture, title))
      files.write(self.workdir / 'samples' / f'{name}.png', content)
      if name.startswith('fakes'):
        files.write(self.workdir / 'samples' / 'latest.png', content)
    self.tell(lambda writer: writer.picture(step, name.split('_')[0], picture))

  @contextlib.contextmanager
  def storage(self, kind: type[Exception] = OSError):
    """Around writing: what fails is said, once, and passed over."""
    try:
      yield
    except kind as e:
      if not self.warned:
        why = getattr(e, 'strerror', None) or first_line(e)
        say(f'a log in {self.workdir} cannot be written ({why}): training goes on')
      self.warned = True

  def finish(self) -> None:
    """Draws the curves and the page of a run that is done, and says where they are."""
    made = []
    with self.storage():
      made = outcome.draw(self.workdir)
    where = f': {", ".join(map(str, made))}' if made else ''
    say(f'trained {self.steps:,} steps{where}')

  def close(self) -> None:
    self.display.close()
    self.tell(lambda writer: writer.close())
