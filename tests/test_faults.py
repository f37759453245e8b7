"""What can go wrong around a run: it ends with one line and its own code; nothing is lost."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import jax
import numpy as np
import pytest
import tiny
from PIL import Image
from test_resume import ROOT, argv, here

from jaxgan.io import files
from jaxgan.run import checkpoint, feed, memory

sys.path.insert(0, str(ROOT))
from jaxgan import command as launch


def started(workdir, *flags, bomb='', **environment):
  """A process of its own, that has been started."""
  command = [sys.executable, str(ROOT / 'launch.py'), *argv(workdir, *flags)[1:]]
  return subprocess.Popen(command, env=os.environ | {'BOMB': bomb} | environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def child(workdir, *flags, bomb='', **environment):
  """Runs in a process of its own -> (exit code, stdout, stderr)."""
  process = started(workdir, *flags, bomb=bomb, **environment)
  out, err = process.communicate(timeout=300)
  return process.returncode, out, err


def digest(workdir, step=40):
  return json.loads((workdir / 'checkpoints' / str(step) / 'digest.json').read_text())


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
  """The undisturbed run."""
  workdir = tmp_path_factory.mktemp('straight') / 'run'
  assert here(workdir) == 0
  return workdir


def one_line(err):
  lines = [line for line in err.splitlines() if line.startswith('jaxgan: ')]
  assert len(lines) == 1, err
  return lines[0]


def test_a_workdir_of_any_name(straight, tmp_path):
  """What Orbax takes for a pattern was written, and could not be read."""
  odd = tmp_path / '[small] try*' / 'back\\slash'
  assert here(odd, '--steps=20') == 0 and here(odd) == 0
  assert digest(odd) == digest(straight)


@pytest.mark.slow
@pytest.mark.parametrize('accident,code,says', [
    ('io', 5, 'cannot be read .*shard-3'), ('bug', 1, ''),
    ('sleep', 6, 'have not come for 4 s')])
def test_an_accident_in_the_data_loses_no_step(straight, tmp_path, accident, code, says):
  """The steps before are saved, and the run goes on to the same digest."""
  run = tmp_path / 'run'
  found, out, err = child(run, '--data_timeout=4', bomb=f'read:8:{accident}')
  assert found == code, err
  saved = checkpoint.steps(run / 'checkpoints')[-1]
  assert 0 < saved < 40 and f'step {saved} is saved' in out
  assert 'ZeroDivisionError' in err if code == 1 else re.search(says, one_line(err))
  assert accident != 'sleep' or 'in burn' in err  # what each thread was at
  assert here(run) == 0 and digest(run) == digest(straight)


@pytest.mark.parametrize('number', tiny.slow_but(
    [signal.SIGTERM], [signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_is_heard_while_data_are_waited_for(straight, tmp_path, number):
  run = tmp_path / 'run'
  process = started(run, bomb='read:8:sleep')
  while not (run / 'metrics.jsonl').exists() or len(files.read(run / 'metrics.jsonl')) < 4:
    time.sleep(.1)
  time.sleep(2)
  process.send_signal(number)
  _, err = process.communicate(timeout=60)
  assert process.returncode == 128 + number and 'saved: the same command resumes' in err
  assert here(run) == 0 and digest(run) == digest(straight)


@pytest.mark.slow
def test_a_bug_in_a_metric_saves_and_ends_in_order(straight, tmp_path):
  """The device computes the next steps by then: the interpreter must not end before it."""
  code, out, err = child(tmp_path / 'run', bomb='eval:2:bug')
  assert code == 1 and 'ZeroDivisionError' in err and 'is saved' in out
  assert here(tmp_path / 'run') == 0 and digest(tmp_path / 'run') == digest(straight)


def test_training_in_a_thread(straight, tmp_path):
  codes = []
  thread = threading.Thread(target=lambda: codes.append(here(tmp_path / 'run')))
  thread.start()
  thread.join()
  assert codes == [0] and digest(tmp_path / 'run') == digest(straight)


def test_no_log_and_no_metrics(tmp_path, capsys):
  never = '--log_every=0', '--eval_every=0', '--sample_every=0', '--steps=4'
  assert here(tmp_path, *never) == 0 and here(tmp_path, *never) == 0
  assert checkpoint.steps(tmp_path / 'checkpoints') == [4]
  out = capsys.readouterr().out
  made = f'trained 4 steps: {tmp_path}/samples, {tmp_path}/report.html\n'
  assert made in out and 'curves' not in out


@pytest.mark.parametrize('hurt', [
    lambda path: path.write_bytes(path.read_bytes().replace(b'"step"', b'"st\xe5p"', 1)),
    lambda path: path.write_text('[1, 2]\n7\n{"step": "x"}\n' + path.read_text()),
    lambda path: path.write_bytes(b'\0' * 100 + b'\n' + path.read_bytes())])
def test_a_damaged_log_is_set_aside(straight, tmp_path, capsys, hurt):
  shutil.copytree(straight, tmp_path / 'run')
  shutil.rmtree(tmp_path / 'run' / 'checkpoints' / '40')
  path = tmp_path / 'run' / 'metrics.jsonl'
  hurt(path)
  before = path.read_bytes()
  assert here(tmp_path / 'run') == 0 and digest(tmp_path / 'run') == digest(straight)
  assert (tmp_path / 'run' / 'metrics.jsonl.damaged').read_bytes() == before
  assert 'cannot be read' in capsys.readouterr().out
  assert [row['step'] for row in files.read(path)][-1] == 40


@pytest.mark.parametrize('content', ['[]', '7', '{"earlier": 3}', 'x', '"a"'])
def test_a_damaged_record_of_the_run_is_set_aside(straight, tmp_path, content):
  shutil.copytree(straight, tmp_path / 'run')
  (tmp_path / 'run' / 'run.json').write_text(content)
  assert here(tmp_path / 'run') == 0
  assert json.loads((tmp_path / 'run' / 'run.json').read_text())['earlier'] == []
  assert (tmp_path / 'run' / 'run.json.damaged').read_text() == content


@pytest.mark.parametrize('field,value', [
    ('experiment', 7), ('knobs', []), ('knobs', {'lr': [1]}), ('data', 'x'), ('data', {}),
    ('classes', 'ten'), ('class_names', {}), ('identity', 3), ('numbers', 'x'),
    (None, [1, 2]), (None, 'x')])
def test_a_config_of_other_types_is_one_line(straight, tmp_path, capsys, field, value):
  shutil.copytree(straight, tmp_path / 'run')
  path = tmp_path / 'run' / 'config.json'
  whole = json.loads(path.read_text())
  path.write_text(json.dumps(whole | {field: value} if field else value))
  assert here(tmp_path / 'run') == 4
  assert 'config.json is damaged' in one_line(capsys.readouterr().err)


def images(where, level=0, folders=('a', 'b')):
  for i in range(8):
    (where / folders[i % 2]).mkdir(parents=True, exist_ok=True)
    picture = np.full((8, 8, 3), level, np.uint8)
    Image.fromarray(picture).save(where / folders[i % 2] / f'{i}.png', compress_level=0)
  return where


OWN = """
import optax
from jaxgan import priors
from jaxgan.data import folder
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import dcgan

