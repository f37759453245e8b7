"""Every experiment file: what it says of itself, and two steps of it, at SMOKE size."""
import ast
import dataclasses
import importlib.util
import json
import os

import jax
import numpy as np
import pytest
import tiny

from jaxgan import experiment, parallel, rng
from jaxgan import gan as game
from jaxgan.data import source
from jaxgan.io import catalogue
from jaxgan.io.errors import Failure
from jaxgan.modes import shared
from jaxgan.nets import mlp
from jaxgan.run import compiled, feed, periodic, states, workdir
from jaxgan.types import Batch


def smoke(name):
  spec = importlib.util.spec_from_file_location(name, catalogue.path(name))
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module.SMOKE


def described(one, tmp_path):
  """One example's shapes: known without data, but for a set that TFDS does not know."""
  try:
    return one.data.describe(str(tmp_path))
  except Failure as e:
    if not os.environ.get('TFDS_DATA_DIR'):
      pytest.skip(str(e))
    return one.data.describe(None)


def random_source(spec, n=64):
  draw = np.random.default_rng(0)

  def example(a):
    if a.dtype == np.float32:
      return draw.normal(size=(n, *a.shape)).astype(a.dtype)
    return draw.integers(0, 256 if a.shape else 10, (n, *a.shape)).astype(a.dtype)
  return source.Arrays(jax.tree.map(example, spec))


COMPILED = ['digits', 'mnist_mlp', 'mnist_dcgan', 'mnist_dpgan',
            'mixture_games', 'ring8_mlp']
LARGE = ('biggan', 'sagan', 'stylegan2', 'r3gan')
TRACED = [name for name in catalogue.names()
          if not any(part in name for part in (*LARGE, 'cifar10'))]


@pytest.mark.parametrize('name', catalogue.names())
def test_it_can_be_built(name):
  one = experiment.load(name, smoke(name)).experiment
  assert one.batch == smoke(name).get('batch', one.batch) and one.data.name


# Their families' members compile two steps below; compiled too, they would take four minutes.
ALIKE = ['cifar10_stylegan2_ada', 'ffhq256_stylegan2', 'cifar10_r3gan', 'ffhq_r3gan',
         'cifar10_biggan', 'cifar10_sagan', 'cifar10_sngan_projection']


@pytest.mark.parametrize('name', tiny.slow_but([*TRACED, 'mnist_r3gan'],
                                               [*TRACED, 'mnist_r3gan', *ALIKE]))
def test_the_step_can_be_traced(name, tmp_path):
  one = experiment.load(name, smoke(name)).experiment
  spec = described(one, tmp_path)
  compiled.check(one, spec, None)
  state = states.shapes(one, spec)
  assert len(jax.tree.leaves(state.g.params)) > 1 < len(jax.tree.leaves(state.d.params))


@pytest.mark.parametrize('name', catalogue.names())
def test_its_data_are_told_by_config_json(name, tmp_path):
  """Sampling from a folder alone builds the state's shapes of what is read there."""
  spec = described(experiment.load(name, smoke(name)).experiment, tmp_path)
  told = {'x': workdir.described(spec.x), 'c': workdir.described(spec.c)}
  found = shared.described(json.loads(json.dumps(told)))
  assert jax.tree.structure(found) == jax.tree.structure(spec)
  assert jax.tree.all(jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype),
                                   found, spec))


def started(one, spec, real):
  """The state before the first step, as NumPy. As the real one takes as long to compile as the
  step, else a likely one: small weights, other numbers near 1."""
  if real:
    return jax.tree.map(np.asarray, states.initial_state(one, spec, parallel.mesh()))
  draw, shapes = np.random.default_rng(0), states.shapes(one, spec)

  def drawn(a):
    low, high = (-.1, .1) if len(a.shape) > 1 else (.8, 1.2)
    return draw.uniform(low, high, a.shape).astype(a.dtype)

  def player(of, tx):
    params = jax.tree.map(drawn, of.params)
    return game.Player(params, jax.tree.map(drawn, of.stats), tx.init(params))
  g, d = player(shapes.g, one.gan.g_tx), player(shapes.d, one.gan.d_tx)
  memory = {'loss': one.gan.loss.init(), 'augment': one.gan.augment.init()}
  skips = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), shapes.skips)
  return jax.tree.map(np.asarray, game.TrainState(
      np.int32(0), g, d, game.averaged(g), memory, skips))


