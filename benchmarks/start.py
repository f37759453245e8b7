"""From the command to the first step, and the memory of a run.

  python -m benchmarks.start --data_dir=DIR --minutes=10    # benchmarks/results/start.json

Time: `launch.py --experiment=mnist_mlp` as a user starts it, until it prints its first step;
with an empty cache folder, and again. Memory: the same run, with samples and metrics, for so
many minutes: its peak, and what it holds at a tenth of the time and at the end.
"""
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from absl import app, flags

from benchmarks.common import machine, tells_a_step, write

LAUNCH = pathlib.Path(__file__).parents[1] / 'launch.py'
REPEATS = 3
flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets.')
flags.DEFINE_string('experiment', 'mnist_mlp', 'To be started.')
flags.DEFINE_float('minutes', 1., 'Of the run whose memory is measured.')


def launch(folder: str, *args: str) -> subprocess.Popen:
  """Starts training, with a cache folder of its own."""
  env = {k: v for k, v in os.environ.items() if not k.startswith('JAX_COMPILATION')}
  values = flags.FLAGS
  data = [f'--data_dir={values.data_dir}'] if values.data_dir else []
  return subprocess.Popen(
      [sys.executable, str(LAUNCH), f'--experiment={values.experiment}',
       f'--cache_dir={folder}/cache', *data, *args], env=env, text=True,
      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def until_first_step(folder: str, name: str) -> float:
  """Seconds from the start of the process to its first line of numbers."""
  start = time.perf_counter()
  process = launch(folder, f'--workdir={folder}/{name}', '--log_every=1', '--eval_every=0')
  for line in process.stdout:
    if tells_a_step(line):
      seconds = time.perf_counter() - start
      process.send_signal(signal.SIGTERM)
      process.stdout.read()
      process.wait()
      return seconds
  raise RuntimeError(f'{LAUNCH} ended with {process.wait()} before a step')


def memory(pid: int, field: str) -> float:
  """GB, of /proc/PID/status: VmRSS, what it holds; VmHWM, its peak."""
  status = pathlib.Path(f'/proc/{pid}/status').read_text()
  return int(re.search(rf'{field}:\s+(\d+) kB', status).group(1)) / 1e6


def held(folder: str, minutes: float) -> dict:
  """Memory of a run, every second from its first step on."""
  process = launch(folder, f'--workdir={folder}/long')
  for line in process.stdout:
    if tells_a_step(line):
      break
  threading.Thread(target=process.stdout.read, daemon=True).start()  # or its pipe would fill
  found, end = [], time.monotonic() + 60 * minutes
  try:
    while time.monotonic() < end and process.poll() is None:
      found.append(memory(process.pid, 'VmRSS'))
      peak = memory(process.pid, 'VmHWM')
      time.sleep(1)
  finally:
    process.kill()
    process.wait()
  return {'minutes': minutes, 'peak GB': peak, 'GB at a tenth': found[len(found) // 10],
          'GB at the end': found[-1], 'GB, each second': found[::max(len(found) // 100, 1)]}


def main(_):
  report = machine() | {'experiment': flags.FLAGS.experiment}
  times = {'cold': [], 'cached': []}
  for _ in range(REPEATS):
    with tempfile.TemporaryDirectory() as folder:
      times['cold'].append(until_first_step(folder, 'cold'))
      times['cached'].append(until_first_step(folder, 'cached'))
  report['seconds to the first step'] = times
  for name, values in times.items():
    print(f'{name}: {statistics.median(values):.1f} s to the first step '
          f'({min(values):.1f} .. {max(values):.1f})', flush=True)
  with tempfile.TemporaryDirectory() as folder:
    found = report['memory'] = held(folder, flags.FLAGS.minutes)
  print(f'{found["minutes"]:g} minutes: peak {found["peak GB"]:.2f} GB; '
        f'{found["GB at a tenth"]:.2f} GB held after a tenth of it, '
        f'{found["GB at the end"]:.2f} GB at the end')
  write('start', report)


if __name__ == '__main__':
  app.run(main)
