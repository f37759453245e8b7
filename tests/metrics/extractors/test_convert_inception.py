"""The converter: both of torch.save's formats, and what it must refuse."""
import hashlib
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tracemalloc
import zipfile

import jax
import numpy as np
import pytest

from jaxgan.io import trees
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import convert_inception, inception, torch_weights

# tiny_zip.pth, tiny_legacy.pth, by torch 2.13.0: torch.save(state, PATH,
# _use_new_zipfile_serialization=...) with t = lambda *shape: torch.arange(prod(shape)) as
# float32 in that shape, flat = t(8), module = nn.Linear(1, 1), and state the OrderedDict
#   Mixed.a.conv.weight: t(2, 3, 4, 5), Mixed.a.bn.weight: flat[1:3], .bn.bias: flat[3:5],
#   .bn.running_mean: flat[4::3], .bn.running_var: nn.Parameter(t(2)),
#   .bn.num_batches_tracked: torch.tensor(7), fc.weight: t(3, 2).T (a view), fc.bias: t(2)
DATA = pathlib.Path(__file__).parents[2] / 'data_files'
FORMATS = pytest.mark.parametrize('kind', ['zip', 'legacy'])


def t(*shape):
  return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


WANT = {'Mixed/a/kernel': t(2, 3, 4, 5).transpose(2, 3, 1, 0), 'Mixed/a/scale': t(8)[1:3],
        'Mixed/a/bias': t(8)[3:5], 'Mixed/a/mean': t(8)[4::3], 'Mixed/a/var': t(2),
        'fc/kernel': t(3, 2), 'fc/bias': t(2)}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
  """-> the path of a copy; the network has the arrays of the tiny files."""
  monkeypatch.setattr(inception, 'shapes', lambda: WANT)
  return lambda kind: pathlib.Path(shutil.copy(DATA / f'tiny_{kind}.pth', tmp_path / 'w.pth'))


@FORMATS
def test_reads_what_torch_saved(kind, tiny):
  found = trees.leaves(inception.load(tiny(kind)).params)
  assert found.keys() == WANT.keys()
  for name, a in WANT.items():
    np.testing.assert_array_equal(found[name], a, name)


@FORMATS
def test_converts(kind, tiny, monkeypatch, capsys, tmp_path):
  source, target = tiny(kind), tmp_path / 'new' / 'w.npz'
  convert_inception.main([str(source), str(target)])
  assert 'not known to be the published' in capsys.readouterr().out
  assert not inception.load(target).verified
  monkeypatch.setattr(inception, 'PUBLISHED', hashlib.sha256(source.read_bytes()).hexdigest())
  a, b = inception.load(source), inception.load(target)
  assert a.verified and b.verified and a.digest == b.digest
  jax.tree.map(np.testing.assert_array_equal, a.params, b.params)
  convert_inception.main([str(source), str(target)])
  assert f'parameters {a.digest}, the published ones' in capsys.readouterr().out
  assert [p.name for p in target.parent.iterdir()] == ['w.npz']


