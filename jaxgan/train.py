"""The loop: experiment -> data -> step -> log."""
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import signal
from collections.abc import Callable, Hashable, Sequence

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import (
  catalogue,
  checkpoint,
  divided,
  feed,
  log,
  members,
  parallel,
  rng,
  transfer,
  workdir,
)
from jaxgan import gan as game
from jaxgan.data import source
from jaxgan.data.source import Source
from jaxgan.errors import Failure
from jaxgan.experiment import Experiment, Run, guarded, load
from jaxgan.periodic import Judge, Periodic
from jaxgan.profile import Trace
from jaxgan.sampling import sampler
from jaxgan.types import Batch, Key, Places, Terms, TrainState

Folders = Sequence[pathlib.Path]


def train(runs: Sequence[Run], folders: Folders, places: Places, kind: str,
          profile: int = 0, resident: bool | None = None, divide: bool = False) -> None:
  """Trains to the end, from the newest checkpoints in the folders if there are any.

  Several runs are one experiment with different seeds, and become one program. `kind` is
  'shard_map' or 'pmap'; so many steps are profiled; `resident` as `feed.resident` has it;
  `divide` divides optimiser states and averages over the devices. Raises Failure for all that
  a user can mend; 143 or 130 after a signal, with the states saved.
  """
  if divide:
    runs = parallel.together(lambda: [divided_run(runs, kind, places)])
  with contextlib.ExitStack() as stack:
    advance = compiled_steps(runs[0].experiment, parallel.mesh(), kind, runs)
    spec, sources, judges, data = parallel.together(
        lambda: prepared(runs, folders, places, kind, resident, advance, stack))
    take = feed.take
    if data is not None:
      advance, take = on_devices(runs[0].experiment, parallel.mesh(), data), feed.take_positions
    stop = stack.enter_context(signals())
    trace = stack.enter_context(Trace(folders[0] / 'profile', profile))
    loop(runs, sources, spec, judges, folders, kind, take, advance, trace, stop)


def divided_run(runs: Sequence[Run], kind: str, places: Places) -> Run:
  """The run, its state divided over the devices. Raises Failure where that cannot be."""
  run = runs[0]
  if len(runs) > 1 or kind == 'pmap':
    raise Failure('--divide_state is for one run, by shard_map: leave it out')
  experiment = run.experiment
  state = shapes(experiment, experiment.data.describe(places.data_dir))
  for role, tx in (('g', experiment.gan.g_tx), ('d', experiment.gan.d_tx)):
    if found := divided.mixing(tx, getattr(state, role).params):
      raise Failure(f'--divide_state is for optimisers that treat each number alone, and '
                    f"{role}_tx has {', '.join(found)}: leave it out")
  gan = dataclasses.replace(experiment.gan, divided=divided.specs(state, jax.device_count()))
  return dataclasses.replace(run, experiment=dataclasses.replace(experiment, gan=gan))


def prepared(runs: Sequence[Run], folders: Folders, places: Places, kind: str,
             resident: bool | None, advance: Callable, stack):
  """Finds what a user can mend, then takes the folders
  -> (one example's shapes, each run's data, and its metrics, ready to judge; what of the data
  the devices shall keep)."""
  experiment = runs[0].experiment
  parallel.check_batch(experiment.batch)
  for folder in folders:
    workdir.check_writable(folder)
  spec = experiment.data.describe(places.data_dir)
  alone = len(runs) == 1 and kind == 'shard_map'
  guarded(catalogue.path(runs[0].name),
          lambda: check_program(experiment, spec, advance if alone else None))
  for run, folder in zip(runs, folders):
    check_resumable(run, folder, spec)
  fresh = not all(checkpoint.steps(folder / 'checkpoints') for folder in folders)
  if experiment.init_from and fresh and jax.process_index() == 0:
    transfer.newest(experiment.init_from)
  sources = once(runs, same_data, lambda run: run.experiment.data.load(places.data_dir))
  data = feed.resident(sources[0], resident, alone)
  judges = [[] for _ in runs]
  if jax.process_index() == 0:
    if experiment.eval_every:
      judges = once(runs, members.without_seed, lambda run: [
          (metric.n, metric.prepare(places)) for metric in run.experiment.metrics])
    for run, folder, its in zip(runs, folders, sources):
      stack.enter_context(workdir.locked(folder))
      stack.enter_context(workdir.recorded(folder))
      config = workdir.config(run, spec) | {'classes': getattr(its, 'classes', None)}
      log.write(folder / 'config.json', json.dumps(config, indent=1))
  return spec, sources, judges, data


def same_data(run: Run) -> Hashable:
  """What runs on one data set share: its name; of a set without one, all that made it."""
  name = run.experiment.data.name
  return tuple(run.knobs.items()) if name == source.UNNAMED else name


