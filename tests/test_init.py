"""Importing jaxgan chooses who computes convolutions on CPUs, unless the user has."""
import os
import pathlib
import platform
import subprocess
import sys

import pytest

import jaxgan

ROOT = pathlib.Path(__file__).parents[1]
CODE = """
import os
import jaxgan, jax, jax.numpy as jnp
from jax import lax
conv = lambda x, w: lax.conv_general_dilated(x, w, (1, 1), 'SAME',
                                             dimension_numbers=('NHWC', 'HWIO', 'NHWC'))
shapes = [jax.ShapeDtypeStruct(s, jnp.float32) for s in ((64, 16, 16, 32), (5, 5, 32, 64))]
program = jax.jit(conv).lower(*shapes).compile().as_text()
print('ynn' in program, os.environ['XLA_FLAGS'].strip(), sep='|')
"""


def started(flags):
  """-> (whether XLA gives a convolution to YNNPACK, the flags it has), from these flags."""
  env = os.environ | {'XLA_FLAGS': flags, 'JAX_PLATFORMS': 'cpu'}
  run = subprocess.run([sys.executable, '-c', CODE], cwd=ROOT, env=env, capture_output=True,
                       text=True, check=True)
  given, flags = run.stdout.strip().split('|')
  return given == 'True', flags


@pytest.mark.skipif(platform.machine() != 'x86_64', reason='chosen for x86-64 only')
@pytest.mark.parametrize('more', ['', '--xla_force_host_platform_device_count=2'])
def test_convolutions_are_xlas_own(more):
  given, flags = started(more)
  assert not given and flags == f'{more} {jaxgan.FLAG}=-individual_convolution'.strip()


def test_the_user_may_say_otherwise():
  own = f'{jaxgan.FLAG}=+individual_convolution'
  assert started(own)[1] == own
