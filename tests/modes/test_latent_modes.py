"""Walks, sheets, inversion and export, of a generator with styles and of one without."""
import json
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from PIL import Image

from jaxgan.analysis import latents
from jaxgan.io import pictures
from jaxgan.io.errors import Failure
from jaxgan.modes import interpolate, project

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from jaxgan import command as launch

EXPERIMENT = '''
"""Digits, by styles or from z."""
import optax
import tests.tiny as tiny
from jaxgan import priors
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import dcgan, stylegan2

def experiment(styled=True, steps=1, batch=8, seed=0):
  G = (stylegan2.Generator((8, 8, 1), 10, 6, 2, 64, 8) if styled
       else dcgan.Generator((8, 8, 1), (4, 4), 3))
  gan = GAN(G, dcgan.Discriminator((4,), 3), priors.normal(6),
            adversarial.non_saturating(), optax.sgd(.1), optax.sgd(.1))
  return Experiment(gan, digits.load(labels=styled), batch, steps, seed, eval_every=0)
'''


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  folder, found = tmp_path_factory.mktemp('run'), {}
  (folder / 'mine.py').write_text(EXPERIMENT)
  for name, flag in (('styled', '--styled'), ('plain', '--nostyled')):
    found[name] = [f'--experiment={folder}/mine.py', f'--workdir={folder}/{name}']
    assert launch.run(['launch.py', *found[name], flag]) == 0
  return found


def picture(run, show, out, *flags):
  """What --mode=interpolate writes, and its frames."""
  assert launch.run(['launch.py', '--mode=interpolate', f'--show={show}', f'--out={out}', *run,
                     *flags]) == 0
  with Image.open(out) as file:
    return np.asarray(file.convert('RGB')), getattr(file, 'n_frames', 1)


@pytest.fixture(autouse=True)
def bare(monkeypatch):
  """Sheets as they are before they are enlarged and labelled."""
  monkeypatch.setattr(pictures, 'sheet', lambda picture, *labels, **more: picture)


def tiles(sheet, columns):
  """[rows, columns, 32, 32, 3]: the enlarged pictures of a sheet."""
  rows = (sheet.shape[0] + 2) // 34
  return np.stack([[sheet[34 * i:34 * i + 32, 34 * j:34 * j + 32] for j in range(columns)]
                   for i in range(rows)])


@pytest.mark.parametrize('kind, show', tiny.slow_but(
    [('plain', 'walk')], [('styled', 'walk'), ('plain', 'walk'), ('styled', 'classes')]))
def test_films(runs, tmp_path, kind, show):
  first, frames = picture(runs[kind], show, tmp_path / 'a.gif', '--n=4')
  assert first.shape == (66, 66, 3)
  assert frames > interpolate.FRAMES  # GIF joins frames that are the same


def test_truncation_of_styles_ends_in_one_image(runs, tmp_path):
  sheet, _ = picture(runs['styled'], 'truncation', tmp_path / 'a.png', '--label=3')
  found = tiles(sheet, interpolate.COLUMNS).astype(int)
  spread = abs(found - found[:, :1]).max((1, 2, 3, 4))
  assert spread[-1] <= 1 and spread[0] > 3 and spread[0] >= spread[2]


