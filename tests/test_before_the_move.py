"""A run that an earlier jaxgan left, with its modules elsewhere, goes on."""
import json
import pathlib
import tarfile

import numpy as np

from jaxgan import command
from jaxgan.run import checkpoint

ARCHIVE = pathlib.Path(__file__).parent / 'data_files' / 'before_the_move.tar.xz'


def test_a_run_of_before_the_move_goes_on(tmp_path, capsys):
  with tarfile.open(ARCHIVE) as archive:
    archive.extractall(tmp_path, filter='data')
  before = checkpoint.verified(tmp_path / 'checkpoints' / '4')
  flags = ['jaxgan', 'train', str(tmp_path), '--experiment=digits', '--width=4', '--batch=8',
           '--eval_every=0']
  assert command.run([*flags, '--steps=6']) == 0
  assert 'at step 4 (digest verified), 2 to go' in capsys.readouterr().out
  after = checkpoint.verified(tmp_path / 'checkpoints' / '6')
  assert before.keys() == after.keys()
  moved = [name for name in before if name.startswith('g/params')
           and np.any(before[name] != after[name])]
  assert moved and json.loads((tmp_path / 'config.json').read_text())['knobs']['steps'] == 6
  assert command.run(['jaxgan', 'sample', str(tmp_path), '--n=4']) == 0
