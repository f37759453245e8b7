"""The command line: a mode, its flags, the experiment's knobs. `--list` imports no JAX.

A file of `modes/` declares its flags as `FLAGS`, a literal that is read without importing it:

  FLAGS = {'n': ('int', 64, 'How many images.', 1, 1000),  # least and most: may be left out
           'show': (['walk', 'classes'], 'walk', 'What is shown.'),  # one of these
           'out': ('str', None, 'A .png, a .npz or a folder.')}

and may name some of `modes/shared.py`'s, which several modes have, as `SHARED`.
"""
import ast
import difflib
import functools
import importlib
import pathlib
from typing import Any

from absl import flags

from jaxgan.io import catalogue
from jaxgan.io.errors import Failure

FOLDER = pathlib.Path(__file__).parent / 'modes'
NO_MODES = {'__init__', 'shared', 'scores'}
USAGE = 'jaxgan [MODE [EXPERIMENT] [WORKDIR]] [--FLAG=VALUE ..]'
EVERY = {  # the flags that every mode has
    'help': ('bool', False, 'Shows this and ends.'),
    'list': ('bool', False, 'Lists the experiments and ends.'),
    'version': ('bool', False, 'Prints the version and ends.'),
    'completion': (['bash', 'zsh', 'fish'], None, "Prints a shell's completion and ends: "
                   'eval "$(jaxgan --completion=bash)" in ~/.bashrc.'),
    'experiment': ('str', 'digits', 'Name of an experiment, or the path of a .py file that '
                   'defines one. Its parameters become flags.'),
    'mode': ('str', 'train', 'What to do; the first word without dashes says it too.'),
    'workdir': ('str', None, 'Folder of the run (default: runs/NAME); the second word.'),
    'data_dir': ('str', None, 'Folder of TFDS data sets (default: $TFDS_DATA_DIR, then '
                 '~/tensorflow_datasets); of experiments on images of your own: their folder '
                 'or zip.'),
    'cache_dir': ('str', None, 'Folder for what is computed once: classifiers, reference '
                  'statistics, compiled programs, decoded images (default: ~/.cache/jaxgan).')}


@functools.cache
def modes() -> dict[str, tuple[str, dict]]:
  """Each mode's summary and its flags, by name."""
  found = {}
  for file in sorted(FOLDER.glob('*.py'), key=lambda file: (file.stem != 'train', file)):
    if file.stem not in NO_MODES:
      tree = ast.parse(file.read_text())
      summary = (ast.get_docstring(tree) or '').split('\n\n')[0].replace('\n', ' ')
      own = literal(tree, 'FLAGS', {})
      shared = {name: shared_flags()[name] for name in literal(tree, 'SHARED', ())}
      found[file.stem] = summary, own | shared
  return found


@functools.cache
def shared_flags() -> dict:
  return literal(ast.parse((FOLDER / 'shared.py').read_text()), 'FLAGS', {})


def literal(tree: ast.Module, name: str, default: Any) -> Any:
  """The value of a module's NAME = literal."""
  for node in tree.body:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
      return ast.literal_eval(node.value)
  return default


def define(values: flags.FlagValues, declared: dict[str, tuple]) -> None:
  """Makes absl flags of declared ones."""
  for name, (kind, default, text, *bounds) in declared.items():
    least, most = (*bounds, None, None)[:2]
    if isinstance(kind, list):
      flags.DEFINE_enum(name, default, kind, text, flag_values=values)
    elif kind == 'bool':
      flags.DEFINE_boolean(name, default, text, flag_values=values)
    elif kind == 'strs':
      flags.DEFINE_multi_string(name, default, text, flag_values=values)
    elif kind == 'str':
      flags.DEFINE_string(name, default, text, flag_values=values)
    else:
      number = {'int': flags.DEFINE_integer, 'float': flags.DEFINE_float}[kind]
      number(name, default, text, least, most, flag_values=values)


def words(argv: list[str]) -> list[str]:
  """The command line with its first words as flags: MODE, then of a mode that trains,
  EXPERIMENT, if it is the name of one, then WORKDIR; or what the mode's file says by
  WORDS = 'flag'. Raises Failure for what looks like an experiment's name, misspelt."""
  count = 0
  while argv[count + 1:] and not argv[count + 1].startswith('-'):
    count += 1
  if not count:
    return argv
  mode, *rest = argv[1:count + 1]
  names = [f'--mode={mode}']
  if mode in modes():
    flag, most = worded(mode)
    if rest and takes_knobs(mode):
      if is_experiment(rest[0]):
        names.append(f'--experiment={rest.pop(0)}')
      else:
        check_word(mode, rest[0])
    names += [f'--{flag}={word}' for word in rest[:most]]
    rest = rest[most:]
  return [argv[0], *names, *rest, *argv[count + 1:]]


def worded(mode: str) -> tuple[str, int]:
  """The flag that a mode's words give, and how many at most."""
  flag = literal(ast.parse((FOLDER / f'{mode}.py').read_text()), 'WORDS', 'workdir')
  several = flag in modes()[mode][1] and modes()[mode][1][flag][0] == 'strs'
  return flag, 1_000_000 if several else 1


def check_word(mode: str, word: str) -> None:
  """Raises Failure for a word that is nearly an experiment's name, and no folder yet."""
  near = difflib.get_close_matches(word, [*catalogue.names(), *catalogue.own()], 1, .8)
  if near and '/' not in word and not pathlib.Path(word).exists():
    raise Failure(f'no experiment {word!r}: did you mean {near[0]}? For a new folder of that '
                  f'name: jaxgan {mode} --workdir={word}')


