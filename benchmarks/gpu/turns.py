"""Programs that are compiled side by side, each in a process of its own, then timed in turn.

A process makes its program, says 'ready', and runs so many steps each time it is asked to:
compilers may share the cores, but while one program is timed all others wait.
"""
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

SECONDS = .6  # of a turn, about
MULTIPLE = 4  # of steps: programs may run so many a call


def serve(make: Callable[[], tuple[Callable[[int], None], Callable[[], dict]]]) -> None:
  """The side of the process: `make` gives (run(n), facts()). Answers each n of stdin with the
  seconds of n steps, the end of stdin with the facts. All else that is printed is the log's."""
  answers = os.fdopen(os.dup(1), 'w')
  os.dup2(2, 1)
  start = time.perf_counter()
  run, facts = make()
  first = time.perf_counter() - start
  print('ready', file=answers, flush=True)
  for n in sys.stdin:
    start = time.perf_counter()
    run(int(n))
    print(time.perf_counter() - start, file=answers, flush=True)
  print(json.dumps({'seconds until ready': first} | facts()), file=answers, flush=True)


def compared(commands: dict[str, list[str]], logs: pathlib.Path, repeats: int, patience: float,
             keep: Callable[[dict], None]) -> None:
  """Runs a process for each command, waits until all are ready, at most `patience` seconds, and
  times them in turn. `keep` is given what is known, by name, after each round of turns."""
  logs.mkdir(parents=True, exist_ok=True)
  running = {name: subprocess.Popen(
      command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
      stderr=(logs / name).open('w')) for name, command in commands.items()}
  found = {name: {'ms a step': []} for name in commands}
  heard = queue.Queue()
  for name, process in running.items():
    threading.Thread(target=lambda name=name, process=process:
                     heard.put((name, process.stdout.readline())), daemon=True).start()
  ready, end = [], time.monotonic() + patience
  for _ in running:
    try:
      name, line = heard.get(timeout=max(end - time.monotonic(), .1))
    except queue.Empty:
      break
    if line:
      ready.append(name)
    else:
      found[name]['failed'] = (logs / name).read_text().strip().splitlines()[-1:]
    print(f'{name}: {"ready" if line else found[name]["failed"]}', flush=True)
  for name in running.keys() - ready:
    found[name].setdefault('failed', f'not ready within {patience:.0f} s')
    running[name].kill()
  steps = {name: lasting(running[name]) for name in commands if name in ready}
  for _ in range(repeats):
    for name, n in steps.items():
      if seconds := asked(running[name], n):
        found[name]['ms a step'].append(1e3 * seconds / n)
    keep(found)
  for name in steps:
    out, _ = running[name].communicate()
    found[name] |= json.loads(out or '{}')
  keep(found)


def asked(process: subprocess.Popen, n: int) -> float:
  """Seconds of a process's n steps; 0 if it has ended."""
  try:
    print(n, file=process.stdin, flush=True)
  except BrokenPipeError:
    return 0.
  return float(process.stdout.readline() or 0)


def lasting(process: subprocess.Popen) -> int:
  """How many steps take a turn's time: a multiple of MULTIPLE."""
  asked(process, MULTIPLE)
  seconds = asked(process, MULTIPLE) or SECONDS
  return MULTIPLE * max(round(SECONDS / seconds), 1)


def shown(ms: list[float]) -> str:
  """'12.3 ms a step (12.1 .. 12.6)'."""
  return f'{np.median(ms):9.2f} ms a step ({min(ms):.2f} .. {max(ms):.2f})' if ms else 'no turn'
