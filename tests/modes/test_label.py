"""Sampling and scoring by class, of a generator that is told it."""
import pathlib
import sys

import numpy as np
import pytest

from jaxgan.io import files
from jaxgan.io.errors import Failure
from jaxgan.modes import sample

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

EXPERIMENT = '''
"""Digits by class: G repeats its class as grey."""
import jax.numpy as jnp
import optax
import tests.tiny as tiny
from flax import linen as nn
from jaxgan import priors
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import conditioning, dcgan

class Grey(nn.Module):
  @nn.compact
  def __call__(self, z, c, *, train):
    shift = self.param('shift', nn.initializers.zeros, ())
    shade = (c / 4.5 - 1)[:, None, None, None] + 0 * shift
    return jnp.broadcast_to(shade, (z.shape[0], 8, 8, 1)) + .02 * z[:, :1, None, None]

def experiment(steps=2, batch=8, seed=0):
  D = dcgan.Discriminator((4, 4), 3, condition=conditioning.maps(10))
  gan = GAN(Grey(), D, priors.normal(2), adversarial.non_saturating(), optax.sgd(.1),
            optax.sgd(.1))
  return Experiment(gan, digits.load(labels=True), batch, steps, seed, eval_every=0)
'''


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run')
  (folder / 'mine.py').write_text(EXPERIMENT)
  flags = [f'--experiment={folder}/mine.py', f'--workdir={folder}/run']
  assert launch.run(['launch.py', *flags]) == 0
  return flags


def classes(run, tmp_path, *flags):
  """The classes that the samples show."""
  out = tmp_path / 'a.npz'
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}', *flags]) == 0
  return np.round(np.load(out)['images'].mean((1, 2, 3)) / 255 * 9).astype(int)


def test_one_class_all_classes_or_as_the_data_have_them(run, tmp_path):
  assert set(classes(run, tmp_path, '--n=20', '--label=7')) == {7}
  np.testing.assert_array_equal(classes(run, tmp_path, '--n=30', '--label=all'),
                                np.repeat(np.arange(10), 3))
  shown = classes(run, tmp_path, '--n=500')
  assert np.bincount(shown, minlength=10).min() > 25


@pytest.mark.parametrize('label', ['10', '-1', 'seven'])
def test_unknown_classes(run, tmp_path, capsys, label):
  assert launch.run(['launch.py', '--mode=sample', *run, f'--label={label}']) == 2
  assert f'--label={label}: the classes are 0 to 9' in capsys.readouterr().err


def test_a_generator_that_is_told_no_class():
  with pytest.raises(Failure, match='told no class'):
    sample.labelled('3', None, 5)


def test_intra_class_distance(run, tmp_path):
  folder = pathlib.Path(run[1].split('=')[1])
  assert launch.run(['launch.py', '--mode=eval', *run, '--n=400', '--eval_seeds=1',
                     f'--cache_dir={tmp_path}', '--eval_metrics=intra-fd,fd']) == 0
  rows = {r['name']: r['value'] for r in files.read(folder / 'evals.jsonl')}
  assert rows['intra-fd_rand-conv@400'] > rows['fd_rand-conv@400'] > 1


def test_standing_averages_are_of_all_classes(run, tmp_path, monkeypatch):
  """As training's batches were, whatever is drawn."""
  told = []
  monkeypatch.setattr(sample, 'standing', lambda one, average, conditions, batches: (
      told.append(set(conditions)), average)[1])
  assert set(classes(run, tmp_path, '--n=20', '--label=7', '--standing=2')) == {7}
  assert told == [set(range(10))]


@pytest.mark.parametrize('out, says', [('x.jpg', 'give a .png'),
                                       ('kept', 'has files')])
def test_what_cannot_be_written_is_said_before_anything_is_drawn(run, tmp_path, out, says,
                                                                 capsys, monkeypatch):
  monkeypatch.setattr(sample, 'sampler', None)
  (tmp_path / 'kept').mkdir()
  (tmp_path / 'kept' / 'a.png').touch()
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={tmp_path / out}']) == 2
  assert says in capsys.readouterr().err


def test_a_class_must_be_named_to_find_a_picture(run, tmp_path, capsys):
  from PIL import Image
  Image.new('L', (8, 8)).save(tmp_path / 'a.png')
  assert launch.run(['launch.py', '--mode=project', *run, f'--image={tmp_path}/a.png']) == 2
  assert 'needs --label=0 to 9' in capsys.readouterr().err


NAMED = EXPERIMENT.replace('digits.load(labels=True)', 'own').replace(
    'def experiment', '''import dataclasses, numpy as np
from jaxgan.data import source
plain = digits.load(labels=True)
own = dataclasses.replace(plain, load=lambda d: source.Arrays(
    plain.load(d).batch, class_names=tuple(
        'zero one two three four five six seven eight nine'.split())))

def experiment''')


def test_a_class_by_its_name(tmp_path, capsys):
  (tmp_path / 'named.py').write_text(NAMED)
  flags = [f'--experiment={tmp_path}/named.py', f'--workdir={tmp_path}/run']
  assert launch.run(['launch.py', *flags]) == 0
  assert set(classes(flags, tmp_path, '--n=9', '--label=seven')) == {7}
  assert set(classes(flags, tmp_path, '--n=9', '--label=2')) == {2}
  capsys.readouterr()
  assert launch.run(['launch.py', '--mode=sample', *flags, '--label=sevn']) == 2
  assert 'did you mean seven? There are zero, one,' in capsys.readouterr().err
