"""Sampling and scoring by class, of a generator that is told it."""
import pathlib
import sys

import numpy as np
import pytest
from PIL import Image

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


def test_labels_go_with_the_samples(run, tmp_path):
  out = tmp_path / 'a.npz'
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}', '--n=50']) == 0
  saved = np.load(out)
  shown = np.round(saved['images'].mean((1, 2, 3)) / 255 * 9)
  np.testing.assert_array_equal(saved['labels'], shown)
  out = tmp_path / 'folder'
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}', '--n=20',
                     '--label=all']) == 0
  names = sorted(path.relative_to(out).as_posix() for path in out.rglob('*.png'))
  assert names == [f'{i // 2}/{i:06}.png' for i in range(20)]
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}']) == 2  # not empty


def test_a_file_for_each_seed(run, tmp_path):
  out, flags = tmp_path / 'seeds', ['--seeds=3,5-6', '--label=4']
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}', *flags]) == 0
  files = sorted(out.iterdir())
  assert [path.name for path in files] == ['seed0003.png', 'seed0005.png', 'seed0006.png']
  one = tmp_path / 'one.npz'
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={one}', '--n=1', '--label=4',
                     '--sample_seed=5']) == 0
  np.testing.assert_array_equal(Image.open(files[1]), np.load(one)['images'][0, :, :, 0])
  assert launch.run(['launch.py', '--mode=sample', *run, f'--out={out}', *flags, '--n=4']) == 0
  assert Image.open(files[0]).size[0] >= 480  # a grid


@pytest.mark.parametrize('text, found', [('0,1,4-6', [0, 1, 4, 5, 6]), ('7', [7]),
                                         ('2-2', [2]), ('3,3', [3, 3])])
def test_seeds(text, found):
  assert sample.numbers(text) == found


@pytest.mark.parametrize('text', ['', 'x', '1-', '-1', '5-3', '1,,2', '1-2-3', '4294967296'])
def test_what_is_no_seed(text):
  with pytest.raises(Failure, match='--seeds='):
    sample.numbers(text)


def test_seeds_need_a_folder(run, tmp_path, capsys):
  assert launch.run(['launch.py', '--mode=sample', *run, '--seeds=1',
                     f'--out={tmp_path}/a.png']) == 2
  assert 'give a folder' in capsys.readouterr().err


def test_folders_of_classes_are_in_the_order_of_their_labels():
  names = ['T-shirt/top', 'Bag'] + ['x'] * 9
  found = sample.folders({'class_names': names}, 11)
  assert found[:2] == ['00-T-shirt-top', '01-Bag'] and found == sorted(found)
  assert sample.folders({}, 3) == ['0', '1', '2'] and sample.folders({}, None) is None


def test_rows_of_one_class_are_labelled():
  assert sample.row_labels(np.repeat(np.arange(3), 3)) == ['class 0', 'class 1', 'class 2']
  assert sample.row_labels(np.arange(9)) == [] == sample.row_labels(None)


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
