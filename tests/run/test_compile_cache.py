"""Compiled programs are kept in the cache folder, if nobody names another."""
import os
import pathlib
import subprocess
import sys

import jax
import pytest

from jaxgan.run import compile_cache
from jaxgan.types import Paths

ROOT = pathlib.Path(__file__).parents[2]
CODE = '''
import sys, jax
from jaxgan import command as launch
hits = []
jax.monitoring.register_event_listener(
    lambda name, **kw: hits.append(name) if name.endswith('cache_hits') else None)
code = launch.run(['launch.py', '--experiment=digits', '--width=4', '--batch=8', '--steps=2',
                   *sys.argv[1:]])
print('hits:', len(hits))
sys.exit(code)
'''


def start(tmp_path, name):
  env = {key: value for key, value in os.environ.items()
         if not key.startswith(('JAX_COMPILATION', 'JAX_PERSISTENT', 'XLA_FLAGS'))}
  run = subprocess.run([sys.executable, '-c', CODE, f'--workdir={tmp_path / name}',
                        f'--cache_dir={tmp_path / "cache"}'],
                       cwd=ROOT, env=env, capture_output=True, text=True)
  assert run.returncode == 0, run.stderr
  return int(run.stdout.strip().split('hits: ')[1])


@pytest.mark.slow
def test_the_second_start_does_not_compile_the_step(tmp_path):
  assert start(tmp_path, 'first') == 0
  steps = lambda: {path.name for path in (tmp_path / 'cache').rglob('jit_train_steps*-cache')}
  kept = steps()
  assert kept
  assert start(tmp_path, 'second') >= 1
  assert steps() == kept


@pytest.fixture
def named():
  """Sets what JAX has as its cache folder, and puts it back."""
  before = jax.config.jax_compilation_cache_dir
  yield lambda folder: jax.config.update('jax_compilation_cache_dir', folder)
  jax.config.update('jax_compilation_cache_dir', before)


def test_a_folder_that_the_user_named_stays(named, tmp_path):
  named('/their/own')
  compile_cache.keep(Paths(cache_dir=str(tmp_path)))
  assert jax.config.jax_compilation_cache_dir == '/their/own' and not list(tmp_path.iterdir())


def test_where_nothing_can_be_written_nothing_is_kept(named, tmp_path):
  named(None)
  (tmp_path / 'file').write_text('')
  compile_cache.keep(Paths(cache_dir=str(tmp_path / 'file')))
  assert jax.config.jax_compilation_cache_dir is None
  compile_cache.keep(Paths(cache_dir='~nobody-here/cache'))
  assert jax.config.jax_compilation_cache_dir is None


def test_nothing_is_made_before_something_is_compiled(named, tmp_path):
  named(None)
  compile_cache.keep(Paths(cache_dir=str(tmp_path / 'cache')))
  assert jax.config.jax_compilation_cache_dir.startswith(str(tmp_path / 'cache'))
  assert not list(tmp_path.iterdir())
