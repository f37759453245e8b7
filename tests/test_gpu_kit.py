"""The kit for machines with a GPU, run small on a CPU: every part but PyTorch's ends, and says
what it should."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.slow
def test_the_kit_runs_without_a_gpu(tmp_path):
  parts = ['rates', 'agree', 'trained']
  done = subprocess.run(
      [sys.executable, '-m', 'benchmarks.gpu', '--small', f'--parts={",".join(parts)}',
       f'--out={tmp_path}'], cwd=ROOT, capture_output=True, text=True, env=os.environ)
  assert done.returncode == 0, done.stdout + done.stderr
  report = json.loads((tmp_path / 'gpu.json').read_text())
  assert report['exit codes'] == dict.fromkeys(parts, 0)
  found = report['trained']['mnist_dcgan']
  assert found['exact']['digest'] == found['resumed']['digest']
  assert all(side['finite'] for side in found.values())
  assert report['agree_mnist_dcgan']['agrees']
