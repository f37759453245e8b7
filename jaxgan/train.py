"""The loop: experiment -> data -> step -> log."""
import contextlib
import functools
import json
import os
import pathlib
import signal
from collections.abc import Callable

import jax
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from jaxgan import checkpoint, feed, log, parallel, rng, workdir
from jaxgan import gan as game
from jaxgan.data.source import Source
from jaxgan.errors import Failure
from jaxgan.experiment import Experiment, Run, load
from jaxgan.periodic import Periodic
from jaxgan.types import Batch, TrainState


def train(run: Run, folder: pathlib.Path, data_dir: str | None, kind: str) -> None:
  """Trains to the end, from the newest checkpoint in `folder` if there is one.

  `kind` is 'shard_map' or 'pmap'. Raises Failure for all that a user can mend; 143 or 130
  after a signal, with the state saved.
  """
  experiment = run.experiment
  parallel.check_batch(experiment.batch)
  workdir.check_writable(folder)
  spec = experiment.data.describe(data_dir)
  check_resumable(run, folder, spec)
  source = experiment.data.load(data_dir)
  with contextlib.ExitStack() as stack:
    if jax.process_index() == 0:
      stack.enter_context(workdir.locked(folder))
      stack.enter_context(workdir.recorded(folder))
      log.write(folder / 'config.json', json.dumps(workdir.config(run, spec), indent=1))
    stop = stack.enter_context(signals())
    loop(experiment, source, spec, folder, kind, stop)


def loop(experiment: Experiment, source: Source, spec: Batch, folder: pathlib.Path,
         kind: str, stop: Callable[[], int]) -> None:
  """Step after step, with what is due after each: log, samples, metrics, checkpoints."""
  mesh = parallel.mesh()
  state = start(experiment, spec, mesh, folder)
  step, steps = int(parallel.local(state.step)), experiment.steps
  if step >= steps:
    return log.say(f'{folder} is done: {step:,} of {steps:,} steps')
  advance = compiled_steps(experiment, mesh, kind)
  due = Periodic(experiment, source, folder, step) if jax.process_index() == 0 else None
  root, capacity = rng.root(experiment.seed), feed.capacity(experiment, spec)
  pace = feed.Pace(capacity)
  while step < steps and not (signum := parallel.highest(stop())):
    n = min(pace.n, experiment.next_stop(step) - step)
    batches = feed.take(experiment, source, step, n, capacity)
    state, terms = advance(state, parallel.put(batches, mesh, kind), np.int32(n), root)
    step += n
    pace.wait(terms, n)
    if due:
      due.after(step, state, terms)
  if due:
    due.close(step, state)
  if step < steps:
    raise Failure(f'stopped by {signal.Signals(signum).name} at step {step:,}, saved: the '
                  'same command resumes', code=128 + signum)


def compiled_steps(experiment: Experiment, mesh: Mesh, kind: str) -> Callable:
  """(state, batches [K, d_steps, B, ...], n, root key) -> (state, terms), over the mesh."""
  steps = functools.partial(game.train_steps, experiment.gan, experiment.data.decode)
  return parallel.device_map(steps, mesh, (P(), parallel.BATCHES, P(), P()), kind,
                             donate=(0,))


def start(experiment: Experiment, spec: Batch, mesh: Mesh, folder: pathlib.Path):
  """The state that training goes on from: the newest good checkpoint's, or a fresh one."""
  fresh = initial_state(experiment, spec, mesh)
  found, error = None, None
  if jax.process_index() == 0:
    checkpoint.sweep(folder / 'checkpoints')
    try:
      found = checkpoint.restore(folder / 'checkpoints', jax.eval_shape(lambda: fresh),
                                 set_aside=True, say=log.say)
    except Failure as e:
      error = e
  if parallel.highest(error is not None):
    raise error or Failure('process 0 found no good checkpoint: see its message', code=4)
  if not parallel.highest(found is not None):
    return fresh
  state = parallel.from_first(parallel.local(fresh) if found is None else found)
  step = int(state.step)
  if jax.process_index() == 0:
    log.say(f'resumed {folder} at step {step:,} (digest verified), '
            f'{max(experiment.steps - step, 0):,} to go')
  return parallel.replicate(state, mesh)


def initial_state(experiment: Experiment, spec: Batch, mesh: Mesh) -> TrainState:
  """The state at step 0, the same for every number of devices."""
  def init(key):
    examples = jax.tree.map(lambda a: np.zeros((2, *a.shape), a.dtype), spec)
    return game.init(experiment.gan, experiment.data.decode(examples), key)
  return parallel.device_map(init, mesh, (P(),))(rng.root(experiment.seed))


def check_resumable(run: Run, folder: pathlib.Path, spec: Batch) -> None:
  """Raises Failure (4) if `folder` holds training that this run would not continue.

  More or fewer `steps` are the same run only if the compiled step does not depend on them
  (a learning-rate schedule would), so the programs themselves are compared.
  """
  old = workdir.read_config(folder)
  if old is None or not (checkpoint.steps(folder / 'checkpoints')
                         or (folder / 'corrupt').exists()):
    return
  new = json.loads(json.dumps(workdir.config(run, spec)))
  changed = workdir.differences(old, new)
  if changed == ['steps']:
    before = load(run.name, old['knobs']).experiment
    if lowered(before, spec).as_text() == lowered(run.experiment, spec).as_text():
      return
  for field in changed:
    values = (c['knobs'].get(field, c.get(field)) for c in (old, new))
    workdir.refuse(folder, field, *values)


def lowered(experiment: Experiment, spec: Batch) -> jax.stages.Lowered:
  """The training step as a program, before compilation."""
  mesh = parallel.mesh()
  state = jax.eval_shape(lambda: initial_state(experiment, spec, mesh))
  per_step = (feed.capacity(experiment, spec), experiment.gan.d_steps, experiment.batch)
  batches = jax.tree.map(lambda a: jax.ShapeDtypeStruct((*per_step, *a.shape), a.dtype), spec)
  n = jax.ShapeDtypeStruct((), np.int32)
  steps = compiled_steps(experiment, mesh, 'shard_map')
  return steps.lower(state, batches, n, rng.root(experiment.seed))


@contextlib.contextmanager
def signals():
  """-> stop(): the number of the SIGTERM or SIGINT that came, or 0. A second one kills."""
  came = []

  def note(signum, frame):
    if came:
      os._exit(128 + signum)
    came.append(signum)

  before = {s: signal.signal(s, note) for s in (signal.SIGTERM, signal.SIGINT)}
  try:
    yield lambda: came[0] if came else 0
  finally:
    for signum, handler in before.items():
      signal.signal(signum, handler)