def experiment(steps=4, batch=8):
  return Experiment(
      data=folder.load(8, classes=2), batch=batch, steps=steps,
      gan=GAN(dcgan.Generator((8, 8, 3), (8, 4), kernel=3),
              dcgan.Discriminator((4, 8), kernel=3), priors.normal(4),
              adversarial.non_saturating(), optax.sgd(.01), optax.sgd(.01)))
"""


@pytest.mark.slow
def test_other_data_are_another_run(tmp_path, capsys):
  """A file more, or a class that is called otherwise, and so has another number."""
  file = tmp_path / 'own.py'
  file.write_text(OWN)
  data = images(tmp_path / 'data')
  go = lambda data, *flags: launch.run(
      ['launch.py', f'--experiment={file}', '--steps=2', f'--data_dir={data}',
       f'--workdir={tmp_path}/run', *flags])
  assert go(data) == 0
  assert json.loads((tmp_path / 'run' / 'config.json').read_text())['class_names'] == ['a', 'b']
  shutil.copytree(data, tmp_path / 'moved')
  assert go(tmp_path / 'moved', '--steps=3') == 0  # the same data at another place
  (tmp_path / 'moved' / 'b').rename(tmp_path / 'moved' / 'A')
  assert go(tmp_path / 'moved', '--steps=4') == 4
  assert 'class_names was ["a", "b"] and is ["A", "a"]' in one_line(capsys.readouterr().err)
  (data / 'a' / '0.png').unlink()
  assert go(data, '--steps=4') == 4
  assert 'count was 8 and is 7' in one_line(capsys.readouterr().err)
  assert checkpoint.steps(tmp_path / 'run' / 'checkpoints') == [2, 3]


@pytest.mark.slow
def test_a_run_may_move_with_its_experiment_file(tmp_path, capsys):
  first, second = tmp_path / 'first', tmp_path / 'second'
  first.mkdir()
  (first / 'own.py').write_text(OWN)
  data = images(tmp_path / 'data')
  go = lambda where, *flags: launch.run(
      ['launch.py', f'--experiment={where}/own.py', f'--data_dir={data}',
       f'--workdir={where}/run', *flags])
  assert go(first, '--steps=2') == 0
  first.rename(second)
  assert go(second, '--steps=3') == 0
  (tmp_path / 'third').mkdir()
  (tmp_path / 'third' / 'own.py').write_text(OWN.replace('.01', '.02'))
  (second / 'run').rename(tmp_path / 'third' / 'run')
  assert go(tmp_path / 'third', '--steps=4') == 4
  assert 'own.py' in one_line(capsys.readouterr().err)


@pytest.mark.slow
def test_deterministic_kernels_are_asked_for(tmp_path):
  """On GPUs, where a resumed run ends elsewhere without them."""
  code, _, err = child(tmp_path / 'run', '--deterministic', '--steps=2', XLA_FLAGS='')
  assert code == 0, err
  record = json.loads((tmp_path / 'run' / 'run.json').read_text())
  assert '--xla_gpu_exclude_nondeterministic_ops=true' in record['xla_flags']


def test_other_settings_of_numbers_are_another_run(straight, tmp_path):
  shutil.copytree(straight, tmp_path / 'run')
  code, _, err = child(tmp_path / 'run', '--steps=44', JAX_ENABLE_X64='1')
  assert code == 4 and 'JAX_ENABLE_X64' in one_line(err)


def test_what_cannot_be_in_memory_is_said_before_the_start(tmp_path):
  """It waited for ever, and heard no signal."""
  begun = time.monotonic()
  code, _, err = child(tmp_path / 'run', '--width=60000')
  assert code == 7 and 'out of memory before the start: the state needs' in one_line(err)
  assert '--batch' in err and time.monotonic() - begun < 120
  assert not (tmp_path / 'run' / 'config.json').exists()


def test_a_step_that_does_not_fit_is_never_run(tmp_path, monkeypatch, capsys):
  monkeypatch.setattr(memory, 'available', lambda: 40_000)
  assert here(tmp_path) == 7
  said = one_line(capsys.readouterr().err)
  assert re.search('the training step needs .* a device, which has 4e-05 GB', said)
  assert not checkpoint.steps(tmp_path / 'checkpoints')


@pytest.mark.parametrize('error', [
    MemoryError('no room'), jax.errors.JaxRuntimeError('RESOURCE_EXHAUSTED: Out of memory')])
def test_memory_that_runs_out_in_training(tmp_path, monkeypatch, capsys, error):
  def out(*args):
    raise error
  monkeypatch.setattr(feed, 'batches', out)
  assert here(tmp_path) == 7
  assert re.search('out of memory .* the state takes .* GB', one_line(capsys.readouterr().err))


def test_a_program_that_failed_is_not_waited_for():
  """np.asarray of its result never returns."""
  code = """
