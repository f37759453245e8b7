"""A run that is killed, stopped, resumed or hurt ends where the undisturbed one does."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

from jaxgan.run import checkpoint

ROOT = pathlib.Path(__file__).parents[1]
BOMB = ROOT / 'tests' / 'bomb.py'
sys.path.insert(0, str(ROOT))
from jaxgan import command as launch


def argv(workdir, *flags):
  return ['launch.py', f'--experiment={BOMB}', f'--workdir={workdir}', *flags]


def here(workdir, *flags):
  """Runs in this process -> exit code."""
  return launch.run(argv(workdir, *flags))


def child(workdir, *flags, bomb=''):
  """Runs in a process of its own -> (exit code, what it printed)."""
  command = [sys.executable, str(ROOT / 'launch.py'), *argv(workdir, *flags)[1:]]
  done = subprocess.run(command, env=os.environ | {'BOMB': bomb}, text=True,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
  return done.returncode, done.stdout


def final(workdir, step=40):
  return json.loads((workdir / 'checkpoints' / str(step) / 'digest.json').read_text())


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
  """The undisturbed run."""
  workdir = tmp_path_factory.mktemp('straight') / 'run'
  assert here(workdir) == 0
  return workdir


def rows(workdir):
  """What metrics.jsonl says, but for the clock."""
  lines = [json.loads(line) for line in (workdir / 'metrics.jsonl').read_text().splitlines()]
  for line in lines:
    line.pop('images_per_second', None)
  return lines


@pytest.mark.slow
def test_sigkill_anywhere(straight, tmp_path):
  """Before the first save, between saves, while reading, in a save (Orbax renames first,
  then we): the same digest, the same numbers, the same pictures."""
  killed = -signal.SIGKILL
  for bomb, steps in (('eval:1:9', []), ('save:1:9', []), ('eval:3:9', [8]),
                      ('read:2:9', [8]), ('save:2:9', [8]), ('eval:5:9', [16, 24])):
    code, out = child(tmp_path, bomb=bomb)
    assert code == killed, out
    assert checkpoint.steps(tmp_path / 'checkpoints') == steps, bomb
  code, out = child(tmp_path)
  assert code == 0 and 'resumed' in out and 'at step 24 (digest verified), 16 to go' in out
  assert final(tmp_path) == final(straight)
  assert rows(tmp_path) == rows(straight)
  assert not list((tmp_path / 'checkpoints').glob('.*'))
  images = 'samples/fakes_00000040.png'
  assert (tmp_path / images).read_bytes() == (straight / images).read_bytes()


@pytest.mark.parametrize('number,code', [
    (signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)])
def test_stop_signals_save(straight, tmp_path, number, code, monkeypatch, capsys):
  monkeypatch.setenv('BOMB', f'eval:3:{int(number)}')
  assert here(tmp_path) == code
  assert f'stopped by {number.name} at step 12, saved' in capsys.readouterr().err
  assert checkpoint.steps(tmp_path / 'checkpoints') == [8, 12]
  assert json.loads((tmp_path / 'run.json').read_text())['exit_code'] == code
  monkeypatch.delenv('BOMB')
  assert here(tmp_path) == 0
  assert final(tmp_path) == final(straight)
  record = json.loads((tmp_path / 'run.json').read_text())
  assert record['exit_code'] == 0 and [r['exit_code'] for r in record['earlier']] == [code]


@pytest.mark.slow
def test_second_signal_ends_at_once(tmp_path):
  """The metric sends two; nothing is saved by the second."""
  code, out = child(tmp_path, bomb='eval:3:2')
  assert code == 130 and 'saved' in out
  source = BOMB.read_text().replace('os.kill(os.getpid(), int(number))',
                                    '[os.kill(os.getpid(), int(number)) for _ in "ab"]')
  twice = tmp_path / 'twice.py'
  twice.write_text(source)
  command = [sys.executable, str(ROOT / 'launch.py'), f'--experiment={twice}',
             f'--workdir={tmp_path / "run"}']
  done = subprocess.run(command, env=os.environ | {'BOMB': 'eval:3:2'}, capture_output=True)
  assert done.returncode == 130
  assert checkpoint.steps(tmp_path / 'run' / 'checkpoints') == [8]


@pytest.mark.slow
def test_damaged_newest_is_set_aside_and_made_again(straight, tmp_path, capsys):
  assert here(tmp_path, '--steps=32') == 0
  payload = next((tmp_path / 'checkpoints' / '32' / 'state').rglob('d/*'))
  payload.write_bytes(b'\0' * payload.stat().st_size)
  assert here(tmp_path) == 0
  out = capsys.readouterr().out
  assert 'checkpoint 32 is damaged' in out and 'at step 24' in out
  assert (tmp_path / 'corrupt' / '32').is_dir()
  assert final(tmp_path) == final(straight)


@pytest.mark.slow
def test_all_damaged_is_never_a_fresh_start(tmp_path, capsys):
  assert here(tmp_path, '--steps=8') == 0
  (tmp_path / 'checkpoints' / '8' / 'digest.json').write_text('{}')
  for _ in range(2):
    assert here(tmp_path) == 4
    assert 'no good checkpoint' in capsys.readouterr().err


def test_lost_checkpoints_are_never_a_fresh_start(tmp_path, capsys):
  assert here(tmp_path, '--steps=8') == 0
  before = rows(tmp_path)
  shutil.rmtree(tmp_path / 'checkpoints')
  assert here(tmp_path) == 4
  assert 'has been saved at step 8, and that checkpoint is gone' in capsys.readouterr().err
  assert rows(tmp_path) == before


def test_checkpoints_of_nobody_knows_what(tmp_path, capsys):
  assert here(tmp_path, '--steps=8') == 0
  (tmp_path / 'config.json').unlink()
  assert here(tmp_path) == 4
  assert 'no config.json' in capsys.readouterr().err


def test_finished_run_is_left_alone(straight, capsys):
  before = final(straight), rows(straight)
  assert here(straight) == 0
  assert 'is done: 40 of 40 steps' in capsys.readouterr().out
  assert (final(straight), rows(straight)) == before


@pytest.mark.parametrize('flag,field', [
    ('--lr=0.002', 'lr=0.001, and is asked to go on with lr=0.002: pass --lr=0.001'),
    ('--seed=1', 'seed=0'), ('--batch=16', 'batch=8'), ('--width=8', 'width=4')])
def test_another_trajectory_is_refused(straight, capsys, flag, field):
  assert here(straight, flag) == 4
  assert field in capsys.readouterr().err


def test_a_knob_that_the_experiment_was_given_since(straight, tmp_path, capsys):
  """A run of before it had another knob goes on with its default, and with no other value."""
  shutil.copytree(straight, tmp_path / 'run')
  path = tmp_path / 'run' / 'config.json'
  config = json.loads(path.read_text())
  lr = config['knobs'].pop('lr')
  path.write_text(json.dumps(config))
  assert here(tmp_path / 'run') == 0
  path.write_text(json.dumps(config))
  assert here(tmp_path / 'run', f'--lr={2 * lr}') == 4
  assert f'lr={lr}' in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_no_trajectory_may_change(straight, tmp_path):
  """How often to log or save, and how long to train, if nothing depends on it."""
  assert here(tmp_path, '--steps=16', '--log_every=5', '--save_every=0') == 0
  assert here(tmp_path, '--save_every=3', '--eval_every=0', '--sample_every=7') == 0
  assert final(tmp_path) == final(straight)


@pytest.mark.slow
def test_steps_that_a_schedule_depends_on_may_not_change(tmp_path, capsys):
  assert here(tmp_path, '--steps=8', '--decay_lr') == 0
  assert here(tmp_path, '--steps=16', '--decay_lr') == 4
  assert 'steps=8, and is asked to go on with steps=16' in capsys.readouterr().err


@pytest.mark.slow
def test_wrong_start_may_be_corrected(tmp_path, monkeypatch):
  """A run that was never saved is nobody's trajectory."""
  code, _ = child(tmp_path, bomb='eval:1:9')
  assert code == -9
  assert here(tmp_path, '--lr=0.002', '--steps=4') == 0


def test_folder_in_use_is_refused(straight, capsys):
  with (straight / '.lock').open('a+') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    assert here(straight) == 2
  assert 'is using' in capsys.readouterr().err


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_bits(straight, tmp_path):
  code, out = child(tmp_path, '--device_map=pmap')
  assert code == 0, out
  assert final(tmp_path) == final(straight)
