"""Many seeds in one program: each is the run that it would be alone, and resumes as one."""
import os
import pathlib
import shutil
import sys

import jax
import pytest
import tiny

from jaxgan.io import files
from jaxgan.run import checkpoint

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

EXPERIMENT = '''
"""SGD, so that rounding stays rounding."""
import tests.tiny as tiny
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.metrics import sliced

def experiment(steps=12, batch=8, seed=0):
  return Experiment(tiny.conv_gan(), digits.load(), batch, steps, seed, log_every=4,
                    save_every=4, sample_every=0, eval_every=6, metrics=(sliced.of_pixels(50),),
                    best='sw2', eval_share=1e9)
'''


@pytest.fixture(scope='module')
def file(tmp_path_factory):
  path = tmp_path_factory.mktemp('file') / 'mine.py'
  path.write_text(EXPERIMENT)
  return path


def run(file, workdir, *flags):
  assert launch.run(['launch.py', f'--experiment={file}', f'--workdir={workdir}', *flags]) == 0
  return workdir


def final(workdir, step=12):
  return checkpoint.verified(workdir / 'checkpoints' / str(step))


@pytest.fixture(scope='module')
def together(file, tmp_path_factory):
  return run(file, tmp_path_factory.mktemp('runs') / 'many', '--seeds=3', '--seed=4')


@pytest.mark.parametrize('kind', ['shard_map', 'pmap'])
def test_each_is_the_run_that_it_would_be_alone(file, together, tmp_path, kind):
  assert sorted(os.listdir(together)) == ['seed4', 'seed5', 'seed6']
  states = [final(together / f'seed{seed}') for seed in (4, 5, 6)]
  assert tiny.furthest(states[0], states[1]) > .01
  alone = run(file, tmp_path / 'alone', '--seed=5', f'--device_map={kind}')
  assert tiny.furthest(final(alone), states[1]) < 1e-6
  rows = [files.read(where / 'metrics.jsonl') for where in (alone, together / 'seed5')]
  assert [r['step'] for r in rows[0]] == [r['step'] for r in rows[1]] == [4, 6, 8, 12, 12]
  for a, b in zip(*rows):
    assert all(a[k] == pytest.approx(b[k], abs=1e-5) for k in a if k != 'images_per_second')


@pytest.mark.slow
def test_they_resume_from_a_step_that_all_have(file, together, tmp_path, capsys):
  many = run(file, tmp_path / 'many', '--seeds=3', '--seed=4', '--steps=8')
  shutil.rmtree(many / 'seed5' / 'checkpoints' / '8')
  capsys.readouterr()
  run(file, many, '--seeds=3', '--seed=4')
  assert capsys.readouterr().out.count('at step 4 (digest verified), 8 to go') == 3
  for seed in (4, 5, 6):
    assert tiny.same(final(together / f'seed{seed}'), final(many / f'seed{seed}')), 'to the bit'


@pytest.mark.slow
def test_those_that_share_no_step_are_programs_of_their_own(file, together, tmp_path,
                                                            capsys, monkeypatch):
  """More seeds than before: what is trained stays."""
  from jaxgan.run import loop
  sizes, plain = [], loop.train
  monkeypatch.setattr(loop, 'train', lambda runs, *rest: (sizes.append(len(runs)),
                                                           plain(runs, *rest)))
  many = run(file, tmp_path / 'many', '--seeds=2', '--seed=4', '--steps=4')
  run(file, many, '--seeds=3', '--seed=4')
  assert sizes == [2, 1, 2], 'two; the new one; the two again'
  assert capsys.readouterr().out.count('at step 4 (digest verified), 8 to go') == 2
  for seed in (4, 5, 6):
    assert tiny.furthest(final(together / f'seed{seed}'), final(many / f'seed{seed}')) < 1e-6
  assert len(jax.devices()) == 4


@pytest.mark.slow
def test_a_damaged_member_is_passed_over_and_a_lost_one_is_missed(file, together, tmp_path,
                                                                  capsys):
  many = run(file, tmp_path / 'many', '--seeds=2', '--seed=4', '--steps=8')
  (many / 'seed5' / 'checkpoints' / '8' / 'digest.json').write_text('{}')
  capsys.readouterr()
  run(file, many, '--seeds=2', '--seed=4')
  said = capsys.readouterr().out
  assert 'checkpoint 8 is damaged' in said and said.count('resumed') == 2, said
  assert 'at step 4 (digest' in said
  assert tiny.furthest(final(together / 'seed5'), final(many / 'seed5')) < 1e-6
  shutil.rmtree(many / 'seed4' / 'checkpoints')
  shutil.rmtree(many / 'seed5' / 'checkpoints')
  assert launch.run(['launch.py', f'--experiment={file}', f'--workdir={many}', '--seeds=2',
                     '--seed=4']) == 4
  assert 'has been saved at step 12, and that checkpoint is gone' in capsys.readouterr().err


