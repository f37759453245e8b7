"""The command line: what it offers, and one clear line for what it cannot do."""
import os
import pathlib
import subprocess
import sys

import pytest
import tiny

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from jaxgan import command as launch
from jaxgan import flags
from jaxgan.io import catalogue
from jaxgan.io.errors import Failure


def refused(capsys, *flags) -> str:
  """The one line on stderr of a launch that exits with 2."""
  assert launch.run(['launch.py', *flags]) == 2
  captured = capsys.readouterr()
  lines = captured.err.strip().split('\n')
  assert len(lines) == 1 and lines[0].startswith('jaxgan: ') and captured.out == ''
  return lines[0]


def test_list_names_all_without_jax():
  code = ('import sys; from jaxgan import command; command.run(["jaxgan", "--list"]); '
          'assert "jax" not in sys.modules')
  out = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
  assert out.returncode == 0, out.stderr
  lines = out.stdout.strip().split('\n')
  assert [line.split()[0] for line in lines] == catalogue.names()
  assert all(len(line.split()) > 3 for line in lines)


def test_help_shows_the_experiments_own_flags(capsys):
  assert launch.run(['launch.py', '--help', '--experiment=mnist_mlp']) == 0
  out = capsys.readouterr().out
  for text in ('--lr:', '0.0002', '--[no]sweep', '--workdir', '--sample_every', '--z_dim'):
    assert text in out, text


@pytest.mark.parametrize('flags,said', [
    (['--experiment=mnist_mpl'], "no experiment 'mnist_mpl': did you mean mnist_mlp"),
    (['--experiment=nowhere.py'], 'no experiment file'),
    (['--lrr=1'], 'Did you mean: lr ?'),
    (['--wrkdir=x'], 'Did you mean: workdir ?'),
    (['--batch=many'], "--batch=many: invalid literal for int() with base 10: 'many'"),
    (['--lr=fast'], '--lr=fast: could not convert'),
    (['--batch=6'], 'batch 6 does not divide over 4 devices: try --batch=4 or --batch=8'),
    (['--batch=0'], 'batch must be at least 1, not 0'),
    (['--steps=-5'], 'steps must be at least 1'),
    (['--width=-1'], '--width=-1 must be at least 1: try --width=1'),
    (['--experiment=imagenet_r3gan', '--width=0'], '--width=0 must be at least 1'),
    (['--experiment=ffhq_r3gan', '--size=128'], '--size=128 is none of 64, 256: try --size='),
    (['--seed=4294967296'], 'seed must be 0 to 4294967295'),
    (['--keep=0'], 'keep must be at least 1'),
    (['--workdir=~nobody-here/run'], '--workdir=~nobody-here/run: there is no such home'),
    (['--cache_dir=~nobody-here/c'], '--cache_dir=~nobody-here/c: there is no such home'),
    (['--mode=eval_arrays', '--real=~nobody-here/a.npz'], 'there is no such home'),
    (['--mode=trian'], "no mode 'trian': did you mean train? There are train, "),
    (['--device_map=vmap'], 'shard_map|pmap'),
    (['train', 'a', 'b'], "unexpected argument 'b'"), (['trian'], 'did you mean train?'),
    (['--experiment=mnist_mlp', '--data_dir=/nonexistent'], 'mnist is not in /nonexistent'),
    (['--workdir=/dev/null/run'], '/dev/null is a file, not a folder'),
    (['--workdir=/proc/run'], '/proc/run'),
    (['--process_id=0'], 'go together'),
    (['--mode=sample', '--workdir=/nonexistent'], '/nonexistent holds no run'),
    (['--mode=sample', '--n=0'], '--n=0'),
    (['--mode=eval', '--workdir=/nonexistent'], '/nonexistent holds no run'),
    (['--mode=eval_arrays', '--fake=x.npz'], '--real is missing'),
    (['--mode=eval_arrays', '--real=nowhere.npz', '--fake=x.npz'], 'does not exist'),
    (['--mode=extractor'], '--extractor is missing'),
    (['--mode=extractor', '--extractor=cnn-mnits'], "no data set 'mnits'"),
    (['--mode=extractor', '--extractor=incepton'], 'did you mean inception?'),
    (['--mode=extractor', '--extractor=inception'], '--inception'),
    (['--mode=eval', '--truncation=.7'], '--truncation is not for --mode=eval but for sample'),
    (['--mode=eval', '--seeds=5'], '--seeds is not for --mode=eval but for train'),
    (['--mode=sample', '--experiment=digits', '--width=8'], '--width is not for --mode=sample'),
    (['--mode=sample', '--keep=1'], 'but for train, inspect: leave it out'),
    (['--n=9'], '--n is not for --mode=train')])
