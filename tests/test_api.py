"""What `import jaxgan` shows: every example in its docstrings runs, and Python does what the
command line does."""
import doctest
import threading

import jax
import numpy as np
import optax
import pytest
import tiny

import jaxgan
from jaxgan import api, command, experiment
from jaxgan.augment import base as augment
from jaxgan.data import source
from jaxgan.io.errors import Failure
from jaxgan.losses import base as losses
from jaxgan.types import Batch, Metric

SHOWN = [jaxgan.load, jaxgan.init, jaxgan.compile, jaxgan.batches, jaxgan.train, jaxgan.restore,
         jaxgan.sample, jaxgan.grid, jaxgan.GAN, jaxgan.Loss, jaxgan.Experiment, Metric,
         source.Dataset, augment.Augment]


@pytest.mark.parametrize('what', SHOWN, ids=lambda what: what.__name__)
def test_every_example_runs(what):
  tests = doctest.DocTestFinder(recurse=False).find(what, what.__name__, globs={})
  assert sum(len(test.examples) for test in tests) > 0, 'it has an example'
  for test in tests:
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_help_names_all():
  assert all(name in jaxgan.__doc__ and getattr(jaxgan, name) for name in jaxgan.PUBLIC)
  with pytest.raises(AttributeError, match='it has GAN, Loss, Experiment'):
    jaxgan.nothing  # noqa: B018


@pytest.fixture(scope='module')
def one():
  images = np.random.default_rng(0).integers(0, 256, (64, *tiny.SHAPE), np.uint8)
  return experiment.Experiment(tiny.mlp_gan(), source.arrays(Batch(images)), batch=8, steps=4,
                               log_every=1, eval_every=0, save_every=2)


def test_steps_are_those_of_the_loop(one, tmp_path):
  """In a thread that is not the main one, as a notebook's may be."""
  thread = threading.Thread(target=jaxgan.train, args=(one, tmp_path / 'run'))
  thread.start()
  thread.join()
  step, state = jaxgan.compile(one), jaxgan.init(one)
  for i in range(one.steps):
    state, _ = step(state, jaxgan.batches(one, i))
  trained = jaxgan.restore(one, tmp_path / 'run')
  for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(trained), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_another_experiment_is_refused(one, tmp_path):
  import dataclasses
  jaxgan.train(one, tmp_path)
  more = jaxgan.train(dataclasses.replace(one, steps=6), tmp_path)
  assert more.step == 6
  other = dataclasses.replace(one, gan=dataclasses.replace(one.gan, d_tx=optax.sgd(.5)))
  with pytest.raises(Failure, match='give the Experiment that made it') as e:
    jaxgan.train(other, tmp_path)
  assert e.value.code == 4


def test_the_command_line_says_that_it_cannot_know_the_experiment(one, tmp_path, capsys):
  jaxgan.train(one, tmp_path)
  capsys.readouterr()
  assert command.run(['jaxgan', 'sample', str(tmp_path)]) == 2
  assert 'was trained in Python' in (err := capsys.readouterr().err) and err.count('\n') == 1
  assert command.run(['jaxgan', 'train', str(tmp_path), '--width=4', '--batch=8']) == 4
  assert 'to jaxgan.train to resume it' in capsys.readouterr().err


def test_a_gan_alone(devices):
  gan = tiny.mlp_gan()
  real = Batch(np.zeros((1, 8, *tiny.SHAPE), np.float32))
  state = api.init(gan, jax.tree.map(lambda a: a[0], real), seed=1)
  state, terms = jaxgan.compile(gan, seed=1, devices=devices)(state, real)
  assert int(state.step) == 1 and np.isfinite(terms['d/adversarial'])
  with pytest.raises(Failure, match='needs a Batch'):
    api.init(gan)


def test_a_batch_that_does_not_divide(one):
  step = jaxgan.compile(one, devices=jax.devices()[:3])
  with pytest.raises(Failure, match='a batch of 8 does not divide over 3 devices'):
    step(jaxgan.init(one), jaxgan.batches(one, 0))


def test_the_loss_module_is_what_is_shown():
  assert jaxgan.Loss is losses.Loss
