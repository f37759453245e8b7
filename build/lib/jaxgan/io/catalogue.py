"""The experiment files by name, and what they say of themselves. Does not import JAX."""
import ast
import difflib
import pathlib

from jaxgan.io.errors import Failure

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
FOLDER = PACKAGE / 'experiments'  # where it is installed
if not FOLDER.is_dir():  # a clone
  FOLDER = PACKAGE.parent / 'experiments'


def names() -> list[str]:
  """The experiments that come with jaxgan."""
  return sorted(p.stem for p in FOLDER.glob('*.py') if p.stem != '__init__')


def summary(name: str) -> str:
  """The first paragraph of an experiment's docstring, as one line."""
  tree = ast.parse((FOLDER / f'{name}.py').read_text())
  return ' '.join((ast.get_docstring(tree) or '').split('\n\n')[0].split())


def path(name: str) -> pathlib.Path:
  """The file of an experiment: a name of ours, or the path of a user's .py file."""
  if name.endswith('.py'):
    file = pathlib.Path(name).expanduser().resolve()
    if not file.is_file():
      raise Failure(f'no experiment file {file}')
    return file
  if name not in names():
    near = difflib.get_close_matches(name, names(), 3) or names()
    raise Failure(f'no experiment {name!r}: did you mean {" or ".join(near)}? '
                  'python launch.py --list names all; a path to a .py file works too')
  return FOLDER / f'{name}.py'
