"""Pairs of a condition and an example: samples are made from conditions that training never
saw, and compared with the examples that have them."""
import numpy as np
import pytest
from PIL import Image

from jaxgan import command
from jaxgan.io import files, pictures

PAIRS = '''
import numpy as np
import optax
from flax import linen as nn
from jaxgan import GAN, Experiment, priors
from jaxgan.data import source
from jaxgan.losses import adversarial
from jaxgan.types import Batch, Metric

class Copies(nn.Module):
  """What it is told, as far as its one weight lets it."""
  @nn.compact
  def __call__(self, z, c, *, train):
    return self.param('gain', nn.initializers.ones, ()) * c

class Judges(nn.Module):
  @nn.compact
  def __call__(self, x, c, *, train):
    return nn.Dense(1)((x - c).reshape(len(x), -1))[:, 0], {}

def pairs(n, first):
  level = np.arange(first, first + n, dtype=np.uint8)  # none of the test set is in training
  c = np.broadcast_to(level[:, None, None, None], (n, 8, 8, 1))
  return Batch(255 - c, c)

def prepare(paths):
  def score(real, fake):
    assert (real.c == fake.c).all() and (real.x == 255 - real.c).all()
    return {'copied@20': float((fake.x == real.c).mean()), 'least@20': float(real.c.min())}
  return score

def experiment(steps=4, batch=8, seed=0, n=20):
  data = source.arrays(pairs(100, 0), test=source.arrays(pairs(40, 200)))
  return Experiment(
      GAN(Copies(), Judges(), priors.normal(2), adversarial.hinge(), optax.sgd(0.),
          optax.sgd(0.)), data, batch, steps, seed, eval_every=2, eval_share=1e9,
      metrics=(Metric(n, prepare, {}, paired=True),))
'''


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('pairs')
  (folder / 'pairs.py').write_text(PAIRS)
  assert command.run(['launch.py', f'--experiment={folder}/pairs.py', f'--workdir={folder}/run',
                     f'--cache_dir={folder}']) == 0
  return folder / 'run'


def test_in_training(run):
  rows = [row for row in files.read(run / 'metrics.jsonl') if 'eval/copied@20' in row]
  assert len(rows) == 2
  for row in rows:
    assert row['eval/copied@20'] == 1 and row['eval/least@20'] >= 200


@pytest.mark.parametrize('split,least,most', [(None, 200, 255), ('test', 200, 255),
                                              ('train', 0, 100)])
def test_after_training(run, split, least, most):
  (run / 'evals.jsonl').unlink(missing_ok=True)
  flags = [] if split is None else [f'--split={split}']
  assert command.run(['launch.py', 'eval', str(run), f'--experiment={run.parent}/pairs.py',
                     '--eval_seeds=1', f'--cache_dir={run.parent}', '--eval_metrics=own',
                     *flags]) == 0
  found = {row['name']: row['value'] for row in files.read(run / 'evals.jsonl')}
  assert found['copied@20'] == 1 and least <= found['least@20'] < most


def test_samples_are_of_conditions_of_the_test_set(run):
  assert command.run(['launch.py', 'sample', str(run), f'--experiment={run.parent}/pairs.py',
                     '--n=9', f'--out={run}/out.npz']) == 0
  with np.load(run / 'out.npz') as made, np.load(run / 'conditions.npz') as saved:
    c = saved[saved.files[0]]
    assert c.min() >= 200
    np.testing.assert_array_equal(made['images'], c[:9])


def test_more_pairs_than_there_are(run, tmp_path, capsys):
  code = command.run(['launch.py', f'--experiment={run.parent}/pairs.py', '--n=41',
                     f'--workdir={tmp_path}/run'])
  assert code == 2 and 'compares 41 pairs and data has 40' in capsys.readouterr().err
  assert not (tmp_path / 'run' / 'checkpoints').exists()


def translated(run, image, *flags):
  return command.run(['launch.py', 'translate', str(run), f'--experiment={run.parent}/pairs.py',
                      f'--image={image}', *flags])


