"""Importing jaxgan chooses who computes convolutions on CPUs, unless the user has."""
import os
import pathlib
import platform
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
CODE = """
import jaxgan, jax, jax.numpy as jnp
from jax import lax
conv = lambda x, w: lax.conv_general_dilated(x, w, (1, 1), 'SAME',
                                             dimension_numbers=('NHWC', 'HWIO', 'NHWC'))
shapes = [jax.ShapeDtypeStruct(s, jnp.float32) for s in ((64, 16, 16, 32), (5, 5, 32, 64))]
print('ynn' in jax.jit(conv).lower(*shapes).compile().as_text())
"""


def given_to_ynnpack(flags):
  env = os.environ | {'XLA_FLAGS': flags, 'JAX_PLATFORMS': 'cpu'}
  run = subprocess.run([sys.executable, '-c', CODE], cwd=ROOT, env=env, capture_output=True,
                       text=True, check=True)
  return run.stdout.strip() == 'True'


@pytest.mark.skipif(platform.machine() != 'x86_64', reason='chosen for x86-64 only')
def test_convolutions_are_xlas_own_unless_the_user_says_otherwise():
  assert not given_to_ynnpack('')
  assert not given_to_ynnpack('--xla_force_host_platform_device_count=2')
  own = '--xla_cpu_experimental_ynn_fusion_type=+individual_convolution'
  assert given_to_ynnpack(own)
