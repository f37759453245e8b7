"""A file for an experiment of your own, made from one that is there."""
import ast
import keyword
import pathlib

from jaxgan.io import catalogue, files
from jaxgan.io.console import say
from jaxgan.io.errors import Failure

FLAGS = {
    'name': ('str', None, 'What it is called; the word after `new`.'),
    'from': ('str', 'digits', 'The experiment that it starts as.'),
    'out': ('str', None, 'Folder for the file (default: the first of $JAXGAN_EXPERIMENTS, or '
            './experiments; in a clone, where that is ours, ./my_experiments). --list names '
            'what is in these.')}
WORDS = 'name'


def run(values, knobs, paths) -> None:
  name, source = values.name, values['from'].value
  if not name or not name.isidentifier() or keyword.iskeyword(name):
    raise Failure(f'new needs a name of letters, digits and _, not {name!r}: jaxgan new '
                  'my_experiment --from=mnist_dcgan')
  if name in catalogue.names():
    raise Failure(f'{name} is one of ours already: choose another name')
  out = pathlib.Path(values.out).expanduser() if values.out else catalogue.folders()[0]
  where = out.absolute() / f'{name}.py'
  if where.exists():
    raise Failure(f'{where} is there already: choose another name, or edit it')
  try:
    files.write(where, renamed(catalogue.path(source).read_text(), name, source))
  except OSError as e:
    raise Failure(f'{where} cannot be written ({e.strerror}): give another --out')
  known = name if where.resolve() in catalogue.own().values() else where
  say(f'{where}: edit it, then jaxgan train {known}')


def renamed(text: str, name: str, source: str) -> str:
  """An experiment's file with a docstring of its own: what was measured was the other's."""
  first, *_ = ast.parse(text).body
  told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
  rest = text.splitlines()[first.end_lineno if told else 0:]
  docstring = [f'"""{name}: from {source}. Say here what you try.', '',
               f'  jaxgan train {name} --help', '"""']
  return '\n'.join([*docstring, *rest, ''])
