"""What shells offer: in the function, and in the shells themselves, where they are."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from jaxgan import completion, experiment, flags
from jaxgan.io import catalogue

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.parametrize('line,found', [
    ('jaxgan sa', ['sample']),
    ('jaxgan train mnist_sn', ['mnist_sn_hinge', 'mnist_sngan']),
    ('jaxgan train mnist_sngan ru', []),
    ('jaxgan sample ', []),
    ('jaxgan train mnist_sngan --z', ['--z_dim=']),
    ('jaxgan train --experiment=ring8_mlp --quie', ['--quiet']),
    ('jaxgan train --experiment=ring8_mlp --device_map=s', ['--device_map=shard_map']),
    ('jaxgan train --data_dir=/', []),
    ('jaxgan new mine --from=ring', ['--from=ring8_mlp'])])
def test_candidates(line, found):
  assert completion.candidates(line) == found


def test_every_flag_is_offered():
  """What is read without importing JAX is what there is."""
  assert completion.settings() == list(experiment.settings())
  offered = completion.candidates('jaxgan train mnist_mlp --')
  values, knobs = flags.parse(['jaxgan', 'train', 'mnist_mlp'])
  names = {name.removeprefix('--').removesuffix('=') for name in offered}
  assert names == set(values) and set(knobs) < names


@pytest.fixture
def path(tmp_path):
  """A PATH with the command `jaxgan`."""
  script = tmp_path / 'bin' / 'jaxgan'
  script.parent.mkdir()
  script.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/launch.py "$@"\n')
  script.chmod(0o755)
  return f'{script.parent}{os.pathsep}{os.environ["PATH"]}'


def said(shell, code, path, *args):
  if not shutil.which(shell):
    pytest.skip(f'needs {shell}')
  out = subprocess.run([shell, *args, '-c', code], capture_output=True, text=True,
                       env=os.environ | {'PATH': path})
  assert out.returncode == 0 and not out.stderr, out.stderr
  return out.stdout.split()


@pytest.mark.parametrize('line,replies', [
    ('jaxgan train mnist_sn', ['mnist_sn_hinge', 'mnist_sngan']),
    ('jaxgan train --experiment=mnist_sn', ['mnist_sn_hinge', 'mnist_sngan']),
    ('jaxgan train mnist_sngan --z', ['--z_dim='])])
def test_bash(path, line, replies):
  code = (f'eval "$(jaxgan --completion=bash)"; compopt() {{ :; }}; COMP_LINE="{line}"; '
          'COMP_POINT=${#COMP_LINE}; _jaxgan; printf "%s\\n" "${COMPREPLY[@]}"')
  assert said('bash', code, path) == replies


def test_fish(path):
  code = 'jaxgan --completion=fish | source; complete -C "jaxgan train mnist_sn"'
  assert sorted(said('fish', code, path)) == ['mnist_sn_hinge', 'mnist_sngan']


def test_zsh(path):
  """Its function, with a compadd that says what it is given."""
  code = ('compdef() { :; }; eval "$(jaxgan --completion=zsh)"; '
          'compadd() { shift 4; print -l -- "$@"; }; words=(jaxgan train mnist_sn); CURRENT=3; '
          '_jaxgan')
  assert said('zsh', code, path, '-f') == ['mnist_sn_hinge', 'mnist_sngan']


def test_it_imports_no_jax(path):
  code = ('import sys; from jaxgan.command import main; main([""]); '
          'assert "jax" not in sys.modules')
  out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT,
                       env=os.environ | {completion.LINE: 'jaxgan train mnist_mlp --l'})
  assert out.returncode == 0, out.stderr
  assert '--lr=' in out.stdout.split() and catalogue.names()
