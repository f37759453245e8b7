"""An experiment in words."""
import json

import optax
import pytest
import yaml

from jaxgan import experiment
from jaxgan.io import catalogue
from jaxgan.losses import adversarial, penalties
from jaxgan.run import description


@pytest.mark.parametrize('name', catalogue.names())
def test_every_experiment_can_be_told(name):
  knobs = {'size': 16} if name == 'own_images' else {}
  told = description.resolved(experiment.load(name, knobs | ({
      'width': 4, 'batch': 8, 'n': 8, 'augment': 'none'} if knobs else {})))
  text = json.dumps(told)
  assert json.loads(text) == told and '0x' not in text and '".."' not in text
  assert yaml.safe_load(yaml.safe_dump(told)) == told


def test_what_was_given_is_told():
  told = description.resolved(experiment.load('mnist_wgan_gp', {'gp': 3., 'b2': .8}))['gan']
  adam, rate = told['g_tx']
  assert adam['transform.scale_by_adam']['b2'] == .8
  assert rate == {'transform.scale': {'step_size': -1e-4}}
  critic, penalty = told['loss']['base.Loss']['d']
  assert 'adversarial.adversarial' in critic
  assert penalty == {'penalties.gradient_penalty': {
      'one_sided': False, 'pack': 1, 'weight': 3.}}


def test_sums_are_lists_and_nothing_is_left_out_of_them():
  loss = adversarial.hinge() + penalties.r1(2.) + penalties.r2(4.)
  d = description.described(loss)['base.Loss']['d']
  assert [next(iter(term)) for term in d] == [
      'adversarial.adversarial', 'penalties.zero_centred', 'penalties.zero_centred']
  assert [term['penalties.zero_centred']['weight'] for term in d[1:]] == [2., 4.]


def test_schedules_and_what_knows_itself_are_told():
  rate = optax.cosine_decay_schedule(.1, 10)
  assert 'cosine_decay_schedule' in json.dumps(description.described(optax.sgd(rate)))

  def itself(n):
    return itself(n - 1) if n else 0
  assert description.described(itself).endswith('itself') or description.described(itself)


def test_long_lists_are_counted():
  assert description.described(list(range(1000))) == '1000 items'
  assert description.described([1, 2]) == [1, 2]
