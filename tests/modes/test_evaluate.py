"""Scores of a run and of saved arrays: complete records, honest names, one-line errors."""
import json
import pathlib
import re
import sys

import jax
import numpy as np
import pytest

from jaxgan import log
from jaxgan.errors import Failure
from jaxgan.metrics import features, moments, suite
from jaxgan.metrics.extractors import cnn, random_conv
from jaxgan.metrics.reference import Reference
from jaxgan.modes import evaluate, scores

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
import launch

TINY = ['--width=4', '--batch=8', '--steps=20', '--save_every=10', '--best=sw2',
        '--eval_every=10', '--eval_share=9']


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  workdir = tmp_path_factory.mktemp('run') / 'run'
  assert launch.run(['launch.py', f'--workdir={workdir}', *TINY]) == 0
  return workdir


def evaluated(run, tmp_path, *flags):
  """The records that an evaluation adds."""
  (run / 'evals.jsonl').unlink(missing_ok=True)
  assert launch.run(['launch.py', '--mode=eval', f'--workdir={run}', '--n=200',
                     f'--cache_dir={tmp_path}', *flags]) == 0
  return log.read(run / 'evals.jsonl')


def test_a_record_says_all_that_its_number_depends_on(run, tmp_path, capsys):
  rows = evaluated(run, tmp_path, '--eval_metrics=own,fd,prdc', '--eval_seeds=2')
  assert [r['name'].split('@')[0] for r in rows] == 2 * ['sw2_pixels'] + 2 * [
      'fd_rand-conv', 'precision3_rand-conv', 'recall3_rand-conv', 'density5_rand-conv',
      'coverage5_rand-conv']
  row = next(r for r in rows if r['name'] == 'fd_rand-conv@200')
  assert row | {'value': 0, 'time': 0, 'digest': ''} == {
      'name': 'fd_rand-conv@200', 'value': 0, 'error': None, 'n_fake': 200, 'n_real': 1797,
      'reference': 'digits', 'extractor': 'rand-conv', 'digest': '', 'accuracy': None,
      'batch': 64, 'seed': 0, 'step': 20, 'ema': True, 'standing': 0, 'of': 'samples',
      'time': 0}
  own = next(r for r in rows if r['name'].startswith('sw2'))
  assert own['name'] == 'sw2_pixels@1k' and 'digest' not in own, 'not by this extractor'
  assert own['n_real'] is None and own['reference'] is None, 'which the metric alone knows'
  assert {r['seed'] for r in rows} == {0, 1} and len({r['value'] for r in rows}) == 5
  table = capsys.readouterr().out
  mean = np.mean([r['value'] for r in rows if r['name'] == 'fd_rand-conv@200'])
  assert f'fd_rand-conv@200          {mean:.4g} ± ' in table
  assert not re.search(r'\bfid', table + json.dumps(rows))


def test_seeds_steps_and_averages_matter_and_repeat(run, tmp_path):
  flags = [[], [], ['--sample_seed=5'], ['--step=10'], ['--noema'], ['--step=best']]
  fd = [evaluated(run, tmp_path, '--eval_metrics=fd', '--eval_seeds=1', *f)[0]['value']
        for f in flags]
  best = json.loads((run / 'best.json').read_text())['step']
  assert fd[0] == fd[1] and len(set(fd[:5])) == 4 and fd[5] == fd[0 if best == 20 else 3]


def test_memory_leaves_a_sheet_and_ppl_a_number(run, tmp_path):
  rows = evaluated(run, tmp_path, '--eval_metrics=memory,ppl', '--eval_seeds=1')
  assert [r['name'] for r in rows] == ['authpct_rand-conv@200', 'ppl-z_rand-conv@200']
  assert 0 < rows[1]['value'] < np.inf
  assert (run / 'samples' / 'nearest_00000020.png').exists()


PART = """
import optax
import tests.tiny as tiny
from jaxgan.data import digits, source
from jaxgan.experiment import Experiment

def experiment(steps=2, batch=8, seed=0):
  return Experiment(tiny.conv_gan(), source.part(digits.load(), 300), batch, steps, seed,
                    eval_every=0)
"""


def test_a_part_is_scored_against_the_whole_and_its_memory_against_itself(tmp_path):
  (tmp_path / 'part.py').write_text(PART)
  flags = [f'--experiment={tmp_path}/part.py', f'--workdir={tmp_path}/part']
  assert launch.run(['launch.py', *flags]) == 0
  rows = evaluated(tmp_path / 'part', tmp_path, flags[0], '--eval_metrics=fd,memory',
                   '--eval_seeds=1')
  found = {r['name'].split('_')[0]: (r['reference'], r['n_real']) for r in rows}
  assert found == {'fd': ('digits', 1797), 'authpct': ('digits, 300 of it', 300)}


@pytest.mark.parametrize('flags,said', [
    (['--eval_metrics=fidd'], "no measure 'fidd': did you mean fid?"),
    (['--eval_metrics=fid'], 'fid asked for, but with rand-conv'),
    (['--eval_metrics=,'], '--eval_metrics is empty'),
    (['--step=11'], 'has checkpoints of [10, 20]'),
    (['--eval_metrics=cs'], 'cs needs an extractor that classifies'),
    (['--n=3', '--eval_metrics=prdc'], '3 examples and needs at least 4'),
    (['--eval_metrics=cas'], 'told the class')])
