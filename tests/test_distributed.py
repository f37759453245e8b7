"""Several processes train the run that one does, each on its part of every batch."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import jax
import numpy as np
import pytest
import tiny

from jaxgan import parallel
from jaxgan.run import checkpoint

ROOT = pathlib.Path(__file__).parents[1]
STEPS = 6

EXPERIMENT = '''
"""Two processes' run: SGD, so that rounding stays rounding."""
import optax
import tests.tiny as tiny
from jaxgan.data import digits
from jaxgan.experiment import Experiment

def experiment(steps=6, batch=8, seed=0):
  return Experiment(tiny.conv_gan(g_tx=optax.sgd(.05), d_tx=optax.sgd(.05)), digits.load(),
                    batch, steps, seed, log_every=2, save_every=3)
'''


def start(workdir, devices, *flags):
  file = workdir.parent / 'experiment.py'
  file.write_text(EXPERIMENT)
  env = os.environ | {'XLA_FLAGS': f'--xla_force_host_platform_device_count={devices}',
                      'PYTHONPATH': str(ROOT)}
  command = [sys.executable, str(ROOT / 'launch.py'), f'--experiment={file}',
             f'--workdir={workdir}', *flags]
  return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def several(folder, *flags, count=2):
  """Starts so many processes of one run, with four devices in all."""
  with socket.socket() as s:
    s.bind(('localhost', 0))
    port = s.getsockname()[1]
  folder.mkdir(exist_ok=True)
  return [start(folder / f'of{i}', 4 // count, f'--coordinator_address=localhost:{port}',
                f'--process_id={i}', f'--num_processes={count}', *flags)
          for i in range(count)]


def together(folder, *flags, code=0, count=2):
  """Runs several processes to the end -> their outputs."""
  processes = several(folder, *flags, count=count)
  outs = [process.communicate(timeout=120)[0] for process in processes]
  assert [process.returncode for process in processes] == [code] * count, outs
  return outs


def until_it_steps(processes):
  """Waits for the first line of numbers."""
  for line in processes[0].stdout:
    if re.match(' *[0-9,]+  ', line):  # a step's numbers
      return


def state(workdir, step=STEPS):
  return checkpoint.verified(workdir / 'checkpoints' / str(step))


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
  """The last state of one process with four devices."""
  folder = tmp_path_factory.mktemp('alone') / 'run'
  process = start(folder, 4)
  out, _ = process.communicate(timeout=120)
  assert process.returncode == 0, out
  return state(folder)


@pytest.mark.slow
def test_two_processes_are_one_run(alone, tmp_path):
  straight, resumed = tmp_path / 'straight', tmp_path / 'resumed'
  together(straight)
  together(resumed, '--steps=3', '--device_map=pmap')
  outs = together(resumed, '--resident')
  assert 'at step 3 (digest verified), 3 to go' in outs[0]
  assert tiny.furthest(alone, state(straight / 'of0')) < 1e-6
  assert tiny.same(state(straight / 'of0'), state(resumed / 'of0')), 'to the bit'
  assert not (straight / 'of1').exists(), 'only process 0 writes'
  rows = [json.loads(line) for line in (resumed / 'of0' / 'metrics.jsonl').open()]
  assert [row['step'] for row in rows if 'd/real' in row] == [2, 3, 4, 6]


@pytest.mark.slow
def test_members_on_two_processes_go_on_by_what_process_0_has(tmp_path):
  together(tmp_path, '--seeds=2', '--steps=3')
  outs = together(tmp_path, '--seeds=2')
  assert outs[0].count('at step 3 (digest verified), 3 to go') == 2, outs
  assert not (tmp_path / 'of1').exists()
  assert tiny.furthest(state(tmp_path / 'of0' / 'seed0'), state(tmp_path / 'of0' / 'seed1')) > 0


@pytest.mark.slow
def test_a_signal_to_one_stops_both(tmp_path):
  both = several(tmp_path, '--steps=1000000', '--log_every=100')
  until_it_steps(both)
  both[1].terminate()
  outs = [process.communicate(timeout=60)[0] for process in both]
  assert [process.returncode for process in both] == [143, 143], outs
  assert 'stopped by SIGTERM' in outs[0]
  assert checkpoint.steps(tmp_path / 'of0' / 'checkpoints')


@pytest.mark.slow
def test_four_processes_are_one_run(alone, tmp_path):
  together(tmp_path, '--divide_state', count=4)
  assert tiny.furthest(alone, state(tmp_path / 'of0')) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize('victim', [0, 1])
def test_a_lost_process_ends_the_others_and_the_run_goes_on_alone(victim, tmp_path):
  both = several(tmp_path, '--steps=1000000')
  while not (tmp_path / 'of0' / 'saved').exists():
    time.sleep(.1)
  both[victim].kill()
  out, _ = both[1 - victim].communicate(timeout=30)
  assert both[1 - victim].returncode == 6, out
  lines = [line for line in out.split('\n') if line.startswith('jaxgan: ')]
  assert len(lines) == 1 and 'another process was lost' in lines[0], out
  if victim == 1 and 'Gloo' in lines[0]:  # else JAX aborted: there was no time to write
    record = json.loads((tmp_path / 'of0' / 'run.json').read_text())
    assert record['exit_code'] == 6 and record['end'], out
  both[victim].communicate()
  steps = checkpoint.steps(tmp_path / 'of0' / 'checkpoints')[-1] + 2
  alone = start(tmp_path / 'of0', 4, f'--steps={steps}')
  out, _ = alone.communicate(timeout=120)
  assert alone.returncode == 0 and '(digest verified), 2 to go' in out, out


def test_who_is_missed(monkeypatch):
  error = jax.errors.JaxRuntimeError
  def raised(message):
    with pytest.raises(Exception) as caught, parallel.missing_nobody():
      raise error(message)
    return caught.value
  reset = 'UNKNOWN: Gloo AllGather failed: Connection reset by peer'
  assert isinstance(raised(reset), error), 'alone nobody is missed'
  monkeypatch.setattr(jax.distributed, 'is_initialized', lambda: True)
  assert raised(reset).code == 6
  assert isinstance(raised('RESOURCE_EXHAUSTED: out of memory'), error)


def test_what_nobody_caught_ends_one_of_several_processes_at_once(monkeypatch, capsys):
  sys.path.insert(0, str(ROOT))
  from jaxgan import command as launch
  ended = []
  monkeypatch.setattr(os, '_exit', ended.append)
  def fails(argv):
    raise ValueError('a bug')
  monkeypatch.setattr(launch, 'main', fails)
  for several in (False, True):
    monkeypatch.setattr(jax.distributed, 'is_initialized', lambda several=several: several)
    with pytest.raises(ValueError):
      launch.run(['launch.py'])
    assert ended == [1] * several
  assert 'ValueError: a bug' in capsys.readouterr().err


@pytest.mark.slow
def test_another_runs_finished_folder_ends_both(tmp_path):
  """What process 0 finds in its folders, the others hear of."""
  (tmp_path / 'of0').mkdir()
  alone = start(tmp_path / 'of0' / 'seed0', 4, '--batch=16')
  assert alone.wait(120) == 0
  outs = together(tmp_path, '--seeds=2', code=4)
  assert 'was trained with batch=16' in outs[0] and 'another process has failed' in outs[1]


def test_other_modes_are_for_one_process(tmp_path):
  outs = together(tmp_path, '--mode=eval', code=2)
  assert all('is not for --mode=eval but for train' in out for out in outs)


def test_a_folder_in_use_is_refused_by_both(tmp_path):
  from jaxgan.run import workdir
  with workdir.locked(tmp_path / 'of0'):
    outs = together(tmp_path, code=2)
  assert 'another run' in outs[0] and 'another process has failed' in outs[1]


def test_each_process_reads_its_half(monkeypatch):
  """What two processes take is what one does, cut in two."""
  from jaxgan import experiment
  from jaxgan.run import feed
  one = experiment.load('digits', dict(batch=6, width=4)).experiment
  source = one.data.load(None)
  whole = feed.batches(one, source, 5, 3, 4).x
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  halves = []
  for i in (0, 1):
    monkeypatch.setattr(jax, 'process_index', lambda i=i: i)
    halves.append(feed.batches(one, source, 5, 3, 4).x)
  assert halves[0].shape == (4, 1, 3, 8, 8, 1)
  np.testing.assert_array_equal(np.concatenate(halves, 2)[:3], whole[:3])
