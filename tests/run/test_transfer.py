"""Runs that start from others."""
import pathlib
import shutil
import sys

import numpy as np
import pytest

from jaxgan.run import checkpoint

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

EXPERIMENT = '''
"""Small players; D's first layer may be frozen."""
import optax
import tests.tiny as tiny
from jaxgan import optimisers
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.nets import dcgan

def experiment(width=4, frozen=False, steps=3, batch=8, seed=0):
  tx = optax.adam(1e-2)
  gan = tiny.gan(dcgan.Generator(tiny.SHAPE, (width, 4), 3), dcgan.Discriminator((4, 4), 3),
                 d_tx=optimisers.frozen(tx, ['Conv_0']) if frozen else tx, g_tx=tx)
  return Experiment(gan, digits.load(), batch, steps, seed, eval_every=0, sample_every=0,
                    save_every=3)
'''


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  folder = tmp_path_factory.mktemp('transfer')
  (folder / 'mine.py').write_text(EXPERIMENT)
  assert train(folder, 'old') == 0
  return folder


def train(folder, name, *flags):
  return launch.run(['launch.py', f'--experiment={folder}/mine.py',
                     f'--workdir={folder}/{name}', *flags])


def state(folder, name, step=3):
  return checkpoint.verified(folder / name / 'checkpoints' / str(step))


def test_players_are_taken_over_and_frozen_layers_stay(runs, capsys):
  assert train(runs, 'frozen', f'--init_from={runs}/old', '--frozen', '--seed=9') == 0
  assert 'arrays of g, d and the average are from' in ''.join(capsys.readouterr())
  old, new = state(runs, 'old'), state(runs, 'frozen')
  for name in ('kernel', 'bias'):
    np.testing.assert_array_equal(old[f'd/params/Conv_0/{name}'],
                                  new[f'd/params/Conv_0/{name}'])
  gap = abs(old['d/params/Conv_1/kernel'] - new['d/params/Conv_1/kernel']).max()
  assert 0 < gap < .05 and new['step'] == 3, 'from the old place, three steps on'


def test_what_does_not_fit_starts_afresh(runs):
  assert train(runs, 'wide', '--width=6', f'--init_from={runs}/old', '--steps=1') == 0
  old, new = state(runs, 'old'), state(runs, 'wide', 1)
  assert abs(old['d/params/Conv_0/kernel'] - new['d/params/Conv_0/kernel']).max() < .02
  assert new['g/params/Dense_0/kernel'].shape != old['g/params/Dense_0/kernel'].shape


@pytest.mark.slow
def test_resume_goes_on_and_does_not_start_again(runs):
  assert train(runs, 'again', f'--init_from={runs}/old', '--steps=6') == 0
  assert train(runs, 'parts', f'--init_from={runs}/old', '--steps=3') == 0
  assert train(runs, 'parts', f'--init_from={runs}/old', '--steps=6') == 0
  whole, parts = state(runs, 'again', 6), state(runs, 'parts', 6)
  assert all(np.array_equal(whole[name], parts[name]) for name in whole)


def test_no_such_run_and_damage_are_one_line(runs, capsys):
  assert train(runs, 'none', '--init_from=/nowhere') == 2
  assert 'holds no checkpoints' in capsys.readouterr().err
  assert not (runs / 'none' / 'config.json').exists()
  shutil.copytree(runs / 'old', runs / 'damaged')
  digest = runs / 'damaged' / 'checkpoints' / '3' / 'digest.json'
  digest.write_text(digest.read_text().replace('a', 'b', 3))
  assert train(runs, 'from damage', f'--init_from={runs}/damaged') == 4
  assert 'is damaged' in capsys.readouterr().err
