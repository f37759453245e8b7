"""--profile writes a trace that names the step."""
import gzip
import json
import re
import sys

import pytest
from test_launch import ROOT

sys.path.insert(0, str(ROOT))
from jaxgan import command as launch

TINY = ['--experiment=digits', '--width=4', '--batch=8', '--save_every=20', '--log_every=1',
        '--sample_every=0']


def traced(folder):
  file, = (folder / 'profile').glob('plugins/profile/*/*.trace.json.gz')
  return {event.get('name') for event in json.loads(gzip.open(file).read())['traceEvents']}


def test_some_steps(tmp_path, capsys):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path}', '--steps=8',
                     '--profile=3']) == 0
  assert 'traced steps 3 to 5: open ' in capsys.readouterr().out
  names = traced(tmp_path)
  assert sum('train_steps' in str(name) for name in names)


@pytest.mark.slow
def test_a_run_that_ends_before(tmp_path, capsys):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path}', '--steps=4',
                     '--profile=9']) == 0
  assert 'the run ended while it was traced' in capsys.readouterr().out
  assert traced(tmp_path)


def test_a_run_too_short_says_so(tmp_path, capsys):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path}', '--steps=1',
                     '--profile=9']) == 0
  assert 'nothing was traced: the run had only 1 calls' in capsys.readouterr().out


def test_no_trace_by_default(tmp_path):
  assert launch.run(['launch.py', *TINY, f'--workdir={tmp_path}', '--steps=4']) == 0
  assert not (tmp_path / 'profile').exists()


def test_exactly_so_many_steps_however_many_a_call_has(tmp_path, capsys):
  flags = [flag for flag in TINY if not flag.startswith('--log_every')]
  assert launch.run(['launch.py', *flags, f'--workdir={tmp_path}', '--steps=80',
                     '--log_every=0', '--save_every=0', '--eval_every=0', '--profile=7']) == 0
  first, last = re.search(r'traced steps (\d+) to (\d+):', capsys.readouterr().out).groups()
  assert int(last) - int(first) + 1 == 7
