"""The experiment files by name, and what they say of themselves. Does not import JAX."""
import ast
import difflib
import os
import pathlib

from jaxgan.io.errors import Failure

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
FOLDER = PACKAGE / 'experiments'  # where it is installed
if not FOLDER.is_dir():  # a clone
  FOLDER = PACKAGE.parent / 'experiments'


def folders() -> list[pathlib.Path]:
  """Where a user's own experiments are: the folders of $JAXGAN_EXPERIMENTS, by colons, and
  here `experiments`, which in a clone is ours, and `my_experiments`."""
  named = [pathlib.Path(name).expanduser()
           for name in os.environ.get('JAXGAN_EXPERIMENTS', '').split(os.pathsep) if name]
  here = [pathlib.Path(name) for name in ('experiments', 'my_experiments')]
  return [path.resolve() for path in (*named, *here) if path.resolve() != FOLDER]


def names() -> list[str]:
  """The experiments that come with jaxgan."""
  return sorted(p.stem for p in FOLDER.glob('*.py') if p.stem != '__init__')


def own() -> dict[str, pathlib.Path]:
  """The files of a user's own experiments by name; a name of ours is ours."""
  found = {file.stem: file for folder in folders()[::-1]
           for file in sorted(folder.glob('*.py'))}
  return {name: file for name, file in found.items() if name not in {*names(), '__init__'}}


def summary(file: pathlib.Path) -> str:
  """The first paragraph of an experiment's docstring, as one line; '' of what is no Python."""
  try:
    tree = ast.parse(file.read_text())
  except (OSError, SyntaxError, ValueError):
    return ''
  return ' '.join((ast.get_docstring(tree) or '').split('\n\n')[0].split())


def path(name: str) -> pathlib.Path:
  """The file of an experiment: a name of ours or of a user's own, or the path of a .py file."""
  if name.endswith('.py'):
    file = pathlib.Path(name).expanduser().resolve()
    if not file.is_file():
      raise Failure(f'no experiment file {file}')
    return file
  if name in names():
    return FOLDER / f'{name}.py'
  if name not in own():
    known = [*names(), *own()]
    near = difflib.get_close_matches(name, known, 3) or known
    raise Failure(f'no experiment {name!r}: did you mean {" or ".join(near)}? '
                  'python launch.py --list names all; a path to a .py file works too')
  return own()[name]
