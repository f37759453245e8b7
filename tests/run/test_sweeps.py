"""Sweeps beyond one program: by index, as jobs, and again after some are done."""
import os
import pathlib
import signal
import sys
import threading
import time

import pytest

from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, submit, sweeps

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

EXPERIMENT = '''
"""Two runs."""
import optax
import tests.tiny as tiny
from jaxgan.data import digits
from jaxgan.experiment import Experiment

def sweep():
  return [dict(lr=.01), dict(lr=.1)]

def experiment(lr=.05, steps=4, batch=8, seed=0):
  return Experiment(tiny.conv_gan(d_tx=optax.sgd(lr)), digits.load(), batch, steps, seed,
                    log_every=4, save_every=4, sample_every=0)
'''


@pytest.fixture(scope='module')
def file(tmp_path_factory):
  path = tmp_path_factory.mktemp('file') / 'mine.py'
  path.write_text(EXPERIMENT)
  return path


def start(file, workdir, *flags):
  return launch.run(['launch.py', f'--experiment={file}', f'--workdir={workdir}', *flags])


def test_names_and_seeds(file, tmp_path):
  found = sweeps.runs(str(file), tmp_path, {'seed': 3}, {}, [dict(lr=.01), dict(lr=.1)], 2)
  assert [path.name for path in found] == ['lr=0.01,seed3', 'lr=0.01,seed4', 'lr=0.1,seed3',
                                           'lr=0.1,seed4']
  assert [run.knobs['seed'] for run in found.values()] == [3, 4, 3, 4]
  alone = sweeps.runs(str(file), tmp_path, {}, {}, [dict(lr=.01), {}], 1)
  assert list(alone) == [tmp_path / 'lr=0.01', tmp_path]


def test_what_is_listed(file):
  """Every combination of what the command line gives, or what sweep() lists."""
  assert sweeps.listed(str(file), {'lr': .05}) == [dict(lr=.01), dict(lr=.1)]
  assert sweeps.listed(str(file), {'lr': [1., 2.], 'batch': [4, 8], 'seed': 3}) == [
      dict(lr=1., batch=4), dict(lr=1., batch=8), dict(lr=2., batch=4), dict(lr=2., batch=8)]
  with pytest.raises(Failure, match='--lr=1.0,1.0 has a value twice'):
    sweeps.listed(str(file), {'lr': [1., 1.]})
  with pytest.raises(Failure, match='defines no function sweep.*--lr=1e-4,2e-4'):
    sweeps.listed('digits', {})


@pytest.mark.slow
def test_by_index_and_then_only_what_is_left(file, tmp_path, capsys):
  assert start(file, tmp_path, '--sweep', '--sweep_index=1') == 0
  assert [path.name for path in tmp_path.iterdir()] == ['lr=0.1']
  before = (tmp_path / 'lr=0.1' / 'run.json').read_text()
  capsys.readouterr()
  assert start(file, tmp_path, '--sweep') == 0
  out = capsys.readouterr().out
  assert 'lr=0.1 is done: 4 steps' in out and out.count('trained 4 steps') == 1
  assert checkpoint.steps(tmp_path / 'lr=0.01' / 'checkpoints') == [4]
  assert (tmp_path / 'lr=0.1' / 'run.json').read_text() == before, 'not started again'
  assert start(file, tmp_path, '--sweep') == 0
  assert capsys.readouterr().out.count('is done: 4 steps') == 2


def test_a_finished_run_of_other_settings_is_no_part_of_the_sweep(file, tmp_path, capsys):
  assert start(file, tmp_path, '--sweep', '--sweep_index=0') == 0
  assert start(file, tmp_path, '--sweep', '--batch=4') == 4
  assert 'was trained with batch=8' in capsys.readouterr().err


