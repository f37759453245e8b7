"""Sampling from a folder alone, and what inspect says before anything is trained."""
import json
import os
import pathlib
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from jaxgan import command as launch

TINY = ['--width=4', '--batch=8', '--steps=20', '--save_every=10', '--sample_every=20']


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  workdir = tmp_path_factory.mktemp('run') / 'run'
  assert launch.run(['launch.py', f'--workdir={workdir}', *TINY]) == 0
  return workdir


def sample(run, out, *flags):
  assert launch.run(['launch.py', '--mode=sample', f'--workdir={run}', f'--out={out}',
                     *flags]) == 0
  return out


def arrays(run, out, *flags):
  return np.load(sample(run, out, *flags), allow_pickle=False)['images']


def test_npz(run, tmp_path):
  images = arrays(run, tmp_path / 'a.npz', '--n=10')
  assert images.shape == (10, 8, 8, 1) and images.dtype == np.uint8
  more = arrays(run, tmp_path / 'b.npz', '--n=300')
  np.testing.assert_array_equal(images, more[:10])
  assert len({image.tobytes() for image in more}) > 290


def test_seed_step_and_average_each_matter(run, tmp_path):
  flags = [[], ['--sample_seed=1'], ['--step=10'], ['--noema']]
  found = [arrays(run, tmp_path / f'{i}.npz', *f).tobytes() for i, f in enumerate(flags)]
  assert len(set(found)) == 4
  assert arrays(run, tmp_path / 'again.npz', '--step=20').tobytes() == found[0]


def test_png_and_folder(run, tmp_path):
  picture = np.asarray(Image.open(sample(run, tmp_path / 'grid.png', '--n=16')))
  assert picture.shape == (4 * 134, 4 * 134, 3)  # four times as large
  folder = sample(run, tmp_path / 'single', '--n=3')
  names = sorted(p.name for p in folder.iterdir())
  assert names == ['000000.png', '000001.png', '000002.png']
  images = arrays(run, tmp_path / 'a.npz', '--n=3')
  np.testing.assert_array_equal(np.asarray(Image.open(folder / names[2])), images[2, :, :, 0])


def test_a_copied_folder_is_enough(run, tmp_path, monkeypatch):
  copy = shutil.copytree(run, tmp_path / 'elsewhere')
  monkeypatch.chdir(tmp_path)
  monkeypatch.setenv('TFDS_DATA_DIR', '/nonexistent')
  np.testing.assert_array_equal(arrays(copy, tmp_path / 'a.npz'),
                                arrays(run, tmp_path / 'b.npz'))


CONDITIONAL = '''
"""G paints its label: a conditional GAN whose samples show what they were told."""
import jax.numpy as jnp
import tests.tiny as tiny
from flax import linen as nn
from jaxgan.data import digits
from jaxgan.experiment import Experiment

class Painter(nn.Module):
  @nn.compact
  def __call__(self, z, c, *, train):
    w = self.param("w", nn.initializers.zeros, ())
    paint = (c / 5. - 1)[:, None, None, None] * jnp.ones((1, 8, 8, 1))
    return paint + w * z[:, :1, None, None]

def experiment(steps=1, batch=8):
  return Experiment(tiny.gan(Painter(), tiny.NormedDiscriminator()),
                    digits.load(labels=True), batch, steps)
'''


def test_conditions_come_with_the_folder(tmp_path, monkeypatch):
  monkeypatch.syspath_prepend(str(ROOT))
  file, workdir = tmp_path / 'conditional.py', tmp_path / 'run'
  file.write_text(CONDITIONAL)
  assert launch.run(['launch.py', f'--experiment={file}', f'--workdir={workdir}']) == 0
  images = arrays(workdir, tmp_path / 'a.npz', f'--experiment={file}', '--n=1100')
  conditions = np.load(workdir / 'conditions.npz')['arr_0']
  assert len(set(conditions[:64])) == 10
  told = conditions[np.arange(1100) % len(conditions)]
  assert np.abs(images[:, 4, 4, 0] - told * 25.5).max() < 2
  (workdir / 'conditions.npz').unlink()
  assert launch.run(['launch.py', '--mode=sample', f'--workdir={workdir}',
                     f'--experiment={file}']) == 4