def once(runs: Sequence[Run], key: Callable[[Run], Hashable], make: Callable) -> list:
  """make(run) of each run, called once for all that have one key."""
  made = {}
  for run in runs:
    if key(run) not in made:
      made[key(run)] = make(run)
  return [made[key(run)] for run in runs]


def check_program(experiment: Experiment, spec: Batch, steps: Callable | None) -> None:
  """Traces the step, so that what raises in a network or a loss does so before the start.
  `steps` are the compiled ones if they are of this run alone: JAX keeps what it has traced."""
  lowered(experiment, spec, steps)
  def fakes(key):
    examples = jax.tree.map(lambda a: np.zeros((2, *a.shape), a.dtype), spec)
    batch = experiment.data.decode(examples)
    state = game.init(experiment.gan, batch, key)
    z, c = experiment.gan.prior(rng.per_example(key, np.arange(2)), batch)
    return batch.x, game.sample(experiment.gan, state.ema, z, c)
  real, fake = jax.eval_shape(fakes, rng.root(0))
  shapes = [jax.tree.map(lambda a: a.shape[1:], x) for x in (real, fake)]
  if shapes[0] != shapes[1]:
    raise ValueError(f'the generator makes {shapes[1]} where the data are {shapes[0]}')


def loop(runs: Sequence[Run], sources: Sequence[Source], spec: Batch,
         judges: Sequence[Sequence[Judge]], folders: Folders, kind: str,
         take: Callable, advance: Callable, trace: Trace, stop: Callable[[], int]) -> None:
  """Step after step, with what is due after each: log, samples, metrics, checkpoints."""
  experiments = [run.experiment for run in runs]
  mesh, experiment, count = parallel.mesh(), experiments[0], len(experiments)
  first = jax.process_index() == 0
  state = start(runs, spec, mesh, folders)
  step, steps = int(parallel.local(state.step)), experiment.steps
  if step >= steps:
    for folder in folders if first else ():
      log.curves(folder)  # a kill may have come just before
      log.say(f'{folder} is done: {step:,} of {steps:,} steps')
    return
  draws = once(runs, members.without_seed, lambda run: sampler(run.experiment))
  dues = [Periodic(*each, members.part(i, count), i > 0) for i, each in enumerate(zip(
      experiments, sources, folders, [step] * count, draws, judges)) if first]
  root, capacity = members.roots(experiments), feed.capacity(experiment, spec, count)
  pace = feed.Pace(capacity)
  whole = lambda state: parallel.gather(state, mesh) if experiment.gan.divided else state
  signum, error = 0, None
  while step < steps:
    signum, n, failed = parallel.highest([stop(), pace.n, error is not None])
    if failed:
      raise error or Failure('process 0 has failed: its message says why', code=5)
    if signum:
      break
    n = min(n, experiment.next_stop(step) - step)
    trace.before(step, state)
    batches = members.stack([take(one, its, step, n, capacity)
                             for one, its in zip(experiments, sources)])
    batches = parallel.put(batches, mesh, kind, members.batches_spec(count))
    state, terms = advance(state, batches, np.int32(n), root)
    step += n
    shown = whole(state) if experiment.due(step) else state
    check_finite(pace.wait((step, terms), n), experiment.max_nonfinite)
    try:
      for due in dues:
        due.after(step, shown, terms)
    except Failure as e:
      error = e  # the others hear of it before the next call
  if error:
    raise error
  state = whole(state)
  for due in dues:
    due.close(step, state)
  if step < steps:
    raise Failure(f'stopped by {signal.Signals(signum).name} at step {step:,}, saved: the '
                  'same command resumes', code=128 + signum)


def check_finite(call: tuple[int, Terms] | None, most: int) -> None:
  """Raises Failure (3) if a player's updates, `most` or more to a call's last step, were left
  out. All processes see the same."""
  if call is None:
    return
  step, terms = call[0], parallel.local(call[1])
  for role in 'dg':
    if (row := int(np.max(terms[f'{role}/skipped_in_a_row']))) >= most:
      bad = [f'{name} = {value}' for name, value in terms.items()
             if name.startswith(role) and not np.isfinite(value).all()]
      raise Failure(f'{row} updates of {role} in a row, from step {step - row + 1:,} to '
                    f'{step:,}, were left out, not being finite: '
                    f'{", ".join(bad) or "its gradient"}; the last checkpoint is good: try '
                    'a lower --lr in another --workdir, or raise --max_nonfinite', code=3)


