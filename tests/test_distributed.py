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


def together(folder, *flags):
  """Runs two processes to the end -> their outputs."""
  with socket.socket() as s:
    s.bind(('localhost', 0))
    port = s.getsockname()[1]
  both = [start(folder / f'of{i}', 2, f'--coordinator_address=localhost:{port}',
                f'--process_id={i}', '--num_processes=2', *flags) for i in (0, 1)]
  outs = [process.communicate(timeout=120)[0] for process in both]
  assert [process.returncode for process in both] == [0, 0], outs
  return outs


def state(workdir, step=STEPS):
  return checkpoint.verified(workdir / 'checkpoints' / str(step))


def test_two_processes_are_one_run(tmp_path):
  alone = start(tmp_path / 'alone', 4)
  out, _ = alone.communicate(timeout=120)
  assert alone.returncode == 0, out
  together(tmp_path, '--steps=3')
  outs = together(tmp_path)  # and they resume
  assert 'at step 3 (digest verified), 3 to go' in outs[0]
  assert tiny.furthest(state(tmp_path / 'alone'), state(tmp_path / 'of0')) < 1e-6
  assert not (tmp_path / 'of1').exists(), 'only process 0 writes'
  rows = [json.loads(line) for line in (tmp_path / 'of0' / 'metrics.jsonl').open()]
  assert [row['step'] for row in rows if 'd/real' in row] == [2, 3, 4, 6]


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
