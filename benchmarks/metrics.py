"""Time and memory of the measures of sets of features, each in a process of its own.

  python -m benchmarks.metrics      # prints a table, writes benchmarks/results/metrics.json
"""
import concurrent.futures
import multiprocessing
import resource
import time

import numpy as np

from benchmarks.common import machine, write
from jaxgan.metrics import frechet, kernel, manifold, memorisation, moments

D = 2048


def features(seed: int, n: int) -> np.ndarray:
  """float32 [n, 2048], not negative and of few strong directions, as Inception's are; drawn a
  little at a time, so that the memory measured is that of what follows."""
  random, mix = np.random.default_rng(seed), np.random.default_rng(0).normal(size=(64, D)) * .05
  found = np.empty((n, D), np.float32)
  for rows in np.split(found, range(500, n, 500)):
    strong = random.normal(size=(len(rows), 64)) @ mix
    rows[:] = np.maximum(.3 + strong + .1 * random.normal(size=rows.shape), 0)
  return found


def gaussians(n: int):
  a, b = moments.of(features(1, n)), moments.of(features(2, n))
  return lambda: frechet.from_moments(a, b)


def streamed(n: int):
  x, mask = features(1, n), np.ones(1000, bool)

  def run():
    m = moments.start(x[0])
    for at in range(0, n, 1000):
      m = moments.update(m, x[at:at + 1000], mask)
    return moments.finalise(m)
  return run


def pairs(measure):
  def prepare(n):
    x, y = features(1, n), features(2, n)
    return lambda: measure(x, y)
  return prepare


PROGRAMS = {
    'FD from moments': gaussians,
    'moments, in batches of 1000': streamed,
    'KD, all pairs': pairs(kernel.distance),
    'KD, 100 subsets of 1000': pairs(kernel.subsets),
    'precision and recall, k=3': pairs(manifold.precision_recall),
    'density and coverage, k=5': pairs(manifold.density_coverage),
    'all four': pairs(manifold.all_four),
    'AuthPct': pairs(memorisation.authpct)}


def measured(name: str, n: int) -> dict[str, float]:
  """Seconds of three calls, the first of which compiles, and the process's peak of memory."""
  run, times = PROGRAMS[name](n), []
  before = peak()
  for _ in range(3):
    start = time.perf_counter()
    run()
    times.append(time.perf_counter() - start)
  return {'s': times, 'peak GB': peak(), 'GB before': before}


def peak() -> float:
  """Of this process's resident memory, so far, GB."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main(n: int = 10_000):
  report = machine() | {'n': n, 'd': D, 'measures': {}}
  print(f'{report["device"]}; jax {report["jax"]}; two sets of {n} x {D}\n\n'
        f'{"":30} first s  best s   peak GB   of which data')
  for name in PROGRAMS:
    with concurrent.futures.ProcessPoolExecutor(
        1, multiprocessing.get_context('spawn')) as fresh:
      found = fresh.submit(measured, name, n).result()
    report['measures'][name] = found
    print(f'{name:30}{found["s"][0]:8.1f}{min(found["s"]):8.1f}{found["peak GB"]:10.2f}'
          f'{found["GB before"]:16.2f}', flush=True)
  write('metrics', report)


if __name__ == '__main__':
  main()
