"""A sharded state trains as a whole one does, and each device holds its part alone."""
import dataclasses
import pathlib
import sys

import jax
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import experiment, parallel, rng, sharded
from jaxgan import gan as game
from jaxgan.rules import unrolled
from jaxgan.run import checkpoint, compiled, feed, loop, states

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from jaxgan import command as launch

TINY = ['--experiment=digits', '--width=4', '--batch=8', '--save_every=3', '--sample_every=3']


def start(folder, *flags):
  assert launch.run(['launch.py', *TINY, f'--workdir={folder}', *flags]) == 0
  return checkpoint.verified(folder / 'checkpoints' / '6')


def test_dimension():
  assert sharded.dimension((3, 8, 8, 2), 4) == 1
  assert sharded.dimension((4, 6), 4) == 0 and sharded.dimension((4, 16), 4) == 1
  assert sharded.dimension((3, 5), 4) is None and sharded.dimension((), 4) is None
  assert sharded.dimension((0, 3), 4) is None and sharded.dimension((8,), 1) is None


@pytest.mark.slow
def test_it_is_the_same_run_and_resumes_as_either(tmp_path):
  whole = start(tmp_path / 'whole', '--steps=6')
  parts = start(tmp_path / 'parts', '--steps=6', '--divide_state')
  assert tiny.furthest(whole, parts) < 1e-6
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path / "mixed"}', '--steps=3']) == 0
  mixed = start(tmp_path / 'mixed', '--steps=6', '--divide_state')
  assert tiny.furthest(parts, mixed) < 1e-6
  pictures = [(tmp_path / name / 'samples' / 'fakes_00000006.png').read_bytes()
              for name in ('whole', 'parts')]
  assert pictures[0] == pictures[1]


def parts_of_digits():
  """A sharded digits, after a step -> (its compiled program, the state)."""
  run = experiment.load('digits', dict(width=4, batch=8))
  one = loop.sharded_run(run, loop.Paths()).experiment
  spec, mesh = one.data.describe(None), parallel.mesh()
  state = states.initial_state(one, spec, mesh)
  steps = compiled.steps(one, mesh, 'shard_map')
  batches = feed.batches(one, one.data.load(None), 0, 1, feed.capacity(one, spec))
  args = parallel.put(batches, mesh, 'shard_map'), np.int32(1), rng.root(0)
  program = steps.lower(state, *args).compile()
  return program, program(state, *args)[0]


def test_each_device_holds_a_part():
  program, state = parts_of_digits()
  held = lambda tree: sum(a.addressable_shards[0].data.size for a in jax.tree.leaves(tree))
  every = lambda tree: sum(a.size for a in jax.tree.leaves(tree))
  assert held(state.g.params) == every(state.g.params)
  for tree in (state.g.opt, state.d.opt, state.ema['params']):
    assert held(tree) < .3 * every(tree)
  assert ' all-gather' in program.as_text()


def test_what_mixes_numbers_is_found():
  params = {'w': np.ones((3, 4), np.float32)}
  assert sharded.mixing(optax.adam(1e-3), params) == []
  assert sharded.mixing(optax.inject_hyperparams(optax.rmsprop)(1e-3), params) == []
  clipped = optax.chain(optax.clip_by_global_norm(1.), optax.sgd(.1))
  assert sharded.mixing(clipped, params) == ['reduce_sum']
  assert sharded.mixing(optax.add_noise(.1, .5, 0), params)


def test_unrolled_moves_of_a_sharded_optimiser_are_those_of_a_whole_one():
  whole = tiny.mlp_gan(order=unrolled.unrolled(2), d_tx=optax.adam(1e-2, eps_root=1e-8))
  state = jax.eval_shape(lambda: tiny.initial(whole, jax.devices()))
  parts = dataclasses.replace(whole, sharded=sharded.specs(state, 4))
  args = tiny.batches(2), np.int32(2), rng.root(0)
  mapped = parallel.device_map(
      lambda *args: game.train_steps(parts, lambda batch: batch, *args), parallel.mesh(),
      (parts.sharded, parallel.BATCHES, P(), P()), out_specs=(parts.sharded, P()))
  found = [jax.tree.map(np.asarray, run(tiny.initial(whole, jax.devices()), *args)[0])
           for run in (tiny.steps(whole, jax.devices()), mapped)]
  assert tiny.furthest(*found) < 1e-6


@pytest.mark.parametrize('flag', ['--device_map=pmap', '--seeds=2'])
def test_where_it_cannot_be_is_one_line(flag, tmp_path, capsys):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path / "w"}', '--divide_state',
                     flag]) == 2
  assert '--divide_state is for one run a program' in capsys.readouterr().err
  assert not (tmp_path / 'w').exists()


def test_a_network_that_raises_is_one_line(tmp_path, capsys):
  file = tmp_path / 'mine.py'
  file.write_text(
      'import dataclasses\n'
      'from experiments.digits import experiment as digits\n'
      'def experiment():\n'
      '  plain = digits(width=4, batch=8)\n'
      '  g = dataclasses.replace(plain.gan.generator, widths=(-8, 4))\n'
      '  return dataclasses.replace(plain, gan=dataclasses.replace(plain.gan, generator=g))\n')
  assert launch.run(['launch.py', f'--experiment={file}', '--divide_state',
                     f'--workdir={tmp_path / "w"}']) == 2
  assert f'{file}:' in capsys.readouterr().err


def test_an_optimiser_that_mixes_numbers_is_one_line():
  run = experiment.load('digits', dict(width=4, batch=8))
  clipped = optax.chain(optax.clip_by_global_norm(1.), optax.sgd(.1))
  gan = dataclasses.replace(run.experiment.gan, d_tx=clipped)
  run = dataclasses.replace(run, experiment=dataclasses.replace(run.experiment, gan=gan))
  with pytest.raises(experiment.Failure, match='d_tx has reduce_sum'):
    loop.sharded_run(run, loop.Paths())
