"""Kills a run at random, again and again; it must end where the undisturbed run ends.

  python -m benchmarks.soak --data_dir=DIR      # mnist_mlp, 2,000 steps, 20 kills

The kills that fall on training, rather than on starting up, are counted apart.
"""
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from absl import app, flags

from benchmarks.common import tells_a_step

FLAGS = flags.FLAGS
flags.DEFINE_integer('kills', 20, 'How often.')
flags.DEFINE_integer('steps', 2000, 'Of training.')
flags.DEFINE_string('experiment', 'mnist_mlp', 'Which.')
flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets.')


def start(workdir: pathlib.Path) -> subprocess.Popen:
  command = [sys.executable, 'launch.py', f'--experiment={FLAGS.experiment}',
             f'--workdir={workdir}', f'--steps={FLAGS.steps}', '--save_every=100',
             '--sample_every=100', '--log_every=50', '--eval_every=0']
  if FLAGS.data_dir:
    command.append(f'--data_dir={FLAGS.data_dir}')
  return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def digest(workdir: pathlib.Path) -> str:
  path = workdir / 'checkpoints' / str(FLAGS.steps) / 'digest.json'
  return json.loads(path.read_text())['digest']


def main(argv):
  draw = random.Random(0)
  with tempfile.TemporaryDirectory() as folder:
    straight, killed = pathlib.Path(folder) / 'straight', pathlib.Path(folder) / 'killed'
    began = time.monotonic()
    process = start(straight)
    for line in process.stdout:
      if tells_a_step(line):
        break
    startup = time.monotonic() - began
    process.communicate()
    training = time.monotonic() - began - startup
    print(f'undisturbed: {digest(straight)[:16]}, {startup:.1f} s to the first log line, '
          f'{training:.1f} s of training', flush=True)
    in_training, resumed = 0, set()
    for _ in range(FLAGS.kills):
      process = start(killed)
      time.sleep(draw.uniform(.6 * startup, startup + .25 * training))
      process.send_signal(signal.SIGKILL)
      out, _ = process.communicate()
      in_training += any(map(tells_a_step, out.splitlines()))
      resumed |= set(re.findall(r'at step ([\d,]+)', out))
    out, _ = start(killed).communicate()
    resumed |= set(re.findall(r'at step ([\d,]+)', out))
    print(f'killed {FLAGS.kills} times, {in_training} of them after a log line; resumed at '
          f'{len(resumed)} different steps')
    same = digest(killed) == digest(straight)
    print(f'killed:      {digest(killed)[:16]}: {"the same" if same else "DIFFERENT"}')
    sys.exit(not same)


if __name__ == '__main__':
  app.run(main)
