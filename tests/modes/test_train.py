"""Training by the command line: a dry run, the config, other metrics, what flags say."""
import json

import numpy as np
import pytest
import yaml
from PIL import Image

from jaxgan import command, experiment
from jaxgan.io import catalogue, files
from jaxgan.io.errors import Failure
from jaxgan.losses import named
from jaxgan.run import checkpoint, dry_run

SMALL = ['--experiment=digits', '--width=4', '--batch=8']


def train(*flags):
  return command.run(['jaxgan', 'train', *SMALL, *flags])


def test_a_dry_run_does_all_and_keeps_nothing(tmp_path, capsys, monkeypatch):
  monkeypatch.chdir(tmp_path)
  assert train('--dry_run', '--steps=500') == 0
  out = capsys.readouterr().out
  for said in ('trained 2 steps', 'sw2_pixels@64', 'it ends at the same bits',
               'drew samples', 'to train 500 steps'):
    assert said in out
  assert not list(tmp_path.iterdir())


def test_a_dry_run_trains_the_second_step_again(tmp_path, capsys, monkeypatch):
  there, train_ = [], dry_run.loop.train

  def watched(runs, folders, *more):
    there.append(checkpoint.steps(folders[0] / 'checkpoints'))
    train_(runs, folders, *more)
  monkeypatch.setattr(dry_run.loop, 'train', watched)
  assert train('--dry_run') == 0
  assert there == [[], [1]]


def test_a_dry_run_of_what_does_not_resume_says_so(tmp_path, capsys, monkeypatch):
  """If the second step ended elsewhere, as on GPUs."""
  monkeypatch.setattr(dry_run, 'digest', lambda folder: object())
  monkeypatch.chdir(tmp_path)
  assert train('--dry_run') == 0
  assert 'other last bits' in capsys.readouterr().out


def test_a_dry_run_finds_what_is_wrong(tmp_path, capsys):
  (tmp_path / 'mine.py').write_text('''
from jaxgan.types import Metric
import dataclasses
from jaxgan import experiment as ours

def broken(real, fake):
  raise ValueError('the metric is broken')

def experiment(steps=1000):
  one = ours.load('digits', {'width': 4, 'batch': 8}).experiment
  return dataclasses.replace(one, steps=steps, metrics=(Metric(8, lambda paths: broken),))
''')
  with pytest.raises(ValueError, match='the metric is broken'):
    command.run(['jaxgan', 'train', f'{tmp_path}/mine.py', '--dry_run'])


def test_the_config_is_printed_and_kept(tmp_path, capsys):
  assert train('--print_config', '--penalty=r1', '--weight=7', '--best=sw2') == 0
  told = yaml.safe_load(capsys.readouterr().out)
  assert told['knobs']['penalty'] == 'r1' and told['loop']['best'] == 'sw2'
  assert '7.0' in json.dumps(told['gan']['loss'])
  assert train('--steps=1', f'--workdir={tmp_path}/run', '--penalty=r1', '--weight=7') == 0
  kept = json.loads((tmp_path / 'run' / 'config.json').read_text())
  assert kept['gan'] == told['gan']


def test_metrics_by_name_and_their_number(tmp_path):
  assert train('--steps=2', f'--workdir={tmp_path}/run', '--metrics=fd,prdc', '--eval_n=50',
               f'--cache_dir={tmp_path}') == 0
  names = {name for row in files.read(tmp_path / 'run' / 'metrics.jsonl') for name in row}
  assert {'eval/fd_rand-conv@50', 'eval/recall3_rand-conv@50'} <= names
  assert not any('sw2' in name for name in names)
  assert train('--steps=2', f'--workdir={tmp_path}/own', '--eval_n=30') == 0
  assert any('eval/sw2_pixels@30' in row
             for row in files.read(tmp_path / 'own' / 'metrics.jsonl'))


def test_the_best_by_what_is_no_longer_measured_is_said(capsys):
  one = experiment.load('mnist_dcgan', loop={'metrics': 'prdc'}).experiment
  assert one.best == '' and one.metrics[0].n == 5000
  assert '--best=NAME' in capsys.readouterr().out
  assert experiment.load('mnist_dcgan', loop={'metrics': 'kd,fd'}).experiment.best == 'fd'
  one = experiment.load('mnist_dcgan', loop={'metrics': 'prdc', 'best': 'recall'}).experiment
  assert one.best == 'recall' and not capsys.readouterr().out


