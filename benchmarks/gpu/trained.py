"""Recipes as they are trained: a step's time, with any of XLA's kernels and with deterministic
ones, and whether a resumed run ends where an undisturbed one does, to the bit.

  python -m benchmarks.gpu.trained --out=FOLDER --recipes=mnist_dcgan,cifar10_biggan
  python -m benchmarks.gpu.trained --out=FOLDER --width=8 --batch=8    # anywhere

Three programs a recipe, each in a process of its own and compiled anew: `free` lets XLA take
any kernel; `exact` and `resumed` exclude those that are not deterministic, and the latter's
state is brought to the host half way. Of each the digest after eight steps is kept.
"""
import json
import os
import pathlib
import sys

from absl import app, flags

EXACT = '--xla_gpu_exclude_nondeterministic_ops'
if serving := [a for a in sys.argv if a.startswith('--serve=')]:  # XLA reads it when it starts
  exact = 'false' if serving[0].endswith('-free') else 'true'
  os.environ['XLA_FLAGS'] = f'{os.environ.get("XLA_FLAGS", "")} {EXACT}={exact}'
os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')  # a card for all programs

import jax
import numpy as np

from benchmarks.common import noise_like
from benchmarks.gpu import turns
from jaxgan import parallel, rng
from jaxgan.io import trees
from jaxgan.run import compiled, feed, states

STEPS = 8  # whose digest is kept
flags.DEFINE_list('recipes', ['mnist_dcgan', 'cifar10_biggan', 'cifar10_stylegan2_ada',
                              'cifar10_r3gan'], 'Which.')
flags.DEFINE_integer('width', 0, 'Of the networks; 0: as the recipes have it.')
flags.DEFINE_integer('batch', 0, 'Of the steps; 0: as the recipes have it, of R3GAN 128.')
flags.DEFINE_string('serve', '', 'Serve one program: RECIPE-SIDE.')
flags.DEFINE_string('out', 'gpu', 'Folder of trained.json and logs.')
flags.DEFINE_integer('repeats', 5, 'Turns.')
flags.DEFINE_float('patience', 330, 'Seconds that all may take to compile.')


def serve(name: str, side: str) -> None:
  """One program, for `turns`."""
  batch = flags.FLAGS.batch or {'cifar10_r3gan': 128}.get(name, 0)  # three share the card
  knobs = {knob: value for knob, value in (('width', flags.FLAGS.width), ('batch', batch))
           if value}

  def make():
    one = noise_like(name, **knobs)
    spec, mesh, root = one.data.describe(None), parallel.mesh(), rng.root(0)
    advance, room = compiled.steps(one, mesh, 'shard_map'), feed.capacity(one, spec)
    state = states.initial_state(one, spec, mesh)
    batches = parallel.put(feed.batches(one, one.data.load(None), 0, room, room), mesh, '')

    def run(n, call=min(turns.MULTIPLE, room)):
      nonlocal state
      for _ in range(n // call):
        state, _ = advance(state, batches, np.int32(call), root)
      jax.block_until_ready(state)

    run(STEPS // 2)
    if side == 'resumed':
      state = states.placed(parallel.local(state), one, mesh)
    run(STEPS // 2)
    digest = trees.digest(trees.leaves(parallel.local(state)))['digest']
    return run, lambda: {
        'batch': one.batch, 'digest': digest, 'finite': int(state.skips['d'].total) == 0,
        'peak bytes': (jax.devices()[0].memory_stats() or {}).get('peak_bytes_in_use')}

  turns.serve(make)


def main(_):
  given, out = flags.FLAGS, pathlib.Path(flags.FLAGS.out)
  if given.serve:
    return serve(*given.serve.split('-'))
  again = [sys.executable, '-m', 'benchmarks.gpu.trained', f'--width={given.width}',
           f'--batch={given.batch}']
  commands = {f'{name}-{side}': [*again, f'--serve={name}-{side}']
              for name in given.recipes for side in ('free', 'exact', 'resumed')}
  report = {}

  def keep(found):
    for name, facts in found.items():
      recipe, side = name.split('-')
      report.setdefault(recipe, {})[side] = facts
    (out / 'trained.json').write_text(json.dumps(report, indent=1))

  turns.compared(commands, out / 'trained_logs', given.repeats, given.patience, keep)
  for name, sides in report.items():
    digests = [sides[side].get('digest') for side in ('exact', 'resumed')]
    alike = 'to the bit' if len(set(digests)) == 1 and digests[0] else 'OTHERWISE'
    print(f'{name}: resumed, it ends as undisturbed {alike}')
    for side, found in sides.items():
      print(f'  {side:8}', turns.shown(found['ms a step']), found.get('digest', '')[:12],
            f'batch {found.get("batch")}',
            f'{(found.get("peak bytes") or 0) / 1e9:.2f} GB', found.get('failed', ''))


if __name__ == '__main__':
  app.run(main)