def compiled_steps(experiment: Experiment, mesh: Mesh, kind: str,
                   runs: Sequence[Run] = ()) -> Callable:
  """(state, batches [K, d_steps, B, ...], n, root key) -> (state, terms), over the mesh;
  of several runs, these are their joint ones [S, ...]."""
  steps = functools.partial(game.train_steps, experiment.gan, experiment.data.decode)
  if len(runs) > 1:
    steps = members.vmapped(runs)
  spec = members.batches_spec(len(runs) or 1)
  at = experiment.gan.divided or P()
  return parallel.device_map(steps, mesh, (at, spec, P(), P()), kind, (0,), (at, P()))


def unfinished(runs: dict[pathlib.Path, Run], places: Places) -> dict[pathlib.Path, Run]:
  """The runs that are not at their last step; of the others it says so. Raises Failure (4) if
  such a folder is another run's."""
  last = lambda folder: max(checkpoint.steps(folder / 'checkpoints'), default=0)
  done = [jax.process_index() == 0 and last(folder) >= run.experiment.steps
          for folder, run in runs.items()]
  found = {}
  for (folder, run), is_done in zip(runs.items(), parallel.highest(done)):
    if not is_done:
      found[folder] = run
    elif jax.process_index() == 0:
      check_resumable(run, folder, run.experiment.data.describe(places.data_dir))
      log.say(f'{folder} is done: {run.experiment.steps:,} steps')
  return found


def on_devices(experiment: Experiment, mesh: Mesh, data: Batch) -> Callable:
  """The compiled steps of a run whose data set lies on every device: for batches they take
  the positions [K, d_steps, B] of examples."""
  def steps(state, positions, n, key, data):
    examples = lambda at: experiment.data.decode(jax.tree.map(lambda a: a[at], data))
    return game.train_steps(experiment.gan, examples, state, positions, n, key)
  at = experiment.gan.divided or P()
  mapped = parallel.device_map(steps, mesh, (at, parallel.BATCHES, P(), P(), P()),
                               donate=(0,), out_specs=(at, P()))
  data = parallel.replicate(data, mesh)  # an argument: a constant would be compiled in
  return lambda state, positions, n, key: mapped(state, positions, n, key, data)


def programs(runs: Sequence[Run], places: Places) -> list[list[Run]]:
  """The runs in groups that are one program each: alike but for seeds and floats, if their
  step can be traced so; else one by one."""
  found = []
  for group in members.groups(runs):
    try:
      if len(group) > 1:
        joint_shapes(group, group[0].experiment.data.describe(places.data_dir))
      found.append(group)
    except Failure:
      raise
    except Exception as e:
      log.say(f'{len(group)} runs cannot be one program, and are trained one by one: '
              f'{type(e).__name__}: {str(e).splitlines()[0]}')
      found += [[run] for run in group]
  return found


def joint_shapes(runs: Sequence[Run], spec: Batch):
  """What a joint step of several runs gives, by tracing it."""
  one, mesh = runs[0].experiment, parallel.mesh()
  many = lambda a: jax.ShapeDtypeStruct((len(runs), *a.shape), a.dtype)
  state = shapes(one, spec)
  joint = jax.tree.map(many, state).replace(step=state.step)
  per_step = (feed.capacity(one, spec, len(runs)), one.gan.d_steps, one.batch)
  batches = jax.tree.map(lambda a: many(jax.ShapeDtypeStruct((*per_step, *a.shape), a.dtype)),
                         spec)
  n = jax.ShapeDtypeStruct((), np.int32)
  roots = members.roots([run.experiment for run in runs])
  return jax.eval_shape(compiled_steps(one, mesh, 'shard_map', runs), joint, batches, n, roots)


def start(runs: Sequence[Run], spec: Batch, mesh: Mesh, folders: Folders) -> TrainState:
  """The (joint) state that training goes on from. Members go on from the newest step that all
  have saved; what some have trained beyond it comes out the same again."""
  inits = once(runs, members.without_seed, lambda run: initialiser(run.experiment, spec, mesh))
  common = None
  if len(folders) > 1:
    saved = [set(checkpoint.steps(folder / 'checkpoints')) for folder in folders]
    common = max(set.intersection(*saved), default=0)
    if any(saved) and common == 0:
      log.say('not every member has saved a common step: all start again from step 0')
  return members.join([member_start(run.experiment, init, mesh, folder, common)
                       for run, init, folder in zip(runs, inits, folders)], mesh)