@pytest.mark.parametrize('name', tiny.slow_but(
    COMPILED, [name for name in catalogue.names() if name not in ALIKE]))
def test_two_steps(name, tmp_path):
  one = experiment.load(name, smoke(name), dict(log_every=1)).experiment
  spec, mesh = described(one, tmp_path), parallel.mesh()
  before = started(one, spec, real=name in COMPILED or 'stylegan2' in name)
  state = parallel.replicate(before, mesh)
  advance = compiled.steps(one, mesh, 'shard_map')
  batches = feed.batches(one, random_source(spec), 0, 2, feed.capacity(one, spec))
  state, terms = advance(state, parallel.put(batches, mesh, 'shard_map'), np.int32(2),
                         rng.root(0))
  assert state.step == 2 and {'d/adversarial', 'd/real', 'd/fake'} <= set(terms)
  terms = periodic.played(parallel.local(terms))
  finite = jax.tree.map(lambda a: bool(np.isfinite(a).all()), (state, terms))
  assert jax.tree.all(finite), finite
  if tiny.same(before.g.params, state.g.params):  # G may rest, but not for ever
    batches = feed.batches(one, random_source(spec), 2, 20, feed.capacity(one, spec))
    state, _ = advance(state, parallel.put(batches, mesh, 'shard_map'), np.int32(20),
                       rng.root(0))
  for role in 'gd':  # a bias that the loss takes differences of has no gradient
    moved = jax.tree.map(lambda a, b: a.ndim < 2 or not np.array_equal(a, b),
                         getattr(before, role).params, getattr(state, role).params)
    assert jax.tree.all(moved), moved


@pytest.mark.parametrize('name', catalogue.names())
def test_docstring_tells_what_to_run(name):
  doc = ast.get_docstring(ast.parse(catalogue.path(name).read_text()))
  assert f'python launch.py --experiment={name} ' in doc and len(doc.split('\n')[0]) < 100
  assert 'cores' in doc, 'it says on what it was measured'


def test_pixels_fit_the_generators_range(tmp_path):
  """A tanh generator needs data in [-1, 1], a sigmoid one in [0, 1]."""
  for name in catalogue.names():
    one = experiment.load(name, smoke(name)).experiment
    spec = described(one, tmp_path)
    if getattr(spec.x, 'dtype', None) != np.uint8:
      continue
    pixels = np.arange(256, dtype=np.uint8).repeat(int(np.prod(spec.x.shape)))
    x = one.data.decode(Batch(pixels.reshape(256, *spec.x.shape))).x
    sigmoid = isinstance(one.gan.generator, mlp.Generator) and 'tanh' not in repr(
        one.gan.generator)
    assert (x.min(), x.max()) == (0. if sigmoid else -1., 1.), name


def test_sweeps_list_knobs():
  text = lambda name: catalogue.path(name).read_text()
  swept = [name for name in catalogue.names() if 'def sweep' in text(name)]
  assert swept
  for name in swept:
    for override in experiment.listed(name, 'sweep'):
      assert experiment.load(name, override).knobs | override == experiment.load(
          name, override).knobs


def test_loop_settings_are_checked():
  one = experiment.load('digits').experiment
  for field in ('batch', 'steps', 'keep', 'log_every'):
    with pytest.raises(experiment.Failure, match=f'{field} must be at least'):
      dataclasses.replace(one, **{field: -1})


def test_next_stop():
  one = dataclasses.replace(experiment.load('digits').experiment, steps=50, log_every=20,
                            sample_every=15, eval_every=0, save_every=40)
  stops, step = [], 0
  while step < 50:
    step = one.next_stop(step)
    stops.append(step)
  assert stops == [15, 20, 30, 40, 45, 50]


def test_a_name_that_an_experiment_does_not_offer_is_one_line():
  for name, knob in (('mnist_dcgan_games', 'loss'), ('mixture_games', 'game'),
                     ('mnist_few_dcgan', 'augment')):
    with pytest.raises(experiment.Failure, match=f'--{knob}=hing is none of .*: try'):
      experiment.load(name, {knob: 'hing'})
