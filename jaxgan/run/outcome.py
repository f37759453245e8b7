"""What is drawn of a run that is done: its curves, and its page."""
import pathlib

from jaxgan.pages import record, report
from jaxgan.run import curves, workdir


def draw(folder: pathlib.Path) -> list[pathlib.Path]:
  """Writes curves.png and report.html -> those that there are."""
  curves.draw(folder)
  if config := workdir.read_config(folder):
    report.write(record.read(folder, config), folder / 'report.html')
  return [path for path in (folder / 'samples', folder / 'curves.png', folder / 'report.html')
          if path.exists()]
