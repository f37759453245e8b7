"""A folder of one's own images: what is chosen, said, kept, and gone on with."""
import json
import pathlib
import sys

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from jaxgan import command, experiment

FLAGS = ['--width=4', '--batch=8', '--steps=4', '--save_every=2', '--log_every=2',
         '--sample_every=4', '--eval_every=4']


@pytest.fixture
def images(tmp_path):
  draw = np.random.default_rng(0)
  for i in range(25):
    path = tmp_path / 'images' / f'{i:02}.png'
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(draw.integers(0, 256, (21 + i % 3, 30, 3), np.uint8)).save(path)
  return tmp_path / 'images'


def test_trained_sampled_and_gone_on_with(images, tmp_path, capsys):
  """The size is the images', also of samples, which need neither the folder nor the flags."""
  workdir = tmp_path / 'run'
  train = ['jaxgan', 'train', 'own_images', str(workdir), f'--data_dir={images}', *FLAGS]
  assert command.run(train) == 0
  out = capsys.readouterr().out
  assert ('25 images, most at least 21 pixels wide and high: --size=16, --width=4, --batch=8, '
          '--augment=diffaugment, --n=3') in out
  assert 'fd_rand-conv@3' in out and 'real examples' in out
  knobs = json.loads((workdir / 'config.json').read_text())['knobs']
  assert knobs['size'] == 16 and knobs['n'] == 3
  assert command.run(train) == 0 and 'is done' in capsys.readouterr().out
  assert command.run(['jaxgan', 'sample', str(workdir), f'--out={tmp_path}/a.npz']) == 0
  assert np.load(tmp_path / 'a.npz')['images'].shape == (64, 16, 16, 3)


@pytest.mark.parametrize('flags,says', [
    ([], '--data_dir= is no folder or zip of images'),
    (['--data_dir={}', '--augment=adda'], '--augment=adda is none of none, diffaugment')])
def test_refused(images, tmp_path, capsys, flags, says):
  flags = [flag.format(images) for flag in flags]
  assert command.run(['jaxgan', 'train', 'own_images', f'{tmp_path}/run', *flags]) == 2
  assert says in capsys.readouterr().err and not (tmp_path / 'run').exists()


def test_images_that_are_too_small(tmp_path, capsys):
  (tmp_path / 'set').mkdir()
  Image.fromarray(np.zeros((9, 40, 3), np.uint8)).save(tmp_path / 'set' / 'a.png')
  assert command.run(['jaxgan', 'train', 'own_images', f'--data_dir={tmp_path}/set']) == 2
  assert 'are 9 pixels wide or high, and 16 is the least' in capsys.readouterr().err


def test_without_a_folder_a_size_is_needed():
  with pytest.raises(experiment.Failure, match='own_images needs a size: --data_dir=FOLDER'):
    experiment.load('own_images')
