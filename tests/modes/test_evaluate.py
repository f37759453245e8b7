"""Scores of a run and of saved arrays: complete records, honest names, one-line errors."""
import io
import json
import pathlib
import re
import sys
import tracemalloc
import zipfile

import jax
import numpy as np
import pytest

from jaxgan.io import files, pictures, trees
from jaxgan.io.errors import Failure
from jaxgan.metrics import features, moments, suite
from jaxgan.metrics.extractors import classifier, random_conv
from jaxgan.metrics.reference import Reference
from jaxgan.modes import eval as evaluate
from jaxgan.modes import eval_arrays as evaluate_arrays
from jaxgan.modes import scores
from jaxgan.run import checkpoint, memory

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from jaxgan import command as launch

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
  return files.read(run / 'evals.jsonl')


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


@pytest.mark.parametrize('flags,player', [([], 'ema'), (['--noema'], 'g')])
def test_the_averaged_or_last_weights_are_scored(run, monkeypatch, flags, player):
  seen = []
  monkeypatch.setattr(evaluate, 'scored', lambda *args: seen.append(args[6]))
  assert launch.run(['launch.py', '--mode=eval', f'--workdir={run}', *flags]) == 0
  saved = checkpoint.verified(run / 'checkpoints' / '20')
  for name, a in trees.leaves(seen[0]['params']).items():
    np.testing.assert_array_equal(a, saved[f'{player}/params/{name}'])
    assert (a != saved[f'{"g" if player == "ema" else "ema"}/params/{name}']).any(), name


def test_memory_leaves_a_sheet_and_ppl_a_number(run, tmp_path):
  rows = evaluated(run, tmp_path, '--eval_metrics=memory,ppl', '--eval_seeds=1')
  assert [r['name'] for r in rows] == ['authpct_rand-conv@200', 'ppl-z_rand-conv@200']
  assert 0 < rows[1]['value'] < np.inf
  assert (run / 'samples' / 'nearest_00000020.png').exists()