@pytest.mark.parametrize('flags,said', [
    (['--step=15'], 'has checkpoints of [10, 20]'), (['--step=best'], '[10, 20]'),
    (['--out=x.gif'], 'give a .png, a .npz, or'),
    (['--out=/dev/null/x.png'], 'cannot be written')])
def test_bad_requests(run, flags, said, capsys, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  assert launch.run(['launch.py', '--mode=sample', f'--workdir={run}', *flags]) == 2
  assert said in capsys.readouterr().err


def test_code_named_in_a_folder_is_not_run(run, tmp_path, capsys):
  """A run folder is data: its experiment file is run only for a user who names it."""
  trap = tmp_path / 'trap.py'
  trap.write_text(f'open({str(tmp_path / "sprung")!r}, "w")\n')
  copy = shutil.copytree(run, tmp_path / 'run')
  config = json.loads((copy / 'config.json').read_text())
  (copy / 'config.json').write_text(json.dumps(config | {'experiment': str(trap)}))
  assert launch.run(['launch.py', '--mode=sample', f'--workdir={copy}']) == 2
  assert f'add --experiment={trap}' in capsys.readouterr().err
  assert not (tmp_path / 'sprung').exists()


@pytest.mark.parametrize('mode', ['eval', 'diagnose', 'classify', 'codes'])
def test_a_folder_that_cannot_be_written_is_said_first(run, mode, capsys, monkeypatch):
  monkeypatch.setattr(os, 'access', lambda path, how: False)
  assert launch.run(['launch.py', f'--mode={mode}', f'--workdir={run}']) == 2
  assert f'{run} is not writable' in capsys.readouterr().err


def test_damaged_config_is_said(run, tmp_path, capsys):
  copy = shutil.copytree(run, tmp_path / 'run')
  (copy / 'config.json').write_text('{"experiment": "dig')
  assert launch.run(['launch.py', '--mode=sample', f'--workdir={copy}']) == 4
  assert 'config.json is damaged' in capsys.readouterr().err


def test_inspect(capsys, tmp_path, monkeypatch):
  """Parameters of the tutorial's DCGAN, and costs, without its data."""
  monkeypatch.chdir(tmp_path)
  argv = ['launch.py', 'inspect', '--experiment=mnist_dcgan', '--width=8', '--batch=8',
          f'--data_dir={tmp_path}']
  assert launch.run(argv) == 0
  out = capsys.readouterr().out
  told = ['generator: ', 'ConvTranspose_0/kernel', '[5, 5, 16, 32]', 'the state: 2.9 MB',
          'GFLOP a device']
  timed = ['MB of temporaries', 'ms, measured here', '11,718 steps: about']
  assert all(text in out for text in told) and not any(text in out for text in timed)
  assert launch.run([*argv, '--time']) == 0
  out = capsys.readouterr().out
  assert all(text in out for text in told + timed)
  assert not list(tmp_path.iterdir())


def test_run_folder_holds_what_the_readme_says(run):
  names = {str(p.relative_to(run)) for p in run.rglob('*') if p.is_file()}
  assert {'config.json', 'run.json', 'metrics.jsonl', 'curves.png', 'samples/reals.png',
          'samples/fakes_00000020.png', 'checkpoints/20/digest.json'} <= names
  assert any(name.startswith('events.out.tfevents') for name in names)
  config = json.loads((run / 'config.json').read_text())
  assert config['experiment'] == 'digits' and config['knobs']['width'] == 4
  record = json.loads((run / 'run.json').read_text())
  assert record['exit_code'] == 0 and record['end'] >= record['start']
  assert record['versions']['jax'] and len(record['devices']) == 4
  rows = [json.loads(line) for line in (run / 'metrics.jsonl').open()]
  counts = {f'{role}/skipped{more}' for role in 'dg' for more in ('', '_in_a_row')}
  assert {'step', 'd/adversarial', 'g/adversarial', 'd/real', 'd/fake', 'd/ranking',
          'd/gradient_norm', 'g/gradient_norm', 'images_per_second'} | counts == set(rows[0])
  assert 0 < rows[0]['d/real'] < 1
