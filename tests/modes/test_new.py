"""An experiment of one's own: made, listed, trained by its name; never run unasked."""
import shutil

import pytest

from jaxgan import command, flags
from jaxgan.io import catalogue


@pytest.fixture
def here(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  monkeypatch.delenv('JAXGAN_EXPERIMENTS', raising=False)
  return tmp_path


def test_made_and_trained_by_its_name(here, capsys):
  assert command.run(['jaxgan', 'new', 'mine', '--from=ring8_mlp']) == 0
  file = here / 'experiments' / 'mine.py'
  assert capsys.readouterr().out == f'{file}: edit it, then jaxgan train mine\n'
  ours = catalogue.path('ring8_mlp').read_text()
  assert file.read_text().split('"""')[2] == ours.split('"""')[2]
  assert command.run(['jaxgan', '--list']) == 0
  assert 'mine ' in capsys.readouterr().out.splitlines()[-1]
  file.write_text(file.read_text().replace('steps=20_000', 'steps=2'))
  assert command.run(['jaxgan', 'train', 'mine', '--width=8', '--eval_every=0']) == 0
  assert (here / 'runs' / 'mine' / 'report.html').exists()
  assert command.run(['jaxgan', 'sample', 'runs/mine', '--out=a.npz']) == 2
  assert f'add --experiment={file}' in capsys.readouterr().err
  assert command.run(['jaxgan', 'sample', 'runs/mine', '--experiment=mine', '--out=a.npz']) == 0


@pytest.mark.parametrize('argv,says', [
    (['new'], 'new needs a name'), (['new', '3x'], "not '3x'"), (['new', 'class'], "'class'"),
    (['new', 'digits'], 'digits is one of ours already'),
    (['new', 'mine', '--from=digitz'], "no experiment 'digitz': did you mean digits"),
    (['new', 'mine', 'yours'], "unexpected argument 'yours'")])
def test_refused(here, argv, says, capsys):
  assert command.run(['jaxgan', *argv]) == 2
  err = capsys.readouterr().err
  assert says in err and err.count('\n') == 1 and not list(here.iterdir())


def test_what_is_there_stays(here, capsys):
  assert command.run(['jaxgan', 'new', 'mine']) == 0
  (here / 'experiments' / 'mine.py').write_text('mine')
  assert command.run(['jaxgan', 'new', 'mine']) == 2
  assert (here / 'experiments' / 'mine.py').read_text() == 'mine'
  assert 'is there already' in capsys.readouterr().err


def test_folders(here, monkeypatch):
  """Those of the variable first; ours before all; in a clone ./experiments is ours."""
  monkeypatch.setenv('JAXGAN_EXPERIMENTS', f'{here}/a:{here}/b')
  for folder, names in (('a', ('x', 'digits')), ('b', ('x', 'y')), ('experiments', ('z',))):
    (here / folder).mkdir()
    for name in names:
      (here / folder / f'{name}.py').write_text(f'"""{folder}."""')
  assert {name: file.parent.name for name, file in catalogue.own().items()} == {
      'x': 'a', 'y': 'b', 'z': 'experiments'}
  assert catalogue.path('digits').parent == catalogue.FOLDER
  monkeypatch.delenv('JAXGAN_EXPERIMENTS')
  monkeypatch.chdir(catalogue.FOLDER.parent)
  assert catalogue.folders() == [catalogue.FOLDER.parent / 'my_experiments']
  shutil.rmtree(here / 'a')


@pytest.mark.parametrize('argv,expected', [
    (['train', 'mnist_mlp'], {'mode': 'train', 'experiment': 'mnist_mlp', 'workdir': None}),
    (['train', 'mnist_mlp', 'runs/a'], {'experiment': 'mnist_mlp', 'workdir': 'runs/a'}),
    (['train', 'runs/a'], {'experiment': 'digits', 'workdir': 'runs/a'}),
    (['sample', 'digits'], {'mode': 'sample', 'workdir': 'digits'}),
    (['compare', 'a', 'b', 'c'], {'runs': ['a', 'b', 'c'], 'workdir': None})])
def test_words(argv, expected):
  values, _ = flags.parse(['jaxgan', *argv])
  assert {name: values[name].value for name in expected} == expected


def test_a_misspelt_experiment_is_no_folder(here, capsys):
  assert command.run(['jaxgan', 'train', 'mnist_dcgam']) == 2
  assert "no experiment 'mnist_dcgam': did you mean mnist_dcgan?" in capsys.readouterr().err
  assert not list(here.iterdir())


@pytest.mark.parametrize('argv,says', [
    (['--lr=.1,.2'], '--lr=.1,.2: several values are for a sweep: add --sweep'),
    (['--sweep', '--lr=.1,x'], 'could not convert'),
    (['--sweep', '--lr=.1,.1'], 'has a value twice')])
def test_several_values(here, argv, says, capsys):
  assert command.run(['jaxgan', 'train', 'ring8_mlp', *argv]) == 2
  err = capsys.readouterr().err
  assert says in err and err.count('\n') == 1
  values, knobs = flags.parse(['jaxgan', 'train', 'ring8_mlp', '--sweep', '--lr=.1,.2'])
  assert knobs['lr'] == [.1, .2] and knobs['width'] == 128