def test_bad_input_is_one_line(flags, said, capsys, tmp_path, monkeypatch):
  import requests

  def unreachable(*args, **kw):
    raise requests.ConnectionError
  monkeypatch.setattr(requests, 'head', unreachable)
  monkeypatch.chdir(tmp_path)
  assert said in refused(capsys, *flags)
  assert not list(tmp_path.iterdir()), 'nothing is written'


EXPERIMENT = '"""A user\'s own."""\n{body}\ndef experiment(lr=.1, z={default}):\n  {inner}\n'


@pytest.mark.parametrize('body,default,inner,said', [
    ('', '3', 'return 1 / (z - 3)', 'mine.py:4: ZeroDivisionError: division by zero'),
    ('import nothing_of_that_name', '3', 'pass', "mine.py:2: ModuleNotFoundError"),
    ('x = (', '3', 'pass', 'mine.py:2: SyntaxError'),
    ('', '[]', 'pass', 'experiment(z=...) needs a default'),
    ('', '3', 'return 7', 'must return an Experiment, not 7')])
def test_experiment_file_that_raises(tmp_path, capsys, body, default, inner, said):
  file = tmp_path / 'mine.py'
  file.write_text(EXPERIMENT.format(body=body, default=default, inner=inner))
  line = refused(capsys, f'--experiment={file}', f'--workdir={tmp_path / "run"}')
  assert said in line and not (tmp_path / 'run').exists()


def test_parameter_that_is_a_flag_already(tmp_path, capsys):
  file = tmp_path / 'mine.py'
  file.write_text('def experiment(workdir=1):\n  pass\n')
  assert "the parameter 'workdir' is a flag" in refused(capsys, f'--experiment={file}')


def test_knobs_arrive_typed_and_derived_values_follow(monkeypatch):
  values, knobs = flags.parse(['launch.py', '--experiment=mnist_mlp', '--lr', '1e-4',
                                '--width=8', '--seed=3', '--log_every=7'])
  given = dict(lr=1e-4, width=8, z_dim=100, steps=93_750, batch=64, seed=3)
  assert {name: knobs[name] for name in given} == given and type(knobs['b1']) is float
  from jaxgan import experiment
  one = experiment.load('mnist_mlp', knobs, dict(log_every=values.log_every)).experiment
  assert one.gan.generator.widths == (8, 16) and one.log_every == 7 and one.seed == 3


@pytest.mark.slow
def test_nobody_reading_is_no_error(tmp_path):
  """`launch.py | head -1` neither fails nor says so."""
  command = (f'{sys.executable} launch.py --width=4 --batch=8 --steps=60 --log_every=1 '
             f'--workdir={tmp_path}; echo exit $? >&2')
  out = subprocess.run(['bash', '-c', f'({command}) | head -1'], cwd=ROOT, text=True,
                       capture_output=True, env=os.environ | {'NO_COLOR': '1'})
  assert out.stdout.split()[:2] == ['D', 'G'] and out.stdout.count('\n') == 1
  assert out.stderr.strip().endswith('exit 0') and 'Traceback' not in out.stderr


def shell(command, **environment):
  """-> (exit code, stderr) of a line of the shell that has LAUNCH for the program."""
  line = command.replace('LAUNCH', f'{sys.executable} {ROOT}/launch.py')
  done = subprocess.run(['bash', '-o', 'pipefail', '-c', line], text=True, cwd=ROOT,
                        capture_output=True, env=os.environ | environment)
  return done.returncode, done.stderr


SHORT = '--experiment=digits --width=4 --batch=8 --steps=4 --log_every=1 --eval_every=0'


@pytest.mark.parametrize('where', tiny.slow_but(
    ['| true'],
    ['> /dev/full', '>&-', '>&- 2>&-', '> /dev/full 2>&1', '| true']))
def test_nobody_to_tell_is_no_reason_to_stop(tmp_path, where):
  code, err = shell(f'LAUNCH {SHORT} --workdir={tmp_path}/run {where}')
  assert code == 0 and 'Traceback' not in err and 'space' not in err, err
  rows = (tmp_path / 'run' / 'metrics.jsonl').read_text().splitlines()
  assert len(rows) == 4 and (tmp_path / 'run' / 'checkpoints' / '4').is_dir()


@pytest.mark.parametrize('command', ['LAUNCH --list | head -1', 'LAUNCH --help | head -1',
                                     'LAUNCH --list > /dev/full', 'LAUNCH --list >&-'])