import os
os.environ['JAX_PLATFORMS'] = 'cpu'
import jax, jax.numpy as jnp
from jaxgan import parallel
from jaxgan.io import trees
for read in (parallel.local, trees.leaves):
  try:
    read({'a': jax.jit(lambda: jnp.zeros((2 ** 40, 2 ** 6)))()})
  except jax.errors.JaxRuntimeError as e:
    print('RESOURCE_EXHAUSTED' in str(e))
"""
  done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, timeout=100, text=True,
                        capture_output=True)
  assert done.stdout.split() == ['True', 'True'], done.stderr


def test_a_run_that_never_was_finite_has_no_good_checkpoint(tmp_path, capsys):
  assert here(tmp_path, '--lr=1e30', '--max_nonfinite=3', '--save_every=0') == 3
  assert 'no checkpoint was written yet' in one_line(capsys.readouterr().err)


MEMORIES = """
import optax
from jaxgan import priors
from jaxgan.augment.base import adaptive
from jaxgan.data import digits
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial, lecam, path_length
from jaxgan.nets import mlp, layers

def experiment(steps=8, batch=8, seed=0):
  loss = (adversarial.boundary_equilibrium(rate=.1) + lecam.lecam(.3)
          + path_length.path_length(2.))
  gan = GAN(mlp.Generator((8,), (8, 8, 1)), mlp.Discriminator((8,), layers.leaky_relu(.2)),
            priors.normal(4), loss, optax.adam(1e-3), optax.adam(1e-3), d_steps=2,
            augment=adaptive(lambda keys, x, p: x * (1 - p), -2., 400., interval=3))
  return Experiment(gan, digits.load(), batch, steps, seed, eval_every=0, sample_every=0,
                    save_every=4)
