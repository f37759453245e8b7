"""--mode=diagnose on a trained run."""
import json

import numpy as np
import pytest

from jaxgan import command as launch
from jaxgan.modes import diagnose


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('diagnose') / 'ring'
  assert launch.run(['launch.py', '--experiment=ring8_mlp', f'--workdir={folder}', '--width=8',
                     '--steps=20', '--batch=64', '--eval_every=0', '--sample_every=0']) == 0
  return folder


def test_numbers_and_picture(run, capsys):
  assert launch.run(['launch.py', '--mode=diagnose', f'--workdir={run}']) == 0
  row = json.loads((run / 'diagnosis.jsonl').read_text())
  assert row['step'] == 20 and (run / 'diagnosis_00000020.png').stat().st_size > 10_000
  assert all(np.isfinite(value) for name, value in row.items() if 'imag' not in name)
  assert {'d/right on real', 'd/slope, fake', 'g/gradient norm', 'g/largest singular value',
          'game/max_real'} <= row.keys()
  shown = capsys.readouterr().out
  assert 'd/calibration error' in shown and 'pictures:' in shown


def test_many_parameters_take_products(run, monkeypatch):
  """Arnoldi's outermost values are those of the Jacobian itself."""
  seen = {}
  exact = diagnose.eigenvalues

  def both(*args):
    seen['exact'] = exact(*args)
    monkeypatch.setattr(diagnose, 'EXACT', 0)
    monkeypatch.setattr(diagnose, 'PRODUCTS', 60)
    seen['arnoldi'] = exact(*args)
    return seen['exact']
  monkeypatch.setattr(diagnose, 'eigenvalues', both)
  assert launch.run(['launch.py', '--mode=diagnose', f'--workdir={run}']) == 0
  outermost = seen['exact'][np.abs(seen['exact']).argmax()]
  assert np.abs(seen['arnoldi'] - outermost).min() < .02 * abs(outermost)


def test_no_run_is_one_line(tmp_path, capsys):
  assert launch.run(['launch.py', '--mode=diagnose', f'--workdir={tmp_path}']) == 2
  assert 'holds no run' in capsys.readouterr().err