def member_start(experiment: Experiment, init: Callable, mesh: Mesh, folder: pathlib.Path,
                 common: int | None) -> TrainState:
  """One run's state: of the step `common`, where 0 is a fresh one; if None, the newest good
  checkpoint's, or a fresh one."""
  fresh = init(rng.root(experiment.seed))
  if common == 0:
    return transferred(fresh, experiment, mesh) if experiment.init_from else fresh

  def newest():
    if jax.process_index() != 0:
      return None
    checkpoint.sweep(folder / 'checkpoints')
    found = checkpoint.restore(folder / 'checkpoints', jax.eval_shape(lambda: fresh), common,
                               set_aside=True, say=log.say)
    if found is None and (folder / 'saved').exists():
      raise Failure(f'{folder} has been saved at step {(folder / "saved").read_text()}, and '
                    'its checkpoints are gone: bring them back, or choose another --workdir',
                    code=4)
    return found

  found = parallel.together(newest)
  if not parallel.highest([found is not None])[0]:
    return transferred(fresh, experiment, mesh) if experiment.init_from else fresh
  if found is None:  # process 0 has it: here its shapes count
    found = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), fresh)
  state = parallel.from_first(found)
  step = int(state.step)
  if jax.process_index() == 0:
    log.say(f'resumed {folder} at step {step:,} (digest verified), '
            f'{max(experiment.steps - step, 0):,} to go')
  return placed(state, experiment, mesh)


def placed(state: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """A state of host arrays on the devices."""
  specs = experiment.gan.divided or jax.tree.map(lambda a: P(), state)
  return parallel.place(state, mesh, specs)


def transferred(fresh: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """The state at step 0 with another run's players; process 0 reads them."""
  state = parallel.local(parallel.gather(fresh, mesh))
  def read():
    return (transfer.carried(state, experiment.init_from) if jax.process_index() == 0
            else state)
  return placed(parallel.from_first(parallel.together(read)), experiment, mesh)


def shapes(experiment: Experiment, spec: Batch) -> TrainState:
  """The shapes and dtypes of a state."""
  return jax.eval_shape(functools.partial(fresh, experiment, spec), rng.root(0))


def initialiser(experiment: Experiment, spec: Batch, mesh: Mesh) -> Callable:
  """root key -> the state at step 0, the same for every number of devices."""
  make = functools.partial(fresh, experiment, spec)
  if not experiment.gan.divided:
    return parallel.device_map(make, mesh, (P(),))
  return jax.jit(make, out_shardings=jax.tree.map(
      lambda at: NamedSharding(mesh, at), experiment.gan.divided))


def fresh(experiment: Experiment, spec: Batch, key: Key) -> TrainState:
  """The state at step 0, by the run's root key."""
  examples = jax.tree.map(lambda a: np.zeros((2, *a.shape), a.dtype), spec)
  return game.init(experiment.gan, experiment.data.decode(examples), key)


def initial_state(experiment: Experiment, spec: Batch, mesh: Mesh) -> TrainState:
  """The state at step 0."""
  return initialiser(experiment, spec, mesh)(rng.root(experiment.seed))


def check_resumable(run: Run, folder: pathlib.Path, spec: Batch) -> None:
  """Raises Failure (4) if `folder` holds training that this run would not continue.

  More or fewer `steps` are the same run only if the compiled step does not depend on them
  (a learning-rate schedule would), so the programs themselves are compared.
  """
  old = workdir.read_config(folder)
  if not (checkpoint.steps(folder / 'checkpoints') or (folder / 'corrupt').exists()):
    return
  if old is None:
    raise Failure(f'{folder} holds checkpoints but no config.json to say of what: restore '
                  'it, or choose another --workdir', code=4)
  new = json.loads(json.dumps(workdir.config(run, spec)))
  changed = workdir.differences(old, new)
  if changed == ['steps']:
    before = load(run.name, old['knobs']).experiment
    gan = dataclasses.replace(before.gan, divided=run.experiment.gan.divided)
    before = dataclasses.replace(before, gan=gan)
    if lowered(before, spec).as_text() == lowered(run.experiment, spec).as_text():
      return
  if changed:
    workdir.refuse(folder, changed, old, new)


def lowered(experiment: Experiment, spec: Batch,
            steps: Callable | None = None) -> jax.stages.Lowered:
  """The training step as a program, before compilation; `steps`, if they are made already."""
  mesh = parallel.mesh()
  on = lambda at: lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype,
                                                 sharding=NamedSharding(mesh, at))
  state = shapes(experiment, spec)
  state = jax.tree.map(lambda a, at: on(at)(a), state,
                       experiment.gan.divided or jax.tree.map(lambda a: P(), state))
  per_step = (feed.capacity(experiment, spec), experiment.gan.d_steps, experiment.batch)
  batches = jax.tree.map(lambda a: jax.ShapeDtypeStruct((*per_step, *a.shape), a.dtype), spec)
  batches = jax.tree.map(on(parallel.BATCHES), batches)
  steps = steps or compiled_steps(experiment, mesh, 'shard_map')
  return steps.lower(state, batches, np.int32(1), rng.root(experiment.seed))


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