"""


@pytest.mark.slow
def test_all_that_a_game_remembers_is_resumed(tmp_path):
  """BEGAN's k, LeCam's averages, path lengths, ADA's p and its sums, two batches a step."""
  file = tmp_path / 'memories.py'
  file.write_text(MEMORIES)
  go = lambda name, *flags: launch.run(['launch.py', f'--experiment={file}',
                                        f'--workdir={tmp_path}/{name}', *flags])
  assert go('straight') == 0 and go('stopped', '--steps=4') == 0
  found = checkpoint.verified(tmp_path / 'stopped' / 'checkpoints' / '4')
  remembered = [a for name, a in found.items() if name.startswith('memory/')]
  assert len(remembered) == 7 and all(np.any(a != 0) for a in remembered)
  assert go('stopped') == 0
  assert digest(tmp_path / 'straight', 8) == digest(tmp_path / 'stopped', 8)


def test_other_shapes_of_data_are_another_run(straight, tmp_path, capsys):
  shutil.copytree(straight, tmp_path / 'run')
  path = tmp_path / 'run' / 'config.json'
  path.write_text(path.read_text().replace('"uint8"', '"int8"'))
  assert here(tmp_path / 'run', '--steps=44') == 4
  assert 'data' in one_line(capsys.readouterr().err)


@pytest.mark.slow
def test_a_full_disk_is_one_line(tmp_path):
  """And no tracebacks of other libraries' threads: files may have 30 kB here."""
  line = f'ulimit -f 30; {sys.executable} {ROOT}/launch.py --experiment=digits --width=8 ' \
         f'--steps=8 --save_every=4 --eval_every=0 --sample_every=0 --workdir={tmp_path}/run'
  done = subprocess.run(['bash', '-c', line], text=True, capture_output=True, timeout=300,
                        env=os.environ | {'JAX_ENABLE_COMPILATION_CACHE': '0'})
  assert done.returncode == 5 and len(done.stderr.splitlines()) == 1, done.stderr
  assert re.match(r'jaxgan: checkpoint 4 \([\d,]+ bytes\) could not be written', done.stderr)
  assert len(done.stderr) < 700 and not checkpoint.steps(tmp_path / 'run' / 'checkpoints')
