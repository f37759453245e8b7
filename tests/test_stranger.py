"""The stranger's test: data of six kinds, each an experiment of one file outside the package,
are trained, resumed, shown, sampled, scored and exported, with no edit to it."""
import json
import wave

import jax
import numpy as np
import pytest
import safetensors.numpy
import tiny
from PIL import Image

from jaxgan import command as launch
from jaxgan.io import files
from jaxgan.run import checkpoint

HEAD = """
import dataclasses, functools
import jax, jax.numpy as jnp, numpy as np, optax
from flax import linen as nn
from jaxgan import priors
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.io import write
from jaxgan.losses import adversarial, cycle, history, paired, penalties
from jaxgan.metrics import paired as pairs, suite, two_sample
from jaxgan.nets import patch, translator, unet
from jaxgan.nets.conv import Conv, ConvTranspose
from jaxgan.types import Batch

draw = np.random.default_rng

class Flat(nn.Module):
  @nn.compact
  def __call__(self, x, c=None, *, train):
    h = nn.relu(nn.Dense(8)(x.reshape(len(x), -1)))
    return nn.Dense(1)(h)[:, 0], {}

def run(data, G, D, prior, steps, loss=adversarial.non_saturating(), metrics=()):
  return Experiment(data=data, batch=8, steps=steps, seed=0, metrics=metrics, eval_every=2,
                    sample_every=2, save_every=2,
                    gan=GAN(G, D, prior, loss, optax.adam(1e-3), optax.adam(1e-3)))
"""
KINDS = {
    'paired': ("""
def arrays(n):
  x = draw(0).integers(0, 256, (n, 16, 16, 3)).astype(np.uint8)
  return Batch(x, 255 - x[..., :1])

def experiment(steps=4):
  data = source.arrays(arrays(32), test=source.arrays(arrays(16)))
  G, D = unet.Generator(3, (4, 4)), patch.Discriminator((4, 8))
  return run(data, G, D, priors.nothing, steps,
             adversarial.least_squares() + paired.l1(10.), [pairs.of_images(16)])
""", '.png', 'psnr@16'),
    'unpaired': ("""
def arrays(n):
  a, b = (draw(i).integers(0, 256, (n, 8, 8, 3)).astype(np.uint8) for i in range(2))
  return Batch({'a': a, 'b': b}, {'a': a, 'b': b})

def experiment(steps=4):
  make = functools.partial(translator.Translator, 3, 2, 1)
  critic = functools.partial(patch.Discriminator, (4,), norm=unet.instance_norm)
  one = {name: jax.ShapeDtypeStruct((8, 8, 3), jnp.float32) for name in 'ab'}
  loss = history.pooled(adversarial.least_squares(), 8, Batch(one, one)) + cycle.cycle(5.)
  data = source.arrays(arrays(32), test=source.arrays(arrays(16)))
  G, D = translator.Both(make, make), translator.OfEach(critic)
  return run(data, G, D, priors.nothing, steps,
             loss + cycle.identity(2.), [pairs.of_each(16, ('a', 'b'))])
""", '.npz', 'l1-a@16'),
    'sound': ("""
class G(nn.Module):
  @nn.compact
  def __call__(self, z, c=None, *, train):
    h = nn.relu(nn.Dense(32)(jnp.concatenate([z, jax.nn.one_hot(c, 4)], 1))).reshape(-1, 8, 4)
    for width in (4, 1):
      h = ConvTranspose(width, 9, 4)(nn.relu(h))
    return nn.tanh(h)

class D(nn.Module):
  @nn.compact
  def __call__(self, x, c=None, *, train):
    for width in (4, 4):
      x = nn.leaky_relu(Conv(width, 9, 4)(x))
    return nn.Dense(1)(x.reshape(len(x), -1))[:, 0], {}

def arrays(n):
  return source.arrays(Batch(draw(0).normal(size=(n, 128, 1)).astype(np.float32) / 4,
                             np.arange(n) % 4), classes=4)

def experiment(steps=4):
  data = dataclasses.replace(arrays(160), test=arrays(64), write=write.sound(8000),
                             unit='clips', name='clips')
  return run(data, G(), D(), priors.normal(4), steps, adversarial.wasserstein()
             + penalties.gradient_penalty(10.), [suite.in_training(data, ('fd', 'prdc'), 32)])
""", '.wav', 'fd_cnn-clips@32'),
    'tokens': ("""
WORDS = 'abcdefgh'

class G(nn.Module):
  @nn.compact
  def __call__(self, z, c=None, *, train):
    return nn.softmax(nn.Dense(6 * 8)(z).reshape(-1, 6, 8))

def experiment(steps=4):
  ids = draw(0).integers(0, 8, (64, 6)).astype(np.int32)
  data = dataclasses.replace(
      source.arrays(Batch(ids)), unit='words', write=write.text(WORDS, end=-1),
      decode=lambda batch: Batch(None if batch.x is None else jax.nn.one_hot(batch.x, 8)),
      encode=lambda x: x.argmax(-1).astype(jnp.int32))
  return run(data, G(), Flat(), priors.normal(4), steps)
""", '.txt', 'auc@16'),
    'table': ("""
class G(nn.Module):
  @nn.compact
  def __call__(self, z, c=None, *, train):
    return nn.Dense(5)(nn.relu(nn.Dense(8)(z)))

def experiment(steps=4):
  data = source.arrays(Batch(draw(0).normal(size=(64, 5)).astype(np.float32)))
  return run(dataclasses.replace(data, unit='rows'), G(), Flat(), priors.normal(4), steps,
             metrics=[two_sample.of_examples(32)])
""", '.npy', 'auc@32'),
    'film': ("""
class G(nn.Module):
  @nn.compact
  def __call__(self, z, c=None, *, train):
    h = nn.relu(nn.Dense(2 * 4 * 4 * 4)(z)).reshape(-1, 2, 4, 4, 4)
    return nn.tanh(ConvTranspose(1, 4)(h))

class D(nn.Module):
  @nn.compact
  def __call__(self, x, c=None, *, train):
    h = nn.leaky_relu(Conv(4, 4, (1, 2, 2))(x))
    return nn.Dense(1)(h.reshape(len(x), -1))[:, 0], {}

def experiment(steps=4):
  data = source.arrays(Batch(draw(0).integers(0, 256, (32, 4, 8, 8, 1)).astype(np.uint8)))
  return run(dataclasses.replace(data, unit='films'), G(), D(), priors.normal(4), steps)
""", '.gif', 'auc@16')}


