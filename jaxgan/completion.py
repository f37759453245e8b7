"""Shells complete modes, experiments, flags and values: `eval "$(jaxgan --completion=bash)"`.

The shell's function asks the program, by JAXGAN_COMPLETE, which imports no JAX for it.
"""
import ast
import inspect
import pathlib

from jaxgan import flags
from jaxgan.io import catalogue
from jaxgan.io.errors import Failure

LINE = 'JAXGAN_COMPLETE'  # the command line up to the cursor
SCRIPTS = {
    'bash': '''_jaxgan() {
  local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\\n'
  local word="${line##* }" start=""
  [[ $word == *=* ]] && start="${word%%=*}="  # bash takes what follows = for the word
  COMPREPLY=($(JAXGAN_COMPLETE="$line" jaxgan 2>/dev/null))
  COMPREPLY=("${COMPREPLY[@]#"$start"}")
  [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _jaxgan jaxgan
''',
    'zsh': '''_jaxgan() {
  local -a found
  found=("${(@f)$(JAXGAN_COMPLETE="${(j: :)words[1,CURRENT]}" jaxgan 2>/dev/null)}")
  [[ -n $found[1] ]] && compadd -Q -S '' -- $found || _files
}
compdef _jaxgan jaxgan
''',
    'fish': '''complete -c jaxgan -a '(JAXGAN_COMPLETE=(commandline -cp) jaxgan 2>/dev/null)'
'''}


def candidates(line: str) -> list[str]:
  """What the last word of a line may become; none where files are meant."""
  *before, word = line.split(' ')
  words = [one for one in before[1:] if one]
  mode = words[0] if words and words[0] in flags.modes() else 'train'
  if word.startswith('-'):
    found = of_a_flag(mode, words, word) if '=' in word else of_flags(mode, words)
  elif not words:
    found = list(flags.modes())
  else:
    trains = len(words) == 1 and flags.takes_knobs(mode)
    found = [*catalogue.names(), *catalogue.own()] if trains else []
  return [one for one in found if one.startswith(word)]


def declared(mode: str) -> dict[str, tuple]:
  return flags.EVERY | flags.modes()[mode][1]


def of_flags(mode: str, words: list[str]) -> list[str]:
  """Every flag of a mode, --name= or --name, of the experiment that the words name too."""
  known = declared(mode)
  found = [f'--{name}' + '=' * (kind != 'bool') for name, (kind, *_) in known.items()]
  if flags.takes_knobs(mode):
    found += [f'--{name}=' for name in (*settings(), *knobs(named(words)))]
  return found


def of_a_flag(mode: str, words: list[str], word: str) -> list[str]:
  """The values that a flag may have, as --name=value."""
  name = word.removeprefix('--').partition('=')[0]
  kind = declared(mode).get(name, ('',))[0]
  values = kind if isinstance(kind, list) else []
  if name in ('experiment', 'from'):
    values = [*catalogue.names(), *catalogue.own()]
  elif name == 'mode':
    values = list(flags.modes())
  return [f'--{name}={value}' for value in values]


def named(words: list[str]) -> str:
  """The experiment that a line names."""
  given = [word.partition('=')[2] for word in words if word.startswith('--experiment=')]
  return [*given, *filter(flags.is_experiment, words[1:]), 'digits'][0]


def knobs(experiment: str) -> list[str]:
  """The parameters of an experiment, read and not run."""
  try:
    tree = ast.parse(catalogue.path(experiment).read_text())
  except (OSError, SyntaxError, ValueError, Failure):
    return []
  return [arg.arg for node in tree.body
          if isinstance(node, ast.FunctionDef) and node.name == 'experiment'
          for arg in node.args.args]


def settings() -> list[str]:
  """The loop's settings: fields of Experiment by `setting(..)`, read and not imported."""
  file = pathlib.Path(inspect.getfile(flags)).parent / 'experiment.py'
  return [node.target.id for node in ast.walk(ast.parse(file.read_text()))
          if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)
          and ast.unparse(node.value.func) == 'setting']