def test_directions_leave_the_middle_where_it_is(runs, tmp_path):
  for run in runs.values():
    sheet, _ = picture(run, 'directions', tmp_path / 'a.png')
    middle = tiles(sheet, interpolate.COLUMNS)[:, interpolate.COLUMNS // 2]
    assert (middle == middle[:1]).all() and sheet.std() > 1


def test_styles_mixed_with_themselves_are_samples(runs, tmp_path):
  sheet, _ = picture(runs['styled'], 'styles', tmp_path / 'a.png')
  found = tiles(sheet, 1 + interpolate.COLUMNS)
  for i in range(interpolate.STEPS):  # row i's fine styles and column i's coarse ones
    np.testing.assert_array_equal(found[1 + i, 1 + i], found[0, 1 + i])
    np.testing.assert_array_equal(found[1 + i, 0], found[0, 1 + i])


@pytest.mark.parametrize('flags, says', [
    (['--show=styles'], 'has no styles'), (['--show=classes'], 'is told no class'),
    (['--show=walk', '--out=a.avi'], 'a .gif or a .mp4')])
def test_what_a_run_cannot_show_is_one_line(runs, capsys, flags, says):
  assert launch.run(['launch.py', '--mode=interpolate', *runs['plain'], *flags]) == 2
  assert says in capsys.readouterr().err


def test_an_mp4_without_ffmpeg_is_one_line(runs, monkeypatch, tmp_path, capsys):
  monkeypatch.setenv('PATH', str(tmp_path))
  assert launch.run(['launch.py', '--mode=interpolate', *runs['plain'],
                     f'--out={tmp_path}/a.mp4']) == 2
  assert 'ffmpeg' in capsys.readouterr().err


def test_arcs_have_the_lengths_between_and_meet_their_ends():
  a, b = np.eye(3, dtype=np.float32)[:2] * np.array([[2.], [2.]], np.float32)
  t = jnp.array([0., .5, 1.])
  found = latents.slerp(jnp.tile(a, (3, 1)), jnp.tile(b, (3, 1)), t)
  np.testing.assert_allclose(latents.slerp(jnp.tile(a, (3, 1)), jnp.tile(a, (3, 1)), t),
                             jnp.tile(a, (3, 1)), rtol=1e-6)  # equal ends
  np.testing.assert_allclose(found, [a, (a + b) / np.sqrt(2), b], atol=1e-5)
  np.testing.assert_allclose(latents.line(a[None], b[None], t[1:2]), [(a + b) / 2])


@pytest.mark.parametrize('psi', [0., .01, .5, 1.])
def test_truncated_noise_keeps_its_ranks_and_its_length(psi):
  """Of 4,000 numbers the largest is 3.7; of those within 2 psi, as long, it is less."""
  z = jax.random.normal(jax.random.key(0), (3, 4000))
  near = latents.truncated(z, psi, None)
  lengths = [jnp.linalg.norm(a, axis=1) for a in (z, near)]
  np.testing.assert_allclose(*lengths, rtol=1e-4)
  assert (np.argsort(z, 1) == np.argsort(near, 1)).mean() > .9  # but for rounding
  assert abs(near).max() < (2. if psi <= .5 else 2.4) < abs(z).max()


def test_truncated_styles_lie_on_the_way_to_the_centre():
  z = jax.random.normal(jax.random.key(0), (4000, 1))
  np.testing.assert_allclose(latents.truncated(z, .3, jnp.ones(1)), 1 + .3 * (z - 1), rtol=1e-5)


def test_sefa_finds_what_a_layer_amplifies():
  kernel = np.diag([1., 5., 3.]).astype(np.float32)
  found = latents.directions({'Dense_0': {'kernel': kernel}}, 3)
  np.testing.assert_allclose(abs(found), np.eye(3)[[1, 2, 0]], atol=1e-6)
  with pytest.raises(Failure, match='no layer'):
    latents.directions({'Dense_0': {'kernel': kernel}}, 7)


@pytest.mark.parametrize('kind', ['styled', 'plain'])
def test_a_sample_is_found_again(runs, tmp_path, kind, capsys):
  """Inversion of a generator's own image ends nearer to it than random samples are."""
  run, label = runs[kind], ['--label=2'] if kind == 'styled' else []
  assert launch.run(['launch.py', '--mode=sample', *run, '--n=1', *label, '--sample_seed=5',
                     f'--out={tmp_path}/one']) == 0
  flags = [f'--image={tmp_path}/one/000000.png', f'--out={tmp_path}/found.png', *label]
  assert launch.run(['launch.py', '--mode=project', *run, *flags]) == 0
  with Image.open(tmp_path / 'found.png') as file:
    pair = tiles(np.asarray(file.convert('RGB')).astype(int), 2)[0]
  assert abs(pair[0] - pair[1]).mean() < 2
  assert np.load(tmp_path / 'found.npz')['latent'].shape[-1] == 6


@pytest.mark.parametrize('image, says', [
    (None, 'needs --image'), ('none.png', 'cannot be read'),
    ('large.png', 'give it that size')])
def test_pictures_that_cannot_be_projected_are_one_line(tmp_path, image, says):
  Image.new('L', (9, 9)).save(tmp_path / 'large.png')
  with pytest.raises(Failure, match=says):
    project.pixels(image and str(tmp_path / image), (8, 8, 1))


@pytest.mark.parametrize('kind', tiny.slow_but(['plain'], ['styled', 'plain']))
def test_an_exported_generator_makes_the_same_images(runs, tmp_path, kind):
  """By the program in docs/, which does not know jaxgan, and called by hand."""
  import safetensors.numpy
  assert launch.run(['launch.py', '--mode=export', *runs[kind],
                     f'--out={tmp_path}/exported']) == 0
  card = json.loads((tmp_path / 'exported' / 'card.json').read_text())
  assert card['z']['shape'] == ['n', 6] and card['image']['shape'] == ['n', 8, 8, 1]
  assert (card['image']['black'], card['image']['white']) == (-1, 1)
  assert (card['c'] or {}).get('classes') == (10 if kind == 'styled' else None)
  weights = safetensors.numpy.load_file(tmp_path / 'exported' / 'weights.safetensors')
  program = jax.export.deserialize(
      (tmp_path / 'exported' / 'generator.stablehlo').read_bytes())
  z = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
  c = np.arange(5, dtype=np.int32) if kind == 'styled' else None
  found = program.call(weights, z, c)
  from jaxgan.modes.shared import trained
  folder = pathlib.Path(runs[kind][1].removeprefix('--workdir='))
  run, _, state = trained(folder, runs[kind][0].removeprefix('--experiment='), 'latest')
  variables = {'params': state.ema['params'], **state.ema['stats']}
  expected = run.experiment.gan.generator.apply(variables, z, c, train=False)
  np.testing.assert_allclose(found, expected, atol=1e-6)
  done = subprocess.run([sys.executable, ROOT / 'docs' / 'sample_exported.py',
                         tmp_path / 'exported', tmp_path / 'grid.png'], cwd=tmp_path,
                        capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
  assert Image.open(tmp_path / 'grid.png').size == (64, 64)


def test_truncated_samples_and_standing_statistics(runs, tmp_path):
  """--truncation=0 of styles gives one image, of noise many; psi 1 of styles, the samples as
  they are."""
  def samples(run, *flags):
    out = tmp_path / 'a.npz'
    assert launch.run(['launch.py', '--mode=sample', *run, '--n=6', f'--out={out}',
                       *flags]) == 0
    return np.load(out)['images'].astype(int)
  styled = runs['styled'], '--label=3'
  np.testing.assert_allclose(samples(*styled, '--truncation=1'), samples(*styled), atol=1)
  spread = lambda x: abs(x - x[:1]).max()
  assert spread(samples(*styled, '--truncation=0')) <= 1 < spread(samples(runs['styled']))
  many = samples(runs['plain'], '--truncation=0')
  assert spread(many) > spread(samples(runs['plain'])) / 3
  assert (samples(runs['plain'], '--standing=4') != samples(runs['plain'])).any()
  assert launch.run(['launch.py', '--mode=sample', *runs['styled'], '--standing=1']) == 2


def test_generators_with_modulated_norms_can_be_exported():
  """For any number of images, which no network may count."""
  from jaxgan import experiment
  from jaxgan.modes import export
  run = experiment.load('mnist_biggan', dict(width=8, z_dim=6, batch=8)).experiment
  G, z, c = run.gan.generator, jnp.ones((3, 6)), jnp.arange(3)
  variables = jax.jit(lambda: G.init(jax.random.key(0), z, c, train=False))()
  average = {'params': variables.pop('params'), 'stats': variables}
  weights = export.trees.leaves(average)
  program = export.exported(run, average, weights, z, c)
  found = program.call(weights, np.ones((5, 6), np.float32), np.arange(5, dtype=c.dtype))
  assert found.shape == (5, 28, 28, 1)


@pytest.mark.parametrize('mode', ['sample', 'interpolate', 'project', 'export'])
def test_the_average_or_the_last_weights(runs, tmp_path, mode):
  """The average of a run whose last weights are all 0: what --noema shows has no spread."""
  import shutil

  from jaxgan.experiment import load
  from jaxgan.io import trees
  from jaxgan.run import checkpoint
  from jaxgan.run.states import shapes
  source = pathlib.Path(runs['plain'][1].partition('=')[2])
  run = [runs['plain'][0], f'--workdir={tmp_path}/run']
  shutil.copytree(source, tmp_path / 'run')
  states = tmp_path / 'run' / 'checkpoints'
  arrays = checkpoint.verified(states / '1')
  file = load(runs['plain'][0].partition('=')[2], {'styled': False})
  target = shapes(file.experiment, file.experiment.data.describe(None))
  state = trees.fitted(arrays, target, states)
  zeros = jax.tree.map(np.zeros_like, state.g.params)
  shutil.rmtree(states / '1')
  checkpoint.save(states, state.replace(g=state.g.replace(params=zeros)), keep=1)
  out = tmp_path / {'sample': 'a.npz', 'interpolate': 'a.png', 'project': 'p.png',
                    'export': 'e'}[mode]
  Image.fromarray(np.full((8, 8), 200, np.uint8)).save(tmp_path / 'goal.png')
  extra = {'interpolate': ['--show=truncation'], 'project': [f'--image={tmp_path}/goal.png'],
           'sample': ['--n=9'], 'export': []}[mode]

  def spread(*flags):
    assert launch.run(['launch.py', f'--mode={mode}', *run, *extra, f'--out={out}',
                       *flags]) == 0
    if mode == 'sample':
      return np.ptp(np.load(out)['images'].astype(int), 0).max()
    if mode == 'export':
      from safetensors.numpy import load_file
      return max(abs(a).max() for name, a in load_file(out / 'weights.safetensors').items()
                 if name.startswith('params'))
    picture = np.asarray(Image.open(out).convert('L')).astype(int)
    return np.ptp(picture[:, picture.shape[1] // 2:]) if mode == 'project' else len(
        np.unique(picture))
  average, last = spread(), spread('--noema')
  assert average > 3 * max(last, 1) or (mode == 'export' and average > 0 == last)