@pytest.mark.parametrize('kind', tiny.slow_but(['table'], KINDS))
def test_no_edit_to_the_package_is_needed(kind, tmp_path, capsys, monkeypatch):
  from jaxgan.metrics.extractors import classifier
  monkeypatch.setattr(classifier, 'STEPS', 3)
  text, ending, score = KINDS[kind]
  (tmp_path / 'own.py').write_text(HEAD + text)
  own = f'--experiment={tmp_path}/own.py'
  flags = [own, f'--workdir={tmp_path}/run', f'--cache_dir={tmp_path}/cache']
  go = lambda *more: launch.run(['launch.py', *flags, *more])
  assert go() == 0 and go('--steps=6') == 0, capsys.readouterr().err
  straight = ['launch.py', own, f'--workdir={tmp_path}/straight', flags[2], '--steps=6']
  assert launch.run(straight) == 0
  digest = lambda run: (tmp_path / run / 'checkpoints' / '6' / 'digest.json').read_text()
  assert digest('run') == digest('straight') and checkpoint.steps(
      tmp_path / 'run' / 'checkpoints')[-1] == 6
  pictures = sorted(path.name for path in (tmp_path / 'run' / 'samples').iterdir())
  assert 'reals.png' in pictures and 'fakes_00000006.png' in pictures
  assert Image.open(tmp_path / 'run' / 'samples' / 'fakes_00000006.png').size > (16, 16)

  assert go('--mode=sample', '--n=5', f'--out={tmp_path}/files') == 0
  written = sorted(path for path in (tmp_path / 'files').rglob('*') if path.is_file())
  assert len(written) == 5 and {path.suffix for path in written} == {ending}
  if kind == 'sound':
    with wave.open(str(written[0])) as sound:
      assert (sound.getframerate(), sound.getnframes()) == (8000, 128)
  assert go('--mode=eval', '--n=16', '--eval_seeds=1') == 0, capsys.readouterr().err
  names = {row['name'] for row in files.read(tmp_path / 'run' / 'evals.jsonl')}
  logged = {name for row in files.read(tmp_path / 'run' / 'metrics.jsonl') for name in row}
  assert score in names | {name.removeprefix('eval/') for name in logged}, (names, logged)

  assert go('--mode=export', f'--out={tmp_path}/exported') == 0, capsys.readouterr().err
  card = json.loads((tmp_path / 'exported' / 'card.json').read_text())
  program = jax.export.deserialize(
      (tmp_path / 'exported' / 'generator.stablehlo').read_bytes())
  weights = safetensors.numpy.load_file(tmp_path / 'exported' / 'weights.safetensors')
  blank = lambda of: jax.tree.map(
      lambda one: np.zeros((3, *one['shape'][1:]), one['dtype']), of,
      is_leaf=lambda one: 'shape' in one)
  x = program.call(weights, *(of and blank(of) for of in (card['z'], card['c'])))
  assert all(np.isfinite(a).all() and len(a) == 3 for a in jax.tree.leaves(x))
