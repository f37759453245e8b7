"""Two processes train the run that one does, each on its half of every batch."""
import json
import os
import pathlib
import socket
import subprocess
import sys

import jax
import numpy as np
import tiny

from jaxgan import checkpoint

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


def two(folder, *flags):
  """Starts two processes of one run."""
  with socket.socket() as s:
    s.bind(('localhost', 0))
    port = s.getsockname()[1]
  folder.mkdir(exist_ok=True)
  return [start(folder / f'of{i}', 2, f'--coordinator_address=localhost:{port}',
                f'--process_id={i}', '--num_processes=2', *flags) for i in (0, 1)]


def together(folder, *flags, code=0):
  """Runs two processes to the end -> their outputs."""
  both = two(folder, *flags)
  outs = [process.communicate(timeout=120)[0] for process in both]
  assert [process.returncode for process in both] == [code, code], outs
  return outs


def state(workdir, step=STEPS):
  return checkpoint.verified(workdir / 'checkpoints' / str(step))


def test_two_processes_are_one_run(tmp_path):
  alone = start(tmp_path / 'alone', 4)
  out, _ = alone.communicate(timeout=120)
  assert alone.returncode == 0, out
  straight, resumed = tmp_path / 'straight', tmp_path / 'resumed'
  together(straight)
  together(resumed, '--steps=3', '--device_map=pmap')
  outs = together(resumed)
  assert 'at step 3 (digest verified), 3 to go' in outs[0]
  assert tiny.furthest(state(tmp_path / 'alone'), state(straight / 'of0')) < 1e-6
  assert tiny.same(state(straight / 'of0'), state(resumed / 'of0')), 'to the bit'
  assert not (straight / 'of1').exists(), 'only process 0 writes'
  rows = [json.loads(line) for line in (resumed / 'of0' / 'metrics.jsonl').open()]
  assert [row['step'] for row in rows if 'd/real' in row] == [2, 3, 4, 6]


def test_a_signal_to_one_stops_both(tmp_path):
  both = two(tmp_path, '--steps=1000000', '--log_every=100')
  for line in both[0].stdout:
    if line.startswith('step '):
      break
  both[1].terminate()
  outs = [process.communicate(timeout=60)[0] for process in both]
  assert [process.returncode for process in both] == [143, 143], outs
  assert 'stopped by SIGTERM' in outs[0]
  assert checkpoint.steps(tmp_path / 'of0' / 'checkpoints')


def test_other_modes_are_for_one_process(tmp_path):
  outs = together(tmp_path, '--mode=eval', code=2)
  assert all('--mode=eval is for one process, not 2' in out for out in outs)


def test_a_folder_in_use_is_refused_by_both(tmp_path):
  from jaxgan import workdir
  with workdir.locked(tmp_path / 'of0'):
    outs = together(tmp_path, code=2)
  assert 'another run' in outs[0] and 'another process has failed' in outs[1]


def test_each_process_reads_its_half(monkeypatch):
  """What two processes take is what one does, cut in two."""
  from jaxgan import experiment, feed
  one = experiment.load('digits', dict(batch=6, width=4)).experiment
  source = one.data.load(None)
  whole = feed.take(one, source, 5, 3, 4).x
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  halves = []
  for i in (0, 1):
    monkeypatch.setattr(jax, 'process_index', lambda i=i: i)
    halves.append(feed.take(one, source, 5, 3, 4).x)
  assert halves[0].shape == (4, 1, 3, 8, 8, 1)
  np.testing.assert_array_equal(np.concatenate(halves, 2)[:3], whole[:3])