def test_a_list_that_nobody_reads(command):
  assert shell(command) == (0, '')


def test_the_code_stays_that_of_the_failure_without_a_stderr():
  assert shell('LAUNCH --lrr=1 2> /dev/full')[0] == shell('LAUNCH --lrr=1 2>&-')[0] == 2


@pytest.mark.slow
def test_a_terminal_of_ascii_alone(tmp_path):
  file = tmp_path / 'umlaut.py'
  file.write_text((ROOT / 'experiments' / 'digits.py').read_text())
  code, err = shell(f'LAUNCH {SHORT} --workdir={tmp_path}/räun', PYTHONIOENCODING='ascii')
  assert code == 0, err
  code, err = shell('LAUNCH --experiment=ä', PYTHONIOENCODING='ascii')
  assert code == 2 and 'no experiment' in err and 'Traceback' not in err


def test_no_home_at_all(tmp_path):
  """Nor an entry of the user in passwd, as in some containers."""
  code = ('import os, sys; del os.environ["HOME"]; import pwd; '
          'pwd.getpwuid = lambda uid: (_ for _ in ()).throw(KeyError(uid)); '
          'from jaxgan import command as launch; sys.exit(launch.run(sys.argv))')
  done = subprocess.run([sys.executable, '-c', code, *SHORT.split(),
                         f'--workdir={tmp_path}/run'], cwd=ROOT, capture_output=True, text=True,
                        env={**os.environ, 'TMPDIR': str(tmp_path)})
  assert done.returncode == 0, done.stderr



@pytest.mark.parametrize('flags,says', [
    ('--mode=sample --sample_seed=4294967296', r'sample_seed.*4294967295'),
    ('--mode=sample --sample_seed=-1', 'sample_seed'),
    ('--mode=sample --sample_seed=100000000000000000000', 'sample_seed'),
    ('--mode=eval --sample_seed=4294967295', 'leaves no room for 3 seeds .*4294967293'),
    ('--seeds=3 --seed=4294967294', 'seed must be 0 to 4294967295'),
    ('--steps=4294967296', 'steps must be at most 2147483647'),
    ('--mode=sample --n=100000000000000000000', '--n'), ('--lr=nan', '--lr=nan is no finite'),
    ('--lr=inf', '--lr=inf is no finite'), ('--lr=-inf', 'no finite')])
def test_numbers_that_do_not_fit(flags, says, capsys):
  import re
  assert re.search(says, refused(capsys, *flags.split()))


IMPORTED = 'from mine import experiment\ndef sweep():\n  return [dict(lr=.5), dict(lr=.25)]\n'


def test_a_sweep_is_that_of_its_own_file(tmp_path, monkeypatch):
  from jaxgan import experiment
  monkeypatch.syspath_prepend(tmp_path)
  (tmp_path / 'mine.py').write_text((ROOT / 'experiments' / 'digits.py').read_text()
                                    + 'def sweep():\n  return [dict(lr=.125)]\n')
  (tmp_path / 'other.py').write_text(IMPORTED)
  (tmp_path / 'third.py').write_text('from mine import experiment\n')
  assert experiment.listed(f'{tmp_path}/other.py', 'sweep') == [dict(lr=.5), dict(lr=.25)]
  with pytest.raises(Failure, match=r'third.py defines no function sweep\(\)'):
    experiment.listed(f'{tmp_path}/third.py', 'sweep')


def test_a_file_that_was_edited_is_read_again(tmp_path):
  from jaxgan import experiment
  file = tmp_path / 'edited.py'
  text = (ROOT / 'experiments' / 'digits.py').read_text()
  file.write_text(text)
  before = experiment.knobs(str(file))
  file.write_text(text.replace('seed=0', 'seed=7'))
  assert experiment.knobs(str(file)) == before | {'seed': 7}


def test_a_chain_takes_the_knobs_that_only_some_of_its_runs_set(monkeypatch, capsys):
  from jaxgan.run import loop
  runs = []
  monkeypatch.setattr(loop, 'train', lambda all, *args: runs.extend(all))
  argv = ['launch.py', '--experiment=fashion_progressive', '--chain', '--steps=5']
  assert launch.run([*argv, '--fade=3']) == 0
  assert [(run.knobs['size'], run.knobs['fade']) for run in runs] == [(8, 0), (16, 3), (32, 3)]
  said = refused(capsys, *argv[1:], '--size=8')
  assert '--size is what the runs of --chain differ in' in said
