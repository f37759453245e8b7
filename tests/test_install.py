"""pip install: the wheel holds the package, the experiments, and the command."""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

from jaxgan.io import catalogue

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_in_a_new_environment(tmp_path):
  """With what jaxgan needs taken from here: no network."""
  def run(*command, **how):
    done = subprocess.run(command, capture_output=True, text=True, **how)
    assert done.returncode == 0, done.stderr
    return done.stdout

  source = tmp_path / 'source'  # a build leaves files beside what it builds
  for name in ('jaxgan', 'experiments'):
    shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
  for name in ('pyproject.toml', 'README.md', 'LICENSE', 'requirements.txt'):
    shutil.copy(ROOT / name, source)
  run(sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '--no-build-isolation',
      '--wheel-dir', str(tmp_path), str(source))
  wheel, = tmp_path.glob('*.whl')
  with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    metadata = archive.read(next(name for name in names if name.endswith('METADATA'))).decode()
  modules = {str(path.relative_to(ROOT)) for path in (ROOT / 'jaxgan').rglob('*.py')}
  assert modules <= set(names)
  assert {f'jaxgan/experiments/{name}.py' for name in catalogue.names()} <= set(names)
  needed = [line for line in metadata.splitlines() if line.startswith('Requires-Dist')]
  assert not [line for line in needed if 'pytest' in line and 'extra' not in line]
  venv.create(tmp_path / 'venv', with_pip=True)
  python = str(tmp_path / 'venv' / 'bin' / 'python')
  run(python, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', str(wheel))
  env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
  site = run(python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))').strip()
  pathlib.Path(site, 'here.pth').write_text(sysconfig.get_path('purelib'))
  jaxgan = str(tmp_path / 'venv' / 'bin' / 'jaxgan')
  listed = run(jaxgan, '--list', cwd=tmp_path, env=env)
  assert [line.split()[0] for line in listed.splitlines()] == catalogue.names()
  out = run(jaxgan, 'train', 'run', '--width=4', '--batch=8', '--steps=2', '--eval_every=0',
            cwd=tmp_path, env=env)
  assert 'trained 2 steps' in out and (tmp_path / 'run' / 'checkpoints' / '2').is_dir()
