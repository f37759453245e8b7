"""The command line: modes that declare themselves, and words before the flags."""
import pathlib
import shutil
import sys

import pytest

from jaxgan import command, flags, modes

ROOT = pathlib.Path(__file__).parents[1]

MODE = '''"""Says a word, loudly if asked."""
FLAGS = {'word': ('str', 'hello', 'What is said.'), 'times': ('int', 1, 'How often.', 1, 9)}
SHARED = ('step',)


def run(values, knobs, paths):
  print(' '.join([values.word] * values.times), values.workdir, values.step)
'''


@pytest.fixture
def shout(tmp_path, monkeypatch):
  """A mode that is one file more."""
  for file in flags.FOLDER.glob('*.py'):
    shutil.copy(file, tmp_path)
  (tmp_path / 'shout.py').write_text(MODE)
  monkeypatch.setattr(flags, 'FOLDER', tmp_path)
  monkeypatch.setattr(modes, '__path__', [*modes.__path__, str(tmp_path)])
  flags.modes.cache_clear()
  yield
  flags.modes.cache_clear()
  sys.modules.pop('jaxgan.modes.shout', None)


def test_a_mode_is_one_file(shout, capsys):
  assert command.run(['jaxgan', 'shout', 'runs/a', '--times=2']) == 0
  assert capsys.readouterr().out == 'hello hello runs/a latest\n'
  assert command.run(['jaxgan', '--mode=shout', '--word=ho']) == 0
  assert capsys.readouterr().out == 'ho None latest\n'
  assert command.run(['jaxgan', 'shout', '--help']) == 0
  out = capsys.readouterr().out
  for text in ('shout        Says a word, loudly if asked.', 'Flags of shout:',
               '--times: How often. (default: 1)', '--step: Which checkpoint'):
    assert text in out
  assert '--eval_seeds' not in out


@pytest.mark.parametrize('argv,said', [
    (['sample', '--times=2'], '--times is not for --mode=sample but for shout: leave it out'),
    (['shout', '--times=10'], '--times=10'),
    (['shout', '--nodivide_state'], '--nodivide_state is not for --mode=shout but for train'),
    (['shuot'], "no mode 'shuot': did you mean shout?")])
def test_a_flag_of_another_mode_is_refused_by_name(shout, argv, said, capsys):
  assert command.run(['jaxgan', *argv]) == 2
  err = capsys.readouterr().err
  assert said in err and err.count('\n') == 1


def test_every_mode_says_what_it_does_and_what_its_flags_are():
  for mode, (summary, own) in flags.modes().items():
    assert summary.endswith('.') and len(summary) < 100, mode
    assert all(text.endswith('.') for _, _, text, *_ in own.values()), mode


def test_the_version(capsys):
  """As the citation has it."""
  import jaxgan
  assert command.run(['jaxgan', '--version']) == 0
  assert capsys.readouterr().out == f'{jaxgan.__version__}\n'
  assert f'version: {jaxgan.__version__}\n' in (ROOT / 'CITATION.cff').read_text()
