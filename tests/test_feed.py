"""What the compiled step is fed: batches, or positions in a data set that the devices keep."""
import dataclasses
import pathlib
import sys

import jax
import numpy as np
import pytest
import tiny

from jaxgan import checkpoint, experiment, feed
from jaxgan.data import source
from jaxgan.errors import Failure

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import launch

TINY = ['--experiment=digits', '--width=4', '--batch=8', '--steps=6', '--save_every=3',
        '--sample_every=0']


def start(folder, *flags):
  assert launch.run(['launch.py', *TINY, f'--workdir={folder}', *flags]) == 0
  return checkpoint.verified(folder / 'checkpoints' / '6')


def test_a_resident_data_set_changes_no_bit(tmp_path, monkeypatch):
  usual = start(tmp_path / 'usual')
  taken = []
  monkeypatch.setattr(feed, 'take', lambda *args: taken.append(args))
  kept = start(tmp_path / 'kept', '--resident')
  assert not taken, 'no batch was sent'
  assert tiny.same(usual, kept)


def test_positions_are_of_the_examples_that_batches_hold():
  one = experiment.load('digits', dict(batch=6, width=4)).experiment
  data = one.data.load(None)
  at = feed.take_positions(one, data, 5, 3, 4)
  assert at.shape == (4, 1, 6) and at.dtype == np.int32
  batches = feed.take(one, data, 5, 3, 4)
  np.testing.assert_array_equal(data[at[:3]].x, batches.x[:3])


class Streamed:
  """A source that is not in memory."""


def test_who_keeps_what_by_default(monkeypatch):
  data = experiment.load('digits').experiment.data.load(None)
  assert feed.resident(data, None) is None, 'CPUs have it already'
  assert feed.resident(data, True) is data.batch
  monkeypatch.setattr(jax, 'default_backend', lambda: 'gpu')
  assert feed.resident(data, None) is data.batch and feed.resident(data, False) is None
  turned = source.Mirrored(data)
  np.testing.assert_array_equal(feed.resident(turned, None).x[len(data):],
                                data.batch.x[..., ::-1, :])
  assert feed.resident(source.Mirrored(Streamed()), None) is None
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