@pytest.mark.parametrize('flags,said', [
    (['--sweep', '--sweep_index=2'], '--sweep_index=2 is none of the 2 runs, 0 to 1'),
    (['--sweep_index=0'], 'add --sweep or --seeds=N'),
    (['--submit=local'], 'add --sweep or --seeds=N'),
    (['--chain', '--submit=local'], 'add --sweep or --seeds=N'),
    (['--sweep', '--submit=local', '--sweep_index=1'], 'leave out one of them'),
    (['--sweep', '--submit_with=timeout_min=60'], 'add --submit=slurm or --submit=local'),
    (['--sweep', '--submit=slurm'], 'is this a machine that submits jobs, and'),
    (['--sweep', '--submit=local', '--submit_with=minutes'], "'minutes' is no NAME=VALUE"),
    (['--sweep', '--submit=local', '--submit_with=local_hue=1'], "Unknown argument 'hue'"),
    (['--sweep', '--submit=local', '--submit_with=timeout_min=x'], 'timeout_min')])
def test_mistakes_are_one_line(file, tmp_path, capsys, flags, said):
  pytest.importorskip('submitit')
  assert start(file, tmp_path / 'w', *flags) == 2
  err = capsys.readouterr().err
  assert said in err and err.count('\n') == 1
  assert not (tmp_path / 'w').exists()


def test_without_submitit(file, tmp_path, capsys, monkeypatch):
  monkeypatch.setitem(sys.modules, 'submitit', None)
  assert start(file, tmp_path, '--sweep', '--submit=local') == 2
  assert 'pip install submitit' in capsys.readouterr().err


@pytest.mark.slow
def test_jobs(file, tmp_path, capsys, monkeypatch):
  """One fails; the same command does what is left."""
  pytest.importorskip('submitit')
  (tmp_path / 'lr=0.1').write_text('a file, where a folder should be')
  assert start(file, tmp_path, '--sweep', '--submit', 'local') == 1
  captured = capsys.readouterr()
  assert '2 jobs' in captured.out and '1 of 2 jobs failed' in captured.err
  assert checkpoint.steps(tmp_path / 'lr=0.01' / 'checkpoints') == [4]
  (tmp_path / 'lr=0.1').unlink()
  assert start(file, tmp_path, '--sweep', '--submit=local', '--submit_with=timeout_min=5') == 0
  assert 'lr=0.01 is done' in (out := capsys.readouterr().out) and '1 jobs' in out
  assert checkpoint.steps(tmp_path / 'lr=0.1' / 'checkpoints') == [4]


STUB = """
import pathlib, signal, sys, time
def saves(signum, frame):
  pathlib.Path(sys.argv[1]).write_text('saved')
  sys.exit(143)
signal.signal(signal.SIGTERM, saves)
pathlib.Path(sys.argv[1]).write_text('started')
time.sleep(60)
"""


def test_a_job_that_is_out_of_time_saves(tmp_path):
  """submitit ends it by an exception in its signal handler."""
  (tmp_path / 'stub.py').write_text(STUB)
  note = tmp_path / 'note'

  def out_of_time(signum, frame):
    raise SystemExit(-1)
  before = signal.signal(signal.SIGUSR2, out_of_time)
  def signalled():
    while not note.exists() or note.read_text() != 'started':
      time.sleep(.05)
    os.kill(os.getpid(), signal.SIGUSR2)
  thread = threading.Thread(target=signalled)
  thread.start()
  try:
    with pytest.raises(SystemExit):
      submit.Job((str(tmp_path / 'stub.py'),))([str(note)])
  finally:
    thread.join()
    signal.signal(signal.SIGUSR2, before)
  assert note.read_text() == 'saved'


def test_no_jobs_all_at_once_on_gpus(file, tmp_path, capsys, monkeypatch):
  monkeypatch.setattr(submit.jax, 'default_backend', lambda: 'gpu')
  with pytest.raises(submit.Failure, match='which is for CPUs'):
    submit.submit('local', '', [], [0], tmp_path / 'jobs')
  assert not (tmp_path / 'jobs').exists()


def test_a_job_that_is_stopped_is_submitted_again():
  pytest.importorskip('submitit')
  again = submit.Job().checkpoint(['--sweep'])
  assert again.function == submit.Job() and again.args == (['--sweep'],)