@pytest.mark.parametrize('flags, says', [
    (['--metrics=fdd'], "--metrics=fdd: no measure 'fdd': did you mean fd?"),
    (['--metrics=ppl'], "no measure 'ppl'"),
    (['--metrics=kid', '--eval_n=50'], 'needs at least 1,000'),
    (['--metrics=cs'], 'cs needs an extractor that classifies'),
    (['--metrics=intra-fd'], 'intra-fd needs class labels'),
    (['--loss=hing'], '--loss=hing is none of'),
    (['--penalty=r1r2'], 'try --penalty=r1_r2')])
def test_what_cannot_be_measured_is_one_line_before_training(tmp_path, capsys, flags, says):
  assert train(f'--workdir={tmp_path}/run', *flags) == 2
  assert says in capsys.readouterr().err and not (tmp_path / 'run').exists()


def test_measures_of_labels_in_training(tmp_path):
  """The class that was asked for, of data with labels."""
  (tmp_path / 'mine.py').write_text('''
import optax
from jaxgan import priors
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import conditioning, dcgan

def experiment(steps=2, batch=8, seed=0):
  gan = GAN(dcgan.Generator((8, 8, 1), (4, 4), 3, conditioning.beside(10)),
            dcgan.Discriminator((4, 4), 3, condition=conditioning.maps(10)), priors.normal(2),
            adversarial.non_saturating(), optax.sgd(.1), optax.sgd(.1))
  return Experiment(gan, digits.load(labels=True), batch, steps, seed)
''')
  assert command.run(['jaxgan', 'train', f'{tmp_path}/mine.py', f'{tmp_path}/run',
                      '--metrics=intra-fd', '--eval_n=200', f'--cache_dir={tmp_path}']) == 0
  assert any('eval/intra-fd_rand-conv@200' in row
             for row in files.read(tmp_path / 'run' / 'metrics.jsonl'))


@pytest.mark.parametrize('name', catalogue.names())
def test_every_parameter_is_explained(name):
  told = experiment.knob_help(name)
  assert told.keys() == experiment.knobs(name).keys()
  for knob, text in told.items():
    assert text.endswith('.') and f'of {name}.py' not in text, knob


@pytest.mark.parametrize('loss', named.LOSSES)
@pytest.mark.parametrize('penalty', named.PENALTIES)
def test_losses_and_penalties_by_name(loss, penalty):
  assert named.loss(loss, penalty, 2.).d


def test_names_of_losses():
  with pytest.raises(Failure, match='--loss=hinges is none of .* try --loss=hinge'):
    named.loss('hinges')


def test_what_the_untrained_generator_draws_comes_first(tmp_path):
  assert train('--steps=2', f'--workdir={tmp_path}/run', '--sample_every=1',
               '--eval_every=0') == 0
  samples = sorted(path.name for path in (tmp_path / 'run' / 'samples').glob('fakes*'))
  assert samples == ['fakes_00000000.png', 'fakes_00000001.png', 'fakes_00000002.png']
  first, last = (np.asarray(Image.open(tmp_path / 'run' / 'samples' / samples[i]))
                 for i in (0, 2))
  assert first.shape == last.shape and first.shape[1] >= 480


@pytest.mark.parametrize('made', ['folder', 'zip'])
def test_a_folder_of_images_is_not_taken_for_data_sets(tmp_path, capsys, made):
  images = tmp_path / 'images'
  images.mkdir()
  Image.new('RGB', (8, 8)).save(images / 'a.png')
  if made == 'zip':
    import shutil
    images = shutil.make_archive(str(tmp_path / 'packed'), 'zip', images)
  assert command.run(['jaxgan', 'train', 'mnist_mlp', f'{tmp_path}/run',
                      f'--data_dir={images}']) == 2
  assert 'jaxgan train own_images' in capsys.readouterr().err
  assert not (tmp_path / 'run').exists() and not (tmp_path / 'images' / 'mnist').exists()
