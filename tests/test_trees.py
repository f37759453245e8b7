"""What D judges may be any pytree, and images may have 1 to 4 channels: all the way through."""
import pathlib
import sys

import numpy as np
import pytest
import tiny
from PIL import Image

from jaxgan.data import source
from jaxgan.io import pictures
from jaxgan.io.errors import Failure
from jaxgan.metrics import suite
from jaxgan.types import Batch, Paths

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from jaxgan import command as launch

EXPERIMENT = """
import jax, numpy as np, optax
from flax import linen as nn
from jax import numpy as jnp
from jaxgan import priors
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.types import Batch

KINDS = {'dict': lambda a, b: {'photo': a, 'pair': {'depth': b}}, 'tuple': lambda a, b: (a, b),
         'list': lambda a, b: [a, b]}

class G(nn.Module):
  kind: str
  @nn.compact
  def __call__(self, z, c=None, *, train):
    image = nn.tanh(nn.Dense(48)(z)).reshape(-1, 4, 4, 3)
    return KINDS[self.kind](image, nn.Dense(5)(z))

class D(nn.Module):
  @nn.compact
  def __call__(self, x, c=None, *, train):
    flat = jnp.concatenate([a.reshape(len(a), -1) for a in jax.tree.leaves(x)], 1)
    return nn.Dense(1)(nn.tanh(nn.Dense(4)(flat)))[:, 0], {}

def experiment(kind='dict', steps=4, batch=8, seed=0):
  draw = np.random.default_rng(0)
  x = KINDS[kind](draw.normal(size=(32, 4, 4, 3)).astype(np.float32),
                  draw.normal(size=(32, 5)).astype(np.float32))
  one = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), x)
  data = source.Dataset(lambda d: Batch(one), lambda d: source.Arrays(Batch(x)))
  return Experiment(data=data, batch=batch, steps=steps, seed=seed, eval_every=0,
                    sample_every=2, save_every=2,
                    gan=GAN(G(kind), D(), priors.normal(3), adversarial.non_saturating(),
                            optax.sgd(.1), optax.sgd(.1)))
"""


@pytest.mark.parametrize('kind,names', [
    ('dict', ['pair/depth', 'photo']),
    pytest.param('tuple', ['0', '1'], marks=pytest.mark.slow),
    pytest.param('list', ['0', '1'], marks=pytest.mark.slow)])
def test_a_tree_is_trained_resumed_and_sampled(tmp_path, capsys, kind, names):
  (tmp_path / 'tree.py').write_text(EXPERIMENT)
  flags = [f'--experiment={tmp_path}/tree.py', f'--workdir={tmp_path}/run']
  go = lambda *more: launch.run(['launch.py', *flags, *more])
  assert go(f'--kind={kind}') == 0 and go(f'--kind={kind}', '--steps=6') == 0
  straight = [f'--experiment={tmp_path}/tree.py', f'--workdir={tmp_path}/straight']
  assert launch.run(['launch.py', *straight, f'--kind={kind}', '--steps=6']) == 0
  digest = lambda run: (tmp_path / run / 'checkpoints' / '6' / 'digest.json').read_text()
  assert digest('run') == digest('straight')
  assert go('--mode=sample', '--n=300', f'--out={tmp_path}/x.npz') == 0  # two calls' worth
  with np.load(tmp_path / 'x.npz', allow_pickle=False) as found:
    assert sorted(found.files) == names
    assert {found[name].shape for name in names} == {(300, 4, 4, 3), (300, 5)}
  capsys.readouterr()
  assert go('--mode=sample', f'--out={tmp_path}/x.png') == 0  # one part below the other
  capsys.readouterr()
  assert go('--mode=interpolate', f'--out={tmp_path}/sheet.png') == 2
  assert 'float32 [4, 4, 3]' in capsys.readouterr().err


OWN = """
import optax
from jaxgan import priors
from jaxgan.data import folder
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import dcgan

def experiment(channels=4, steps=2, batch=8, seed=0):
  return Experiment(
      data=folder.load(8, channels=channels), batch=batch, steps=steps, seed=seed, eval_every=0,
      sample_every=2, gan=GAN(dcgan.Generator((8, 8, channels), (4, 4), 3),
                              dcgan.Discriminator((4,), 3), priors.normal(4),
                              adversarial.non_saturating(), optax.sgd(.1), optax.sgd(.1)))
"""


