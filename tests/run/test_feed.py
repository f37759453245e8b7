"""What the compiled step is fed: batches, or positions in a data set that the devices keep."""
import dataclasses
import pathlib
import sys
import time

import jax
import numpy as np
import pytest
import tiny

from jaxgan import experiment
from jaxgan.data import derived, mixtures, order
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, feed
from jaxgan.types import Batch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

TINY = ['--experiment=digits', '--width=4', '--batch=8', '--steps=6', '--save_every=3',
        '--sample_every=0']


def start(folder, *flags):
  assert launch.run(['launch.py', *TINY, f'--workdir={folder}', *flags]) == 0
  return checkpoint.verified(folder / 'checkpoints' / '6')


@pytest.mark.slow
def test_a_resident_data_set_changes_no_bit(tmp_path, monkeypatch):
  usual = start(tmp_path / 'usual')
  taken = []
  monkeypatch.setattr(feed, 'batches', lambda *args: taken.append(args))
  kept = start(tmp_path / 'kept', '--resident')
  assert not taken, 'no batch was sent'
  assert tiny.same(usual, kept)


def test_positions_are_of_the_examples_that_batches_hold():
  one = experiment.load('digits', dict(batch=6, width=4)).experiment
  data = one.data.load(None)
  at = feed.batch_positions(one, data, 5, 3, 4)
  assert at.shape == (4, 1, 6) and at.dtype == np.int32
  batches = feed.batches(one, data, 5, 3, 4)
  np.testing.assert_array_equal(data[at[:3]].x, batches.x[:3])


class Streamed:
  """A source that is not in memory."""


def test_who_keeps_what_by_default(monkeypatch):
  data = experiment.load('digits').experiment.data.load(None)
  assert feed.resident(data, None) is None, 'CPUs have it already'
  assert feed.resident(data, True) is data.batch
  monkeypatch.setattr(jax, 'default_backend', lambda: 'gpu')
  assert feed.resident(data, None) is data.batch and feed.resident(data, False) is None
  turned = derived.Mirrored(data)
  np.testing.assert_array_equal(feed.resident(turned, None).x[len(data):],
                                data.batch.x[..., ::-1, :])
  assert feed.resident(derived.Mirrored(Streamed()), None) is None
  with pytest.raises(Failure, match='--resident is for data sets that are read into memory'):
    feed.resident(Streamed(), True)
  monkeypatch.setattr(feed, 'RESIDENT', 1000)
  assert feed.resident(data, None) is None


@pytest.mark.parametrize('flag', ['--device_map=pmap', '--seeds=2'])
def test_what_cannot_be_resident_is_one_line(flag, tmp_path, capsys):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path / "w"}', '--resident',
                     flag]) == 2
  assert '--resident is for one run a program' in capsys.readouterr().err
  assert not (tmp_path / 'w').exists()


def test_capacity_shrinks_with_members():
  one = experiment.load('digits', dict(batch=8, width=4)).experiment
  big = dataclasses.replace(one, batch=8 * 2 ** 15)
  spec = one.data.describe(None)
  assert feed.capacity(one, spec) == feed.STEPS and feed.capacity(big, spec) == 2
  assert feed.capacity(big, spec, 2) == 1


class Slow:
  """A source of points that does as it is told."""

  def __init__(self, call=lambda ids: None):
    self.call = call

  def __len__(self):
    return 64

  def __getitem__(self, ids):
    self.call(ids)
    return Batch(np.float32(ids)[..., None] + np.zeros((*np.shape(ids), 2), np.float32))


def one(source, **changes):
  data = dataclasses.replace(mixtures.load(mixtures.ring8()), load=lambda data_dir: source,
                             extractor='')
  return experiment.Experiment(tiny.mlp_gan(), data, batch=8, steps=6, **changes)


def test_a_record_that_is_not_finite_is_named_in_its_step():
  class Bad(Slow):
    def __getitem__(self, ids):
      x = super().__getitem__(ids).x
      return Batch(np.where(x == 37, np.nan, x))
  with pytest.raises(Failure, match='example 37 of the data is not finite'):
    for step in range(8):
      feed.batches(one(Bad()), Bad(), step, 1, 1)


def test_what_cannot_be_read_is_an_error_of_storage():
  def gone(ids):
    raise OSError(5, 'Input/output error', 'shard-3')
  with pytest.raises(Failure, match="steps 4 to 5 cannot be read .*shard-3") as e:
    feed.batches(one(Slow()), Slow(gone), 3, 2, 2)
  assert e.value.code == 5


def test_positions_go_on_where_the_moves_of_d_ended():
  """Each of D's moves has a batch of its own: three steps of two are six batches on end."""
  gan = tiny.mlp_gan(d_steps=2)
  it = dataclasses.replace(one(Slow()), gan=gan)
  whole = feed.positions(it, Slow(), 0, 3)
  assert whole.shape == (3, 2, 8)
  np.testing.assert_array_equal(whole.ravel(), order.ids(64, 0, 0, 48))
  np.testing.assert_array_equal(feed.positions(it, Slow(), 1, 2), whole[1:])


def test_data_that_do_not_come_end_the_wait(capfd):
  begun = time.monotonic()
  with pytest.raises(Failure, match='the data have not come for 1 s: .*--data_timeout') as e:
    feed.waited(lambda: time.sleep(30), lambda: 0, 1.)
  assert e.value.code == 6 and time.monotonic() - begun < 5
  said = capfd.readouterr().err
  assert 'time.sleep(30)' in said and 'thread data' in said and 'thread MainThread' in said


def test_a_signal_ends_the_wait_and_errors_come_through():
  asked = iter([0, 0, 15, 15])
  assert feed.waited(lambda: time.sleep(30), lambda: next(asked), 60.) is None
  assert feed.waited(lambda: 3, lambda: 15, 60.) == 3
  with pytest.raises(ZeroDivisionError):
    feed.waited(lambda: 1 / 0, lambda: 0, 60.)