def is_experiment(word: str) -> bool:
  return word.endswith('.py') or word in catalogue.names() or word in catalogue.own()


def parse(argv: list[str]) -> tuple[flags.FlagValues, dict]:
  """Command line -> (all flags, the experiment's knobs; with --sweep a list of values where
  several are given). Raises Failure, in a line."""
  values, argv = flags.FlagValues(), words(argv)
  define(values, EVERY)
  try:
    values(argv, known_only=True)
    if values.mode not in modes():
      near = difflib.get_close_matches(values.mode, modes(), 1) or ['train']
      raise Failure(f'no mode {values.mode!r}: did you mean {near[0]}? There are '
                    f'{", ".join(modes())}')
    define(values, modes()[values.mode][1])
    values(argv, known_only=True)
    knobs = {}
    if takes_knobs(values.mode) and not values.list:
      knobs = define_knobs(values)
    mode, experiment = values.mode, values.experiment
    sweep = 'sweep' in values and values.sweep
    values.unparse_flags()
    argv, lists = split(argv, values, knobs, sweep)
    rest = values(argv)[1:]
  except flags.UnrecognizedFlagError as e:
    raise Failure(unknown(e, mode, experiment)) from e
  except flags.Error as e:
    raise Failure(f'{e}; --help lists the flags') from e
  if rest:
    raise Failure(f'unexpected argument {rest[0]!r}: {USAGE}; --help lists the flags')
  return values, {name: lists.get(name, values[name].value) for name in knobs}


def split(argv: list[str], values: flags.FlagValues, knobs: dict,
          sweep: bool) -> tuple[list[str], dict]:
  """The command line without knobs of several values, --lr=1e-4,2e-4, and these as lists by
  name. Raises Failure for several numbers that are for no sweep."""
  rest, lists = [], {}
  for word in argv:
    name, equals, given = word.removeprefix('--').partition('=')
    several = word.startswith('--') and equals and name in knobs and ',' in given
    if several and not sweep and not isinstance(knobs[name], str):
      raise Failure(f'{word}: several values are for a sweep: add --sweep (of train)')
    if several and sweep:
      lists[name] = [parsed(values[name], one) for one in given.split(',')]
    else:
      rest.append(word)
  return rest, lists


def parsed(flag: flags.Flag, given: str) -> Any:
  """One value of a flag. Raises absl's error, which names the flag."""
  try:
    return flag.parser.parse(given)
  except (TypeError, ValueError) as e:
    raise flags.IllegalFlagValueError(f'flag --{flag.name}={given}: {e}')


def takes_knobs(mode: str) -> bool:
  """Whether a mode runs an experiment, and not what is in a folder: its file says KNOBS."""
  return literal(ast.parse((FOLDER / f'{mode}.py').read_text()), 'KNOBS', False)


def define_knobs(values: flags.FlagValues) -> dict:
  """A flag for each setting of the loop, and for each parameter of the experiment, of its
  default's type -> the latter."""
  from jaxgan import experiment
  kinds = {bool: 'bool', int: 'int', float: 'float', str: 'str'}
  define(values, {name: (kinds[type(default)], None, text)
                  for name, (default, text) in experiment.settings().items()})
  knobs, told = experiment.knobs(values.experiment), experiment.knob_help(values.experiment)
  for name, default in knobs.items():
    if name in values:
      raise Failure(f'experiment(): the parameter {name!r} is a flag already: give it another '
                    'name')
    define(values, {name: (kinds[type(default)], default, told[name])})
  return knobs


def unknown(error: flags.UnrecognizedFlagError, mode: str, experiment: str) -> str:
  """What to say of a flag that this mode has not."""
  names = {error.flagname, error.flagname.removeprefix('no')}
  others = [other for other, (_, own) in modes().items() if names & set(own)]
  if not others and not takes_knobs(mode) and names & knobs_and_settings(experiment):
    others = [other for other in modes() if takes_knobs(other)]
  if others:
    return (f'--{error.flagname} is not for --mode={mode} but for {", ".join(others)}: '
            'leave it out')
  return f'{error}; --help lists the flags'


def knobs_and_settings(name: str) -> set[str]:
  from jaxgan import experiment
  return {*experiment.settings(), *experiment.knobs(name)}


def shown(values: flags.FlagValues, knobs: dict) -> str:
  """The help of a mode: its flags in groups, with their defaults."""
  summary, own = modes()[values.mode]
  width = max(map(len, modes()))
  lines = [USAGE, '', *(f'  {mode:{width}}  {text}' for mode, (text, _) in modes().items())]
  loop = [name for name in values if name not in {*EVERY, *own, *knobs}]
  for title, names in (('Flags of every mode', EVERY), (f'Flags of {values.mode}', own),
                       ("Settings of the experiment's loop", loop),
                       (f'Parameters of {values.experiment}', knobs)):
    lines += ['', f'{title}:'] * bool(names)
    lines += [line(values[name]) for name in names]
  return '\n'.join(lines)


def line(flag: flags.Flag) -> str:
  name = f'[no]{flag.name}' if flag.boolean else flag.name
  default = '' if flag.default in (None, '') else f' (default: {flag.default})'
  choices = f' One of {", ".join(flag.parser.enum_values)}.' if hasattr(
      flag.parser, 'enum_values') else ''
  return f'  --{name}: {flag.help}{choices}{default}'


def run(values: flags.FlagValues, knobs: dict, paths) -> None:
  """Imports the mode that was asked for, and runs it."""
  importlib.import_module(f'jaxgan.modes.{values.mode}').run(values, knobs, paths)