SWEEP = '''
"""Knobs that differ: floats within one program, an int not."""
import optax
import tests.tiny as tiny
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.losses import adversarial, penalties

def experiment(lr=.05, gamma=.5, careful=False, steps=6, batch=8, seed=0):
  if careful:
    assert lr > 0
  loss = adversarial.non_saturating() + penalties.r1(gamma)
  gan = tiny.mlp_gan(loss=loss, d_tx=optax.sgd(lr))
  return Experiment(gan, digits.load(), batch, steps, seed, log_every=3, save_every=3,
                    sample_every=0, eval_every=0)

def sweep():
  return [dict(lr=.05, gamma=.5), dict(lr=.1, gamma=.5), dict(lr=.05, gamma=2.),
          dict(batch=4)]
'''


@pytest.fixture(scope='module')
def sweep_file(tmp_path_factory):
  path = tmp_path_factory.mktemp('file') / 'swept.py'
  path.write_text(SWEEP)
  return path


@pytest.mark.slow
def test_a_sweep_trains_what_it_lists(sweep_file, tmp_path, monkeypatch):
  from jaxgan.run import loop
  sizes, plain = [], loop.train
  monkeypatch.setattr(loop, 'train', lambda runs, *rest: (sizes.append(len(runs)),
                                                           plain(runs, *rest)))
  where = run(sweep_file, tmp_path / 'sweep', '--sweep')
  assert sizes == [3, 1], 'floats share a program'
  assert sorted(os.listdir(where)) == ['batch=4', 'lr=0.05,gamma=0.5', 'lr=0.05,gamma=2.0',
                                       'lr=0.1,gamma=0.5']
  alone = run(sweep_file, tmp_path / 'alone', '--lr=.1')
  assert tiny.furthest(final(alone, 6), final(where / 'lr=0.1,gamma=0.5', 6)) < 1e-6
  assert tiny.furthest(final(alone, 6), final(where / 'lr=0.05,gamma=0.5', 6)) > 1e-3
  assert files.read(where / 'lr=0.05,gamma=2.0' / 'metrics.jsonl')[-1]['d/r1'] > 0


def test_what_cannot_be_traced_is_trained_one_by_one(sweep_file, tmp_path, capsys):
  where = run(sweep_file, tmp_path / 'sweep', '--sweep', '--careful', '--steps=1')
  said = capsys.readouterr()
  assert '3 runs cannot be one program' in said.out + said.err
  assert (where / 'lr=0.1,gamma=0.5' / 'checkpoints' / '1').exists()


def test_no_sweep_is_one_line(file, tmp_path, capsys):
  assert launch.run(['launch.py', f'--experiment={file}', '--sweep',
                     f'--workdir={tmp_path}']) == 2
  assert 'defines no function sweep()' in capsys.readouterr().err


@pytest.mark.slow
def test_a_chain_goes_on_from_the_run_before(sweep_file, tmp_path, capsys):
  file = tmp_path / 'chained.py'
  file.write_text(SWEEP + '\ndef chain():\n  return [dict(lr=.05), dict(lr=.1)]\n')
  where = run(file, tmp_path / 'links', '--chain', '--steps=3')
  assert sorted(os.listdir(where)) == ['lr=0.05', 'lr=0.1']
  assert f'are from {where}/lr=0.05/checkpoints/3' in capsys.readouterr().out
  params = lambda name: {path: a for path, a in final(where / name, 3).items()
                         if path.startswith('g/params')}
  assert 1e-6 < tiny.furthest(params('lr=0.05'), params('lr=0.1')) < .1
  again = (where / 'lr=0.1' / 'metrics.jsonl').read_bytes()
  run(file, where, '--chain', '--steps=3')
  assert (where / 'lr=0.1' / 'metrics.jsonl').read_bytes() == again, 'done is done'


def test_a_chain_of_many_seeds_is_one_line(file, tmp_path, capsys):
  assert launch.run(['launch.py', f'--experiment={file}', '--chain', '--seeds=2',
                     f'--workdir={tmp_path}']) == 2
  assert 'leave out --sweep and --seeds' in capsys.readouterr().err


INJECTED = """
import numpy as np
import optax
import tests.tiny as tiny
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.types import Batch

def experiment(lr=.05, steps=2, batch=8, seed=0):
  gan = tiny.mlp_gan(d_tx=optax.inject_hyperparams(optax.sgd)(lr))
  x = np.random.default_rng(seed).integers(0, 256, (64, 8, 8, 1), dtype=np.uint8)
  return Experiment(gan, source.arrays(Batch(x)), batch, steps, seed, eval_every=0,
                    save_every=2, sample_every=0)

def sweep():
  return [dict(lr=.05), dict(lr=.5)]
"""


@pytest.mark.slow
def test_each_member_starts_from_its_own_state_and_has_its_own_data(tmp_path):
  """A rate that is kept in the state, and data that are made by the seed."""
  file = tmp_path / 'injected.py'
  file.write_text(INJECTED)
  where = run(file, tmp_path / 'sweep', '--sweep')
  alone = run(file, tmp_path / 'alone', '--lr=.5')
  assert tiny.furthest(final(alone, 2), final(where / 'lr=0.5', 2)) < 1e-6
  many = run(file, tmp_path / 'many', '--seeds=2')
  alone = run(file, tmp_path / 'second', '--seed=1')
  assert tiny.furthest(final(alone, 2), final(many / 'seed1', 2)) < 1e-6
