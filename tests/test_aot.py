"""Counts of a step compiled for an H100, where what compiles for one is at hand: no card."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
try:
  needed = importlib.util.find_spec('jax_plugins.xla_cuda13')
except ModuleNotFoundError:
  needed = None


@pytest.mark.slow
@pytest.mark.skipif(needed is None, reason='needs jax-cuda13-plugin: see benchmarks/aot.py')
@pytest.mark.parametrize('name,knobs,most', [
    ('mnist_dcgan', [], 240), ('cifar10_sngan', ['half=1', 'width=16'], None),
    ('cifar10_r3gan', ['width=64', 'batch=64'], None)])
def test_what_a_step_must_not_hold(name, knobs, most, tmp_path):
  """No float64, no convolution full of zeros, none in float32 where bfloat16 was asked for, and
  the state is given away whole."""
  env = {key: value for key, value in os.environ.items()
         if key not in ('XLA_FLAGS', 'JAX_PLATFORMS')}
  subprocess.run([sys.executable, '-m', 'benchmarks.aot', name, *knobs, f'--out={tmp_path}'],
                 cwd=ROOT, env=env, check=True, capture_output=True)
  found = json.loads((tmp_path / 'report.json').read_text())
  assert found['float64'] == 0 and found['largest window'] <= 5 and found['donated'] > .99
  assert most is None or found['kernels'] <= most
  if 'half=1' in knobs:
    assert not [kind for kind in found['convolutions'] if kind.endswith('f32')], found
