"""Two steps of narrow recipes, on the GPU and on the CPU, from one state and on the same data.

  python -m benchmarks.gpu.agree --out=FOLDER [RECIPE ..]

With SGD, whose moves are the gradients themselves, the moves of all arrays are compared:
|GPU - CPU| / |CPU|, in float32 at the highest precision, where they must agree; then as the
recipe has it by default (TF32, bfloat16), as a size only.
"""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

from absl import app, flags

os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')  # a card for all recipes

import jax
import numpy as np
import optax

from benchmarks.common import noise_like
from jaxgan import experiment, parallel, rng
from jaxgan.io import catalogue
from jaxgan.run import compiled, feed, states

MOST = 2e-3  # of a move, in float32
RECIPES = ['mnist_dcgan', 'mnist_dpgan', 'mnist_few_dcgan', 'cifar10_dcgan', 'cifar10_wgan_gp',
           'cifar10_sngan', 'cifar10_biggan', 'cifar10_r3gan', 'cifar10_stylegan2_ada',
           'fashion_stylegan2_ada']
flags.DEFINE_string('out', 'gpu', 'Folder of agree_RECIPE.json.')
flags.DEFINE_bool('here', False, 'Compare one recipe, in this process.')


def narrow(name: str, **knobs) -> experiment.Experiment:
  """A recipe as its smoke test has it, with SGD."""
  one = noise_like(name, 256, **experiment.module(catalogue.path(name)).SMOKE | knobs)
  sgd = optax.sgd(1e-3)
  return dataclasses.replace(one, gan=dataclasses.replace(one.gan, g_tx=sgd, d_tx=sgd))


def stepped(one: experiment.Experiment, device: jax.Device, state, precision: str, times=1):
  """The ends of two steps from `state`, on a device, so often."""
  mesh, spec, n = parallel.mesh([device]), one.data.describe(None), 2
  with jax.default_matmul_precision(precision):
    advance = compiled.steps(one, mesh, 'shard_map')
    room = feed.capacity(one, spec)
    batches = parallel.put(feed.batches(one, one.data.load(None), 0, n, room), mesh, '')
    key = jax.device_put(rng.root(0), parallel.everywhere(mesh))
    return [jax.tree.map(np.asarray, jax.block_until_ready(
        advance(states.placed(state, one, mesh), batches, np.int32(n), key)[0]))
        for _ in range(times)]


def apart(a, b, before) -> dict:
  """How far the moves of two ends are apart: of all together, and the worst array's."""
  rows, total = [], np.zeros(2)
  flat = jax.tree_util.tree_leaves_with_path
  for (path, x), (_, y), (_, z) in zip(flat(a), flat(b), flat(before)):
    if np.issubdtype(x.dtype, np.floating):
      one, two = (np.float64(v) - np.float64(z) for v in (x, y))
      found = np.array([np.square(one - two).sum(), np.square(two).sum()])
      total += found
      rows.append((float(np.sqrt(found[0] / found[1])) if found[1] else float(found[0] > 0),
                   jax.tree_util.keystr(path, simple=True, separator='/')))
  return {'all': float(np.sqrt(total[0] / total[1])), 'worst': max(rows)}


def compared(name: str) -> dict:
  """A recipe's report."""
  start = time.perf_counter()
  gpu, cpu = jax.devices()[0], jax.devices('cpu')[0]
  full = {'half': 0} if 'half' in experiment.knobs(name) else {}
  with jax.default_device(cpu):
    one = narrow(name, **full)
    spec, mesh = one.data.describe(None), parallel.mesh([cpu])
    state = parallel.collected(states.initial_state(one, spec, mesh), mesh)
  here, = stepped(one, cpu, state, 'highest')
  there, again = stepped(one, gpu, state, 'highest', 2)
  loose, = stepped(narrow(name), gpu, state, 'default')
  found = {'float32': apart(there, here, state), 'by default': apart(loose, here, state),
           'repeats to the bit': jax.tree.all(jax.tree.map(np.array_equal, again, there)),
           'skipped': [int(end.skips[role].total) for end in (here, there) for role in 'dg'],
           'seconds': time.perf_counter() - start}
  ok = found['float32']['all'] < MOST and not any(found['skipped'])
  return found | {'agrees': ok and bool(np.isfinite(found['by default']['all']))}


def main(names):
  out, names = pathlib.Path(flags.FLAGS.out), names[1:] or RECIPES
  out.mkdir(parents=True, exist_ok=True)
  if flags.FLAGS.here:
    found = compared(names[0])
    (out / f'agree_{names[0]}.json').write_text(json.dumps(found, indent=1))
    print(f'{names[0]}: {"agrees" if found["agrees"] else "DIFFERS"}, float32 '
          f'{found["float32"]["all"]:.1e}, by default {found["by default"]["all"]:.1e}, '
          f'repeats to the bit: {found["repeats to the bit"]}; {found["seconds"]:.0f} s')
    sys.exit(0 if found['agrees'] else 1)
  again = [sys.executable, '-m', 'benchmarks.gpu.agree', '--here', f'--out={out}']
  codes = [process.wait() for process in [subprocess.Popen([*again, name]) for name in names]]
  if any(codes):
    sys.exit('not all agree: ' + ', '.join(name for name, code in zip(names, codes) if code))


if __name__ == '__main__':
  app.run(main)
