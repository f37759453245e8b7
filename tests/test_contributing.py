"""The examples of CONTRIBUTING.md run, one after the other, and do what they are there for."""
import contextlib
import io
import pathlib
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

import jaxgan
from jaxgan import flags, rng
from jaxgan.types import Batch, Paths

TEXT = (pathlib.Path(__file__).parents[1] / 'CONTRIBUTING.md').read_text()


@pytest.fixture(scope='module')
def shown(tmp_path_factory):
  """The names that the examples define."""
  file = tmp_path_factory.mktemp('contributing') / 'examples.py'
  file.write_text('\n'.join(re.findall(r'```python\n(.*?)```', TEXT, re.S)))
  names = {'__name__': 'examples'}
  exec(compile(file.read_text(), str(file), 'exec'), names)  # our own file
  return names


def test_the_loss_trains(shown):
  gan = tiny.mlp_gan(loss=shown['loss'])
  real = jaxgan.batches(tiny_experiment(gan), 0)
  state, terms = jaxgan.compile(tiny_experiment(gan))(jaxgan.init(tiny_experiment(gan)), real)
  assert {'d/adversarial', 'd/logits', 'g/adversarial'} <= terms.keys()
  assert terms['d/logits'] > 0 and int(state.step) == 1


def tiny_experiment(gan):
  from jaxgan.data import source
  images = np.random.default_rng(0).integers(0, 256, (16, *tiny.SHAPE), np.uint8)
  return jaxgan.Experiment(gan, source.arrays(Batch(images)), batch=8, steps=1, eval_every=0)


def test_the_augmentation_moves_each_image_by_itself(shown):
  keys = rng.per_example(jax.random.key(0), jnp.arange(4))
  moved = shown['augment'].apply(keys, jnp.zeros((4, 2, 2, 1)), shown['augment'].init())
  assert len(np.unique(np.asarray(moved))) == 4 and abs(moved).max() <= .5


def test_the_network_judges(shown):
  net, x = shown['Critic'](), jnp.ones((3, 8, 8, 1))
  (logits, out), _ = net.init_with_output(jax.random.key(0), x, train=True)
  assert logits.shape == (3,) and out == {}


def test_the_experiment_trains_and_its_metric_measures(shown, tmp_path):
  one = shown['experiment'](**shown['SMOKE'], steps=2)
  with contextlib.redirect_stdout(io.StringIO()):
    state = jaxgan.train(one, tmp_path)
  points = jaxgan.sample(one, state, 1000)
  metric = shown['radius']()
  found = metric.prepare(Paths())(None, Batch(points))
  assert metric.rising == {'radius': False} and 0 < found['radius@1000'] < 2
  exact = metric.prepare(Paths())(None, shown['circle']().load(None).batch)
  assert exact['radius@1000'] < 1e-6


def test_any_arrays_are_a_data_set(shown):
  data = shown['waves']
  assert data.describe(None).x.shape == (256, 1)
  assert (len(data.load(None)), len(data.test.load(None))) == (1000, 100)
  assert data.show(data.test.load(None)[np.arange(4)].x).ndim == 3


def test_the_mode_is_one(shown, tmp_path, monkeypatch, capsys):
  assert flags.literal.__doc__ and shown['SHARED'] == ('step',)
  values, _ = flags.parse(['jaxgan', 'sample', 'runs/a', '--n=3'])
  shown['run'](values, {}, Paths())
  assert capsys.readouterr().out == '3 latest runs/a\n'


@pytest.mark.parametrize('kind,shape', [
    ('images', (16, 16, 3)), ('pairs', (16, 16, 3)), ('holes', (16, 16, 3)),
    ('sounds', (256, 1)), ('table', (5,)), ('films', (8, 16, 16, 1)), ('words', (6,))])
def test_each_kind_of_data_is_read_decoded_shown_and_written(shown, kind, shape):
  data = shown[kind]
  batch = data.load(None)[np.arange(12)]
  assert batch.x.shape == (12, *shape)
  back = np.asarray(data.encode(data.decode(batch).x))
  np.testing.assert_array_equal(back, batch.x)
  assert data.show(batch.x, batch.c).ndim == 3
  ending, content = data.write(batch.x[0])
  assert content and ending == {'sounds': '.wav', 'table': '.npy', 'films': '.gif',
                                'words': '.txt'}.get(kind, '.png')


def test_two_looks(shown):
  batch = shown['looks'].load(None)[np.arange(3)]
  assert batch.x.keys() == batch.c.keys() == {'a', 'b'}