PART = """
import optax
import tests.tiny as tiny
from jaxgan.data import derived, digits
from jaxgan.experiment import Experiment

def experiment(steps=2, batch=8, seed=0):
  return Experiment(tiny.conv_gan(), derived.subset(digits.load(), 300), batch, steps, seed,
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
    files.write(folder / f'{i:06}.png', pictures.png(image))
  found = []
  for fake in ('b.npy', 'c'):
    out = tmp_path / f'{fake}.jsonl'
    code, said = arrays(capsys, f'--real={tmp_path}/a.npz', f'--fake={tmp_path}/{fake}',
                        f'--out={out}')
    assert code == 0 and 'fd_rand-conv@100[arrays]' in said and 'fid' not in said
    found.append({r['name']: r['value'] for r in files.read(out)})
  assert found[0] == found[1] and found[0]['fd_rand-conv@100[arrays]'] > .5


def test_real_arrays_may_stand_by_class(tmp_path, capsys):
  """Fakes of the second class alone are precise, and half of the classes is their recall."""
  dark, bright = images(200, 1, 100), 155 + images(200, 2, 100)
  np.save(tmp_path / 'a.npy', np.concatenate([dark, bright]))
  np.save(tmp_path / 'b.npy', 155 + images(200, 3, 100))
  code, _ = arrays(capsys, f'--real={tmp_path}/a.npy', f'--fake={tmp_path}/b.npy',
                   '--eval_metrics=prdc', f'--out={tmp_path}/out.jsonl')
  found = {r['name'].split('_')[0]: r['value'] for r in files.read(tmp_path / 'out.jsonl')}
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
  net = classifier.Classifier(10)
  params = jax.eval_shape(net.init, jax.random.key(0), np.zeros((1, 28, 28, 1), np.float32))
  network = random_conv.extractor()._replace(name='cnn-x', params=params, apply=net.apply)
  with pytest.raises(Failure, match=r'cnn-x is for other examples than \[8, 8, 1\]'):
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


def refused(capsys, *flags):
  """The one line of --mode=eval_arrays that it ends with (2)."""
  code = launch.run(['launch.py', '--mode=eval_arrays', *flags])
  err = capsys.readouterr().err.strip()
  assert code == 2 and '\n' not in err, err
  return err


def bomb(path, size=300 * 2 ** 20):
  """A small zip whose one array is large, or, with `lie`, says so."""
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    with archive.open('images.npy', 'w', force_zip64=True) as file:
      header = io.BytesIO()
      np.lib.format.write_array_header_1_0(header, {
          'descr': '|u1', 'fortran_order': False, 'shape': (size // 2 ** 20, 1024, 1024, 1)})
      file.write(header.getvalue())
      for _ in range(size // 2 ** 20):
        file.write(bytes(2 ** 20))
  return path


def lying(path):
  """An .npy whose header says 2^40 bytes."""
  with path.open('wb') as file:
    np.lib.format.write_array_header_1_0(file, {
        'descr': '|u1', 'fortran_order': False, 'shape': (2 ** 20, 1024, 1024, 1)})
    file.write(bytes(1000))
  return path


def hurt(path):
  """An archive with a byte changed in its deflate stream."""
  np.savez_compressed(path, images=images(50))
  data = bytearray(path.read_bytes())
  data[len(data) // 2] ^= 255
  path.write_bytes(data)
  return path


def without(path):
  np.savez(path)
  return path


def member(path, name='notes.txt', content=b'hello'):
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr(name, content)
  return path


def objects(path):
  np.save(path, np.array([{}, []], object), allow_pickle=True)
  return path


@pytest.mark.parametrize('make,name,says', [
    (lying, 'a.npy', 'its header says 1,099,511,627,776 bytes, and there are 1,'),
    (hurt, 'a.npz', 'images cannot be read'), (without, 'a.npz', 'it holds no arrays'),
    (member, 'a.npz', 'notes.txt in it is no array'), (objects, 'a.npy', 'Python objects'),
    (lambda p: member(p, 'x.npy'), 'a.npz', 'x cannot be read'),
    (lambda p: p.write_bytes(b'\x93NUMPY\x01\x00\xff\xff' + b' ' * 9) and p, 'a.npy', 'it'),
    (lambda p: p.write_bytes(b'') and p or p, 'a.npy', 'cannot be read')])
def test_files_that_are_no_arrays(tmp_path, capsys, make, name, says):
  path = make(tmp_path / name)
  tracemalloc.start()
  assert says in refused(capsys, f'--real={path}', f'--fake={path}')
  assert tracemalloc.get_traced_memory()[1] < 2 ** 26
  tracemalloc.stop()


def test_what_unpacks_to_more_than_there_is_memory_is_refused(tmp_path, capsys, monkeypatch):
  path = bomb(tmp_path / 'a.npz')
  assert path.stat().st_size < 2 ** 20
  monkeypatch.setattr(memory, 'available', lambda: 2 ** 28)
  tracemalloc.start()
  said = refused(capsys, f'--real={path}', f'--fake={path}')
  assert 'images would take 314,57' in said and 'of 268,435,456 that there may be' in said
  assert tracemalloc.get_traced_memory()[1] < 2 ** 25
  tracemalloc.stop()


def saved(path, x):
  np.save(path, x)
  return path


@pytest.mark.parametrize('x,says', [
    (np.zeros((32, 32, 3), np.uint8), 'may be one image in colour or 32 grey ones'),
    (np.zeros((5, 8, 8, 2), np.uint8), '1 or 3 channels'),
    (np.zeros((5, 8, 8, 3), np.float32), 'must be uint8')])
def test_arrays_that_may_be_misread(tmp_path, capsys, x, says):
  path = saved(tmp_path / 'a.npy', x)
  assert says in refused(capsys, f'--real={path}', f'--fake={path}')


def test_zeros_and_ones_are_said_to_be_black(tmp_path, capsys):
  x = (images(30) > 128).astype(np.uint8)
  a = saved(tmp_path / 'a.npy', x)
  code, said = arrays(capsys, f'--real={a}', f'--fake={a}', '--eval_metrics=fd')
  assert code == 0 and said.count('all pixels of') == 2 and 'of 0 to 255' in said


def test_folders_are_walked_and_what_is_passed_over_is_counted(tmp_path, capsys):
  x = images(12)
  for i, image in enumerate(x):
    files.write(tmp_path / 'set' / 'ab'[i % 2] / f'{i:02}.{"png" if i % 3 else "PNG"}',
                pictures.png(image))
  (tmp_path / 'set' / 'a' / '._00.png').write_bytes(b'x')
  (tmp_path / 'set' / 'notes.txt').write_text('x')
  found = evaluate_arrays.read(str(tmp_path / 'set'), 'real')
  assert '12 images; passed over: 2' in capsys.readouterr().out
  np.testing.assert_array_equal(found, np.concatenate([x[::2], x[1::2]]))
  (tmp_path / 'set' / 'a' / '99.png').write_bytes(b'no picture')
  with pytest.raises(Failure, match='a/99.png: it is no picture'):
    evaluate_arrays.read(str(tmp_path / 'set'), 'real')


@pytest.mark.parametrize('out,content,says', [
    ('samples.npz', None, 'scores go to a .json or .jsonl file'), ('x.txt', None, '.jsonl'),
    ('kept.json', b'\x00archive', 'it is not written over'),
    ('kept.jsonl', b'PK\x03\x04', 'it is not written over')])
def test_scores_are_written_over_nothing(tmp_path, capsys, monkeypatch, out, content, says):
  monkeypatch.setattr(features, 'extract', None)  # before any work
  a = saved(tmp_path / 'a.npy', images(30))
  if content:
    (tmp_path / out).write_bytes(content)
  assert says in refused(capsys, f'--real={a}', f'--fake={a}', f'--out={tmp_path}/{out}')
  assert not content or (tmp_path / out).read_bytes() == content


def test_scores_as_json_are_strict_and_may_be_written_again(tmp_path, capsys):
  a = saved(tmp_path / 'a.npy', images(30))
  flags = f'--real={a}', f'--fake={a}', '--eval_metrics=fd,fd', f'--out={tmp_path}/out.json'
  for _ in range(2):
    code, said = arrays(capsys, *flags)
    assert code == 0 and '±' not in said
  rows = json.loads((tmp_path / 'out.json').read_text())
  assert [row['value'] for row in rows] == [0.]  # and not -7e-15; asked for twice it is one
  assert 'warning: fd of 30 examples or fewer in 256 features' in said


def test_what_is_too_few_is_said_before_any_work(tmp_path, capsys, monkeypatch):
  monkeypatch.setattr(features, 'extract', None)
  a, b = saved(tmp_path / 'a.npy', images(30)), saved(tmp_path / 'b.npy', images(1200))
  for real, fake, side in ((a, b, 'real'), (b, a, 'fake')):
    said = refused(capsys, f'--real={real}', f'--fake={fake}', '--eval_metrics=fd,kid')
    assert f'kid: {side} has 30 examples and needs at least 1,000' in said


def test_weights_that_nobody_looks_at(tmp_path, capsys):
  a = saved(tmp_path / 'a.npy', images(30))
  said = refused(capsys, f'--real={a}', f'--fake={a}', '--inception=/somewhere.pth')
  assert '--inception=/somewhere.pth is not for --extractor=rand-conv' in said


def test_what_was_computed_is_shown_and_kept_when_the_next_fails(tmp_path, capsys, monkeypatch):
  def fails(sides):
    raise Failure('no such luck')
  monkeypatch.setitem(suite.MEASURES, 'kd', fails)
  a = saved(tmp_path / 'a.npy', images(30))
  code = launch.run(['launch.py', '--mode=eval_arrays', f'--real={a}', f'--fake={a}',
                     '--eval_metrics=fd,kd', f'--out={tmp_path}/out.jsonl'])
  captured = capsys.readouterr()
  assert code == 2 and 'no such luck' in captured.err and 'fd_rand-conv@30' in captured.out
  assert len(files.read(tmp_path / 'out.jsonl')) == 1


def test_a_table_tells_how_to_read_it():
  row = lambda name, value, n_real=1200: {
      'name': f'{name}_x@500', 'value': value, 'error': None, 'of': 'samples', 'seed': 0,
      'n_fake': 500, 'n_real': n_real}
  good = [row('precision3', .8), row('recall3', .5), row('fd', 3., 60_000)]
  lines = scores.table(good).splitlines()
  assert lines[0].split() == ['samples', 'against']
  assert [line.split()[-1] for line in lines[1:]] == ['1,200', '1,200', '60,000']
  aid = '\n'.join(scores.aid(good, 128))
  assert 'precision and density alone say nothing' in aid and 'warning' not in aid
  noise = '\n'.join(scores.aid([row('precision3', .93), row('recall3', .01)], 128))
  assert 'warning: precision 0.93 with recall 0.010' in noise
  assert 'warning: fd of 500' in '\n'.join(scores.aid(good, 500))
  assert scores.aid([row('cs', 3.)], 2048) == []