@pytest.mark.parametrize('channels,mode', tiny.slow_but(
    [(4, 'RGBA')], [(1, 'L'), (2, 'LA'), (3, 'RGB'), (4, 'RGBA')]))
def test_images_of_any_channels_are_shown(tmp_path, channels, mode):
  (tmp_path / 'own.py').write_text(OWN)
  (tmp_path / 'data').mkdir()
  draw = np.random.default_rng(0).integers(0, 256, (9, 8, 8, channels), dtype=np.uint8)
  for i, image in enumerate(draw):
    Image.fromarray(image[..., 0] if channels == 1 else image, mode).save(
        tmp_path / 'data' / f'{i}.png')
  flags = [f'--experiment={tmp_path}/own.py', f'--workdir={tmp_path}/run']
  assert launch.run(['launch.py', *flags, f'--channels={channels}',
                     f'--data_dir={tmp_path}/data']) == 0
  assert (tmp_path / 'run' / 'samples' / 'fakes_00000002.png').exists()
  assert launch.run(['launch.py', '--mode=sample', *flags, '--n=4',
                     f'--out={tmp_path}/one']) == 0
  with Image.open(tmp_path / 'one' / '000000.png') as picture:
    assert picture.mode == mode and picture.size == (8, 8)
  for show, out in (('walk', 'a.gif'), ('truncation', 'a.png')):
    assert launch.run(['launch.py', '--mode=interpolate', f'--show={show}', *flags, '--n=2',
                       f'--out={tmp_path}/{out}']) == 0
  assert launch.run(['launch.py', '--mode=project', *flags, f'--out={tmp_path}/p.png',
                     f'--image={tmp_path}/data/0.png']) == 0


def test_what_can_be_seen_through_is_on_a_checkerboard():
  """By hand: half of white on squares of 96 and 160."""
  x = np.full((1, 16, 16, 4), 255, np.uint8)
  x[..., 3] = 128
  found = pictures.opaque(x)[0, :, :, 0]
  share = 128 / 255
  for at, grey in (((0, 0), 96), ((0, 2), 160), ((2, 0), 160), ((2, 2), 96)):
    assert found[at] == round(share * 255 + (1 - share) * grey)
  x[..., 3] = 255
  np.testing.assert_array_equal(pictures.opaque(x), x[..., :3])
  grey = np.dstack([np.arange(64).reshape(8, 8), np.full((8, 8), 255)]).astype(np.uint8)[None]
  np.testing.assert_array_equal(pictures.opaque(grey)[..., 0], grey[..., 0])
  assert pictures.grid(x).shape == (32, 32, 3)


def test_metrics_of_more_channels_are_refused_before_training():
  data = source.arrays(Batch(np.zeros((9, 8, 8, 4), np.uint8)))
  with pytest.raises(Failure, match='are of images with 1 or 3 channels, not'):
    suite.in_training(data).prepare(Paths())


@pytest.mark.parametrize('image', ['bomb', 'text', 'none'])
def test_an_image_that_cannot_be_read_is_one_line(tmp_path, capsys, monkeypatch, image):
  flags = [f'--workdir={tmp_path}/run']
  assert launch.run(['launch.py', *flags, '--experiment=digits', '--width=4', '--batch=8',
                     '--steps=1', '--eval_every=0']) == 0
  path = tmp_path / f'{image}.png'
  if image == 'bomb':
    Image.new('L', (8, 8)).save(path)
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 20)
  elif image == 'text':
    path.write_text('no picture')
  capsys.readouterr()
  assert launch.run(['launch.py', '--mode=project', *flags, f'--image={path}']) == 2
  said = capsys.readouterr().err.strip()
  assert '\n' not in said and f'--image={path} cannot be read' in said and '0x' not in said
  assert {'bomb': 'more pixels', 'text': 'no picture that Pillow reads',
          'none': 'No such file'}[image] in said