def test_bad_input(run, tmp_path, capsys, flags, said):
  (run / 'evals.jsonl').unlink(missing_ok=True)
  code = launch.run(['launch.py', '--mode=eval', f'--workdir={run}', '--n=200',
                     f'--cache_dir={tmp_path}', *flags])
  err = capsys.readouterr().err.strip()
  assert code == 2 and said in err and '\n' not in err
  assert not (run / 'evals.jsonl').exists()


def images(n=100, seed=0, high=256):
  return np.random.default_rng(seed).integers(0, high, (n, 8, 8, 1), np.uint8)


def arrays(capsys, *flags):
  code = launch.run(['launch.py', '--mode=eval_arrays', *flags])
  captured = capsys.readouterr()
  return code, captured.out if code == 0 else captured.err.strip()


def test_saved_arrays(tmp_path, capsys):
  np.savez(tmp_path / 'a.npz', images=images(), labels=np.zeros(3))
  np.save(tmp_path / 'b.npy', images(seed=1, high=99)[..., 0])
  folder = tmp_path / 'c'
  for i, image in enumerate(images(seed=1, high=99)):
    log.write(folder / f'{i:06}.png', log.png(image))
  found = []
  for fake in ('b.npy', 'c'):
    out = tmp_path / f'{fake}.jsonl'
    code, said = arrays(capsys, f'--real={tmp_path}/a.npz', f'--fake={tmp_path}/{fake}',
                        f'--out={out}')
    assert code == 0 and 'fd_rand-conv@100[arrays]' in said and 'fid' not in said
    found.append({r['name']: r['value'] for r in log.read(out)})
  assert found[0] == found[1] and found[0]['fd_rand-conv@100[arrays]'] > .5


def test_real_arrays_may_stand_by_class(tmp_path, capsys):
  """Fakes of the second class alone are precise, and half of the classes is their recall."""
  dark, bright = images(200, 1, 100), 155 + images(200, 2, 100)
  np.save(tmp_path / 'a.npy', np.concatenate([dark, bright]))
  np.save(tmp_path / 'b.npy', 155 + images(200, 3, 100))
  code, _ = arrays(capsys, f'--real={tmp_path}/a.npy', f'--fake={tmp_path}/b.npy',
                   '--eval_metrics=prdc', f'--out={tmp_path}/out.jsonl')
  found = {r['name'].split('_')[0]: r['value'] for r in log.read(tmp_path / 'out.jsonl')}
  assert code == 0 and found['precision3'] > .6 and .3 < found['recall3'] < .7, found


def test_test_images_too_few_for_an_fid_have_their_distance_by_its_name(capsys):
  network = random_conv.extractor()._replace(name='inception.tf1', verified=True)
  real, test = (features.extract(network, images(n, n)) for n in (300, 100))
  against = Reference('x', moments.of(real.pool), np.arange(300), real.pool)
  found = evaluate.floors(['fid', 'fd', 'kid'], suite.Sides(network, against, test, images()))
  assert [score.name for score in found] == ['fd_inception.tf1@100']
  assert 'kid of test images is left out' in capsys.readouterr().out
  record = found[0]._asdict() | {'name': 'fid50k_full[tf1]', 'of': 'test images', 'seed': None}
  assert '(100)' in scores.table([record, record | {'of': 'samples', 'n_fake': 50_000}])


def test_images_that_a_network_does_not_take_are_one_line():
  net = cnn.Classifier(10)
  params = jax.eval_shape(net.init, jax.random.key(0), np.zeros((1, 28, 28, 1), np.float32))
  network = random_conv.extractor()._replace(name='cnn-x', params=params, apply=net.apply)
  with pytest.raises(Failure, match=r'cnn-x is for other images than \[8, 8, 1\]'):
    features.extract(network, images())


@pytest.mark.parametrize('real,fake,flags,said', [
    (images(), images().astype(np.float32) / 255, [], 'uint8 0..255, not float32'),
    (images(), np.zeros((5, 4, 4, 1), np.uint8), [], 'bring them to one size'),
    (images(), np.zeros((5, 64), np.uint8), [], r'[N, H, W, C]'),
    (images(), images(3), ['--eval_metrics=prdc'], 'needs at least 4'),
    (images(), images(), ['--eval_metrics=fid'], 'fid asked for'),
    (images(), images(), ['--eval_metrics=memory'], "no measure 'memory'"),
    (images(), b'no array', [], 'cannot be read as images'),
    (images(), np.array([{}], object), [], 'cannot be read as images')])
def test_bad_arrays(tmp_path, capsys, real, fake, flags, said):
  np.save(tmp_path / 'a.npy', real)
  if isinstance(fake, bytes):
    (tmp_path / 'b.npy').write_bytes(fake)
  else:
    np.save(tmp_path / 'b.npy', fake)
  code, err = arrays(capsys, f'--real={tmp_path}/a.npy', f'--fake={tmp_path}/b.npy', *flags)
  assert code == 2 and said in err and '\n' not in err
