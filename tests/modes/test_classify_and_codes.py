"""--mode=classify and --mode=codes on runs of two steps."""
import json
import pathlib
import sys

import numpy as np
import pytest

from jaxgan.modes import codes

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

EXPERIMENT = '''
"""Digits whose classes are told by one pixel; a D that reads it."""
import dataclasses
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tests.tiny as tiny
from flax import linen as nn
from jaxgan import priors
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import mlp
from jaxgan.types import Batch

class Reader(nn.Module):
  @nn.compact
  def __call__(self, x, c=None, *, train):
    told = jnp.round((x[:, 0, 0, 0] + 1) * 127.5).astype(int)
    logit = nn.Dense(1)(x.reshape(len(x), -1))[:, 0]
    return logit, {'classes': jax.nn.one_hot(told, 10)}

def data(wrong):
  c = np.arange(700, dtype=np.int32) % 10
  x = np.zeros((700, 8, 8, 1), np.uint8)
  x[:, 0, 0, 0] = np.where(np.arange(700) < wrong, (c + 1) % 10, c)
  return source.arrays(Batch(x, c))

def experiment(categories=3, continuous=1, tells=True, held_out=True, steps=2, batch=8, seed=0):
  D = Reader() if tells else mlp.Discriminator((4,), jax.nn.relu)
  gan = GAN(mlp.Generator((4,), (8, 8, 1)), D, priors.codes(categories, continuous, 2),
            adversarial.non_saturating(), optax.sgd(.1), optax.sgd(.1))
  test = data(70) if held_out else None
  return Experiment(gan, dataclasses.replace(data(0), test=test), batch, steps, seed,
                    eval_every=0, sample_every=0)
'''


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  """A run, one whose D tells no classes, and one without a test split."""
  folder = tmp_path_factory.mktemp('classify')
  (folder / 'mine.py').write_text(EXPERIMENT)
  for name, *more in (('run',), ('mute', '--notells'), ('whole', '--noheld_out')):
    assert launch.run(['launch.py', f'--experiment={folder}/mine.py',
                       f'--workdir={folder}/{name}', *more]) == 0
  return folder


def mode(runs, name, kind):
  return launch.run(['launch.py', f'--mode={kind}', f'--experiment={runs}/mine.py',
                     f'--workdir={runs}/{name}'])


def test_accuracy_on_the_test_split(runs, capsys):
  assert mode(runs, 'run', 'classify') == 0
  row = json.loads((runs / 'run' / 'classify.jsonl').read_text())
  assert row['accuracy'] == .9 and row['n'] == 700 and row['step'] == 2
  assert '630 of 700' in capsys.readouterr().out


@pytest.mark.parametrize('name,message', [('mute', 'tells no classes'),
                                          ('whole', 'has no test split')])
def test_no_classes_to_tell_is_one_line(runs, capsys, name, message):
  assert mode(runs, name, 'classify') == 2
  assert message in capsys.readouterr().err
  assert not (runs / name / 'classify.jsonl').exists()


def test_code_pictures(runs, capsys):
  assert mode(runs, 'run', 'codes') == 0
  assert sorted(path.name for path in (runs / 'run' / 'samples').glob('code_*')) == [
      'code_0.png', 'code_category.png']


def test_one_code_changes_and_the_rest_stays():
  z = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)
  found = codes.sheets(z, 3, 2)
  assert found.keys() == {'category', '0', '1'}
  assert found['category'].shape == (4, 3, 7)
  np.testing.assert_array_equal(found['category'][2, :, :3], np.eye(3))
  np.testing.assert_array_equal(found['category'][:, 1, 3:], z[:, 3:])
  np.testing.assert_allclose(found['1'][0, :, 4], np.linspace(-2, 2, 10))
  np.testing.assert_array_equal(np.delete(found['1'][1, 6], 4), np.delete(z[1], 4))


def test_no_codes_is_one_line(tmp_path, capsys):
  assert launch.run(['launch.py', '--experiment=ring8_mlp', f'--workdir={tmp_path}/a',
                     '--width=4', '--steps=1', '--batch=8', '--eval_every=0']) == 0
  assert launch.run(['launch.py', '--mode=codes', f'--workdir={tmp_path}/a']) == 2
  assert 'no knobs categories and continuous' in capsys.readouterr().err