@FORMATS
def test_truncated(kind, tiny):
  path = tiny(kind)
  whole = path.read_bytes()
  for n in (0, 3, 50, len(whole) // 2, len(whole) - 4, len(whole) - 1):
    path.write_bytes(whole[:n])
    with pytest.raises(Failure, match='w.pth cannot be read'):
      inception.load(path)


@FORMATS
def test_wrong_shape(kind, tiny, monkeypatch, tmp_path):
  monkeypatch.setattr(inception, 'shapes', lambda: WANT | {'fc/bias': t(3)})
  with pytest.raises(Failure, match=r'w.pth holds float32\[2\] at fc/bias where .*\[3\]'):
    convert_inception.main([str(tiny(kind)), str(tmp_path / 'w.npz')])
  assert not (tmp_path / 'w.npz').exists()


class Runs:
  """Unpickled, runs a shell command."""

  def __init__(self, command):
    self.command = command

  def __reduce__(self):
    return os.system, (self.command,)


def wrap(path, kind, state: bytes):
  """A .pth whose state is that pickle."""
  if kind == 'zip':
    with zipfile.ZipFile(path, 'w') as archive:
      archive.writestr('archive/data.pkl', state)
  else:
    head = (torch_weights.MAGIC, 1001, {})
    path.write_bytes(b''.join(pickle.dumps(part) for part in head) + state)
  return path


@FORMATS
def test_a_program_is_refused_and_not_run(kind, tmp_path):
  ran = tmp_path / 'ran'
  path = wrap(tmp_path / 'w.pth', kind, pickle.dumps({'fc.bias': Runs(f'touch {ran}')}))
  with pytest.raises(Failure, match=f'asks for {os.system.__module__}.system'):
    inception.load(path)
  assert not ran.exists()
  with zipfile.ZipFile(path) if kind == 'zip' else path.open('rb') as file:  # it would have
    state = file.open('archive/data.pkl') if kind == 'zip' else file
    for _ in range(1 if kind == 'zip' else 4):
      pickle.load(state)
  assert ran.exists()


@pytest.mark.parametrize('name', ['builtins eval', 'torch load', 'collections OrderedDict.pop',
                                  'torch._utils _rebuild_tensor_v2.__globals__',
                                  'numpy.core.multiarray _reconstruct', 'torch HalfStorage'])
def test_only_five_names_are_known(name, tmp_path):
  state = b'\x80\x04c' + name.replace(' ', '\n').encode() + b'\n.'
  with pytest.raises(Failure, match=f'asks for {name.replace(" ", ".")}'):
    inception.load(wrap(tmp_path / 'w.pth', 'zip', state))


def test_views_stay_inside_their_storage():
  storage, raw = torch_weights.Storage('0', '<f4', 4), {'0': t(4).tobytes()}
  view = lambda *how: torch_weights.array(torch_weights.Tensor(storage, *how), raw)
  np.testing.assert_array_equal(view(1, (2,), (2,)), [1, 3])
  for how in [(0, (5,), (1,)), (4, (), ()), (2, (2, 2), (2, 1)), (-1, (2,), (1,)),
              (3, (2,), (-1,)), (0, (10 ** 6, 6_700), (0, 0)), (0, (5,), (0,))]:
    with pytest.raises(ValueError, match='is no part of the 4 numbers of storage 0'):
      view(*how)
  raw['0'] = raw['0'][:-4]
  with pytest.raises(ValueError, match='storage 0 has 3 of 4 numbers'):
    view(0, (1,), (1,))


def test_a_bomb_is_refused_by_what_it_declares(tmp_path):
  """A few megabytes that would be gigabytes, and 300 bytes that ask for 26.8 GB."""
  path = tmp_path / 'bomb.pth'
  with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('w/data.pkl', pickle.dumps({}, 2))
    with archive.open('w/data/0', 'w', force_zip64=True) as file:
      for _ in range(600):
        file.write(bytes(2 ** 20))
  tracemalloc.start()
  with pytest.raises(Failure, match='it would take 629,1.* bytes, of 536,870,912 at most'):
    inception.load(path)
  with path.open('wb') as file:
    file.truncate(2 ** 30)  # takes no room on the disk
  with pytest.raises(Failure, match='1,073,741,824 bytes, of 536,870,912 at most'):
    inception.load(path)
  assert tracemalloc.get_traced_memory()[1] < 2 ** 25
  tracemalloc.stop()


def command(*argv):
  return subprocess.run([sys.executable, '-m', convert_inception.__name__, *map(str, argv)],
                        capture_output=True, text=True, cwd=DATA.parents[1])


def test_errors_are_a_line(tmp_path):
  done = command(DATA / 'tiny_zip.pth', tmp_path / 'w.npz')
  assert done.returncode == 2 and done.stdout == '' and not list(tmp_path.iterdir())
  line, = done.stderr.splitlines()
  assert line.startswith('jaxgan: ') and 'Conv2d_1a_3x3' in line


def test_no_place_to_write(tiny, tmp_path):
  (tmp_path / 'file').touch()
  with pytest.raises(Failure, match='w.npz cannot be written') as e:
    convert_inception.main([str(tiny('zip')), str(tmp_path / 'file' / 'w.npz')])
  assert e.value.code == 5


@pytest.mark.parametrize('argv', [[], ['w.pth'], ['w.pth', 'w.pth']])
def test_arguments(argv):
  with pytest.raises(Failure, match='two are needed, WEIGHTS.pth NEW.npz'):
    convert_inception.main(argv)
