"""Services that keep runs, offline; what they raise never ends the training."""
import json

import numpy as np
import pytest

from jaxgan.io.errors import Failure
from jaxgan.run import log, writers

PICTURE = np.zeros((20, 20, 3), np.uint8)


def written(one):
  one.scalars(5, {'d/real': .25, 'eval/fd_x@1k': 2., 'd/none': float('nan')})
  one.picture(5, 'fakes', PICTURE)
  one.close()


def test_wandb_offline(tmp_path, monkeypatch):
  """The run is on disk, and goes on under its name."""
  pytest.importorskip('wandb')
  monkeypatch.setenv('WANDB_MODE', 'offline')
  for _ in range(2):
    written(writers.Wandb(tmp_path, {'lr': .1}))
  runs = list((tmp_path / 'wandb').glob('offline-run-*'))
  name = (tmp_path / 'wandb.id').read_text()
  assert len(runs) == 2 and all(name in run.name for run in runs)
  content = b''.join(path.read_bytes() for run in runs for path in run.glob('*.wandb'))
  assert b'eval/fd_x@1k' in content and b'd/none' not in content
  assert list((tmp_path / 'wandb').rglob('media/images/fakes*.png'))


def test_mlflow_offline(tmp_path, monkeypatch):
  pytest.importorskip('mlflow.store.db')
  pytest.importorskip('sqlalchemy')
  monkeypatch.delenv('MLFLOW_TRACKING_URI', raising=False)
  one = writers.MLflow(tmp_path, {'lr': .1})
  written(one)
  run = one.client.get_run((tmp_path / 'mlflow.id').read_text())
  assert run.data.metrics['d/real'] == .25 and run.data.params == {'lr': '0.1'}
  assert run.info.status == 'FINISHED' and list((tmp_path / 'mlflow').rglob('fakes*.png'))


class Broken:
  """A service that is down."""

  def scalars(self, *args):
    raise RuntimeError('no network\nand more')

  picture = close = scalars


def test_a_service_that_is_down_costs_a_warning(tmp_path, capsys):
  one = log.Log(tmp_path, 0, 10, [Broken()])
  for step in range(3):
    one.scalars(step, {'d/real': 1.})
    one.picture('fakes_1', PICTURE, step)
  one.close()
  out = capsys.readouterr().out
  assert out.count('cannot be written (no network') == 1 and 'training goes on' in out
  rows = [json.loads(line) for line in (tmp_path / 'metrics.jsonl').read_text().splitlines()]
  assert [row['step'] for row in rows] == [0, 1, 2]


def test_the_newest_samples_have_one_path(tmp_path):
  one = log.Log(tmp_path, 0, 10)
  for step in (1, 2):
    one.picture(f'fakes_{step:08}', PICTURE + step, step)
    one.picture('reals', PICTURE, step)
  samples = tmp_path / 'samples'
  assert (samples / 'latest.png').read_bytes() == (samples / 'fakes_00000002.png').read_bytes()


def test_what_may_be_asked(monkeypatch):
  assert writers.asked(None) == []
  with pytest.raises(Failure, match="no 'wand': there are wandb, mlflow"):
    writers.asked('wand')
  monkeypatch.setattr(writers.importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(Failure, match=r'pip install "jaxgan\[mlflow\]"'):
    writers.asked('mlflow')
