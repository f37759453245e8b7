"""What real examples score, said once beside the first score."""
import dataclasses

import numpy as np
import pytest

from jaxgan.data import source
from jaxgan.run import floor
from jaxgan.types import Batch, Metric, Paths


def data(values, test=None):
  one = source.Dataset(None, lambda data_dir: source.Arrays(Batch(np.float32(values))))

  return dataclasses.replace(one, test=test)


def brightness(real, fake):
  return {'brightness@4': float(fake.x.mean()), 'broken': float('nan')}


METRIC = Metric(4, lambda paths: brightness)
ZEROS, ONES = Batch(np.zeros(4)), Batch(np.ones(4))


def test_it_is_of_the_test_set_and_said_once(capsys):
  floors = {}
  score = floor.telling(METRIC, data([1.] * 9, test=data([3.] * 4)), Paths(), floors)
  assert score(None, ZEROS)['brightness@4'] == 0
  assert score(None, ONES)['brightness@4'] == 1
  assert capsys.readouterr().out == 'to compare: 4 test examples have brightness@4 3\n'
  assert floors == {'brightness@4': 3}


def test_without_enough_of_them_it_is_of_training(capsys):
  score = floor.telling(METRIC, data([2.] * 9, test=data([3.] * 3)), Paths(), {})
  score(None, ZEROS)
  assert 'to compare: 4 training examples have brightness@4 2' in capsys.readouterr().out


def test_a_set_that_is_too_small_has_none(capsys):
  score = floor.telling(METRIC, data([2.] * 3), Paths(), {})
  assert score(None, ZEROS)['brightness@4'] == 0 and capsys.readouterr().out == ''


@pytest.mark.parametrize('kind', ['paired', 'latents'])
def test_pairs_and_what_needs_latents_have_none(capsys, kind):
  """Examples of others are no pairs, and were made from nothing."""
  score = floor.telling(METRIC._replace(**{kind: True}), data([2.] * 9), Paths(), {})
  assert score(None, ZEROS)['brightness@4'] == 0 and capsys.readouterr().out == ''