def test_your_own_images(run, tmp_path):
  """A folder of them, each by its name; one file, as a sheet."""
  inputs = {'b': np.full((8, 8, 1), 7, np.uint8), 'a': np.full((8, 8, 1), 90, np.uint8)}
  for name, image in inputs.items():
    (tmp_path / f'{name}.png').write_bytes(pictures.png(image))
  (tmp_path / 'notes.txt').write_text('no image')
  assert translated(run, tmp_path, f'--out={tmp_path}/made') == 0
  for name, image in inputs.items():
    with Image.open(tmp_path / 'made' / f'{name}.png') as made:
      np.testing.assert_array_equal(np.asarray(made)[..., None], image)
  assert translated(run, tmp_path / 'a.png', f'--out={tmp_path}/sheet.png') == 0
  with Image.open(tmp_path / 'sheet.png') as sheet:
    assert sheet.size == (8 * (2 * 32 + 2), 8 * 32)  # enlarged: input | output


def test_rows_of_a_file(run, tmp_path):
  """As any array, or as a run keeps its own conditions."""
  c = np.arange(3, dtype=np.uint8)[:, None, None, None] + np.zeros((3, 8, 8, 1), np.uint8)
  np.savez(tmp_path / 'c.npz', mine=c)
  assert translated(run, tmp_path / 'c.npz', f'--out={tmp_path}/out.npz') == 0
  with np.load(tmp_path / 'out.npz') as made:
    np.testing.assert_array_equal(made['images'], c)
  assert translated(run, run / 'conditions.npz', f'--out={tmp_path}/own.npz') == 0


@pytest.mark.parametrize('make,said', [
    (lambda to: None, 'cannot be read'),
    (lambda to: to.mkdir(), 'holds no images'),
    (lambda to: to.write_bytes(pictures.png(np.zeros((9, 8, 1), np.uint8))), 'is 8x9, and'),
    (lambda to: to.write_text('no picture'), 'cannot be read')])
def test_inputs_that_do_not_fit(run, tmp_path, capsys, make, said):
  make(tmp_path / 'x.png')
  assert translated(run, tmp_path / 'x.png') == 2
  err = capsys.readouterr().err.strip()
  assert said in err and '\n' not in err


def test_two_inputs_of_one_name(run, tmp_path, capsys):
  """Their outputs would be one file."""
  for name in ('a.png', 'a.jpg'):
    Image.new('L', (8, 8)).save(tmp_path / name)
  assert translated(run, tmp_path, f'--out={tmp_path}/made') == 2
  assert "has two images 'a'" in capsys.readouterr().err
  assert not (tmp_path / 'made').exists()


@pytest.mark.parametrize('arrays,said', [
    ({'a': np.zeros((2, 8, 8, 3), np.uint8)}, 'not uint8 [N, 8, 8, 1]'),
    ({'a': np.zeros((2, 8, 8, 1))}, 'is float64 [2, 8, 8, 1], not uint8'),
    ({'a': np.zeros((0, 8, 8, 1), np.uint8)}, 'is uint8 [0, 8, 8, 1]'),
    ({'a': np.zeros(2), 'b': np.zeros(2)}, 'has a, b, and the conditions')])
def test_rows_that_do_not_fit(run, tmp_path, capsys, arrays, said):
  np.savez(tmp_path / 'x.npz', **arrays)
  assert translated(run, tmp_path / 'x.npz') == 2
  err = capsys.readouterr().err.strip()
  assert said in err and '\n' not in err


def test_a_generator_without_inputs(tmp_path, capsys):
  assert command.run(['launch.py', f'--workdir={tmp_path}/run', '--width=4', '--batch=8',
                      '--steps=1', '--eval_every=0']) == 0
  assert command.run(['launch.py', 'translate', f'{tmp_path}/run', '--image=a.png']) == 2
  assert 'given no input but noise' in capsys.readouterr().err
