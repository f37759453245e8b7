"""Checkpoints are written while training goes on, with the guarantees of ones that are not."""
import dataclasses
import threading
import time

import jax
import numpy as np
import pytest
import tiny

from jaxgan import parallel
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, log, periodic, sampling
from jaxgan.run.saver import Saver
from jaxgan.types import Batch


def failing():
  raise Failure('a full disk', code=5)


def test_one_job_after_another():
  saver, go, done = Saver(), threading.Event(), []

  def first():
    go.wait(10)
    done.append(1)
  saver.start(first)
  saver.check()  # it has not ended: nothing to say
  assert not done
  threading.Timer(.2, go.set).start()
  saver.start(done.append, 2)
  assert done[:1] == [1]  # the second did not start before the first had ended
  saver.wait()
  assert done == [1, 2]


@pytest.mark.parametrize('heard', ['check', 'wait', 'start'])
def test_what_a_job_raises_is_raised_once(heard):
  saver = Saver()
  saver.start(failing)
  while not saver.last.done():
    time.sleep(.01)
  with pytest.raises(Failure, match='a full disk'):
    getattr(saver, heard)(*[print] * (heard == 'start'))
  saver.check()
  saver.wait()


def due(folder, **changes):
  data = source.arrays(Batch(np.zeros((64, *tiny.SHAPE), np.uint8)))
  how = dict(log_every=0, sample_every=0, eval_every=0, save_every=1) | changes
  one = Experiment(tiny.mlp_gan(), data, 8, 10, **how)
  return (periodic.Periodic(one, data.load(None), folder, log.Log(folder, 0, 10),
                            sampling.sampler(one), []),
          parallel.local(tiny.initial(one.gan, jax.devices()[:1])))


def at(state, step):
  """The state with its step, in memory that can be overwritten."""
  state = jax.tree.map(np.array, state)
  return dataclasses.replace(state, step=np.array(step, np.int32))


def test_a_copy_is_written_while_training_goes_on(tmp_path, monkeypatch):
  """The step after a save overwrites the state's memory: what is written is what was."""
  its, state = due(tmp_path)
  state, go, write = at(state, 1), threading.Event(), checkpoint.save
  monkeypatch.setattr(checkpoint, 'save', lambda *args: go.wait(10) and write(*args))
  expected = jax.tree.map(np.array, state)
  its.after(1, state, {})
  assert not checkpoint.steps(tmp_path / 'checkpoints')  # and `after` has returned
  for leaf in jax.tree.leaves(state):
    leaf[...] = 7
  go.set()
  its.saver.wait()
  found = checkpoint.restore(tmp_path / 'checkpoints', expected)
  assert jax.tree.all(jax.tree.map(np.array_equal, found, expected))
  assert (tmp_path / 'saved').read_text() == '1'


def test_a_failed_save_ends_the_run_at_the_next_call(tmp_path, monkeypatch):
  its, state = due(tmp_path, save_every=2)
  monkeypatch.setattr(checkpoint, 'save', lambda *args: failing())
  its.after(2, at(state, 2), {})
  while its.saver.last and not its.saver.last.done():
    time.sleep(.01)
  with pytest.raises(Failure, match='a full disk'):
    its.after(3, at(state, 3), {})


def test_the_last_state_is_written_though_the_one_before_failed(tmp_path, monkeypatch):
  its, state = due(tmp_path, save_every=2)
  write = checkpoint.save

  def fails_at_2(folder, state, keep):
    return failing() if int(state.step) == 2 else write(folder, state, keep)
  monkeypatch.setattr(checkpoint, 'save', fails_at_2)
  its.after(2, at(state, 2), {})
  with pytest.raises(Failure, match='a full disk'):
    its.close(3, at(state, 3))
  assert checkpoint.steps(tmp_path / 'checkpoints') == [3]


def test_an_end_waits_for_what_is_written(tmp_path, monkeypatch):
  its, state = due(tmp_path)
  write = checkpoint.save
  monkeypatch.setattr(checkpoint, 'save', lambda *args: time.sleep(.3) or write(*args))
  its.close(4, at(state, 4))
  assert checkpoint.steps(tmp_path / 'checkpoints') == [4]


def test_what_is_due_later_waits_for_the_save_before(tmp_path, monkeypatch):
  """A kill in an evaluation must find the save before it whole."""
  its, state = due(tmp_path, save_every=2, sample_every=3)
  write, seen = checkpoint.save, []
  monkeypatch.setattr(checkpoint, 'save', lambda *args: time.sleep(.3) or write(*args))
  monkeypatch.setattr(its, 'fakes', lambda *args: (
      seen.append(checkpoint.steps(tmp_path / 'checkpoints')), its.reals(4))[1])
  its.after(2, at(state, 2), {})
  its.after(3, at(state, 3), {})
  assert seen == [[2]]
