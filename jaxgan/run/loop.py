"""The loop: experiment -> data -> step -> log."""
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import parallel, sharded
from jaxgan.data import source
from jaxgan.data.source import Source
from jaxgan.experiment import Experiment, Run, guarded, knobs, load
from jaxgan.io import files
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.run import (
  checkpoint,
  compiled,
  display,
  ensemble,
  feed,
  floor,
  memory,
  outcome,
  states,
  transfer,
  workdir,
  writers,
)
from jaxgan.run.log import Log
from jaxgan.run.periodic import Evaluator, Periodic
from jaxgan.run.profile import Trace
from jaxgan.run.sampling import sampler
from jaxgan.run.stopwatch import Stopwatch
from jaxgan.types import Batch, Paths, Terms, TrainState

Folders = Sequence[pathlib.Path]


class How(NamedTuple):
  """How runs are put on the machine, and what is shown of them: none of it changes a number."""
  kind: str = 'shard_map'  # or 'pmap'
  profile: int = 0  # steps to write a trace of
  resident: bool | None = None  # as `feed.resident` has it
  divide: bool = False  # optimiser states and averages over the devices
  quiet: bool = False  # scores alone are printed
  track: Sequence[str] = ()  # services that get the numbers too, as `writers.asked` has them


class Member(NamedTuple):
  """A run of those that one program trains, ready to start."""
  run: Run
  folder: pathlib.Path
  source: Source
  scored: Source  # what samples are compared with
  evaluators: Sequence[Evaluator]
  floors: Mapping[str, float]  # what real examples get, once it is known


def train(runs: Sequence[Run], folders: Folders, paths: Paths, how: How = How()) -> None:
  """Trains to the end, from the newest checkpoints in the folders if there are any.

  Several runs are one experiment with different seeds, and become one program. Raises Failure
  for all that a user can mend; 143, 130 or 129 after a signal, with the states saved.
  """
  check_how(runs, how)
  if how.divide:
    with parallel.missing_nobody():
      runs = parallel.together(lambda: [sharded_run(runs[0], paths)])
  experiment = runs[0].experiment
  with contextlib.ExitStack() as stack:
    advance = compiled.steps(experiment, parallel.mesh(), how.kind, runs)
    with parallel.missing_nobody():
      spec, members, data = parallel.together(
          lambda: prepared(runs, folders, paths, how, advance, stack))
    stack.enter_context(memory.enough(experiment, spec))
    take = feed.batches
    if data is not None:
      advance = compiled.on_devices(experiment, parallel.mesh(), data)
      take = feed.batch_positions
    elif how.kind == 'shard_map':
      advance = memory.checked(advance)
    stop = stack.enter_context(signals())
    trace = stack.enter_context(Trace(folders[0] / 'profile', how.profile))
    with parallel.missing_nobody():
      loop(members, spec, how, take, advance, trace, stop)


def check_how(runs: Sequence[Run], how: How) -> None:
  """Raises Failure for what is not offered of several runs, or by pmap."""
  if len(runs) > 1 or how.kind == 'pmap':
    for flag, given in (('resident', how.resident), ('divide_state', how.divide)):
      if given:
        raise Failure(f'--{flag} is for one run a program, by shard_map: leave it out')


def sharded_run(run: Run, paths: Paths) -> Run:
  """The run, its state sharded over the devices. Raises Failure where that cannot be."""
  experiment = run.experiment
  spec = experiment.data.describe(paths.data_dir)
  file = run.file
  state = guarded(file, lambda: states.shapes(experiment, spec))
  for role, tx in (('g', experiment.gan.g_tx), ('d', experiment.gan.d_tx)):
    params = getattr(state, role).params
    if found := guarded(file, lambda: sharded.mixing(tx, params)):
      raise Failure(f'--divide_state is for optimisers that treat each number alone, and '
                    f"{role}_tx has {', '.join(found)}: leave it out")
  gan = dataclasses.replace(experiment.gan, sharded=sharded.specs(state, jax.device_count()))
  return dataclasses.replace(run, experiment=dataclasses.replace(experiment, gan=gan))


def prepared(runs: Sequence[Run], folders: Folders, paths: Paths, how: How, advance: Callable,
             stack):
  """Finds what a user can mend, then takes the folders
  -> (one example's shapes, the runs with their data and metrics; what of the data the devices
  shall keep)."""
  experiment = runs[0].experiment
  parallel.check_batch(experiment.batch)
  for folder in folders:
    check_writable(folder)
  spec = experiment.data.describe(paths.data_dir)
  alone = len(runs) == 1 and how.kind == 'shard_map'
  file = runs[0].file
  state = guarded(file, lambda: memory.of_state(experiment, spec))
  if not experiment.gan.sharded:
    memory.check(state * len(runs), 'the state')
  guarded(file, lambda: compiled.check(experiment, spec, advance if alone else None))
  for run, folder in zip(runs, folders):
    check_resumable(run, folder, spec)
  fresh = not all(checkpoint.steps(folder / 'checkpoints') for folder in folders)
  if experiment.init_from and fresh and jax.process_index() == 0:
    transfer.newest(experiment.init_from)
  load = lambda run: run.experiment.data.load(paths.data_dir)
  sources = ensemble.once(runs, same_data, load)
  for folder, its in zip(folders, sources):
    workdir.check_data(folder, its)
  data = feed.resident(sources[0], how.resident) if alone else None
  scored = [scored_source(run, its, paths) for run, its in zip(runs, sources)]
  judges = [([], {}) for _ in runs]
  if jax.process_index() == 0:
    if experiment.eval_every:
      judges = ensemble.once(runs, ensemble.without_seed, lambda run: evaluators(run, paths))
    shapes = states.shapes(experiment, spec)
    for run, folder, its in zip(runs, folders, sources):
      stack.enter_context(workdir.locked(folder))
      config = workdir.config(run, spec, its) | workdir.for_readers(run, shapes)
      with workdir.storage(folder):
        stack.enter_context(workdir.recorded(folder))
        files.write(folder / 'config.json', json.dumps(config, indent=1))
  return spec, list(map(Member, runs, folders, sources, scored, *zip(*judges))), data


def evaluators(run: Run, paths: Paths) -> tuple[list[Evaluator], dict[str, float]]:
  """The metrics of a run, ready, and what real examples get: empty until one was asked."""
  floors = {}
  return [(metric.n, floor.telling(metric, run.experiment.data, paths, floors))
          for metric in run.experiment.metrics], floors


def scored_source(run: Run, trained_on: Source, paths: Paths) -> Source:
  """What samples of a run are compared with (`source.scored_on`). Raises Failure if a metric
  wants more pairs than there are."""
  data = run.experiment.data
  chosen = source.scored_on(data, paths.data_dir)
  found = trained_on if chosen is data else chosen.load(paths.data_dir)
  for metric in run.experiment.metrics:
    if metric.paired and metric.n > len(found):
      raise Failure(f'a metric compares {metric.n:,} pairs and {chosen.name} has '
                    f'{len(found):,}: give it n={len(found)}')
  return found


def same_data(run: Run) -> Hashable:
  """What runs on one data set share: its name; of a set without one, all that made it."""
  name = run.experiment.data.name
  return tuple(run.knobs.items()) if name == source.UNNAMED else name


def loop(members: Sequence[Member], spec: Batch, how: How, take: Callable, advance: Callable,
         trace: Trace, stop: Callable[[], int]) -> None:
  """Step after step, with what is due after each: log, samples, metrics, checkpoints."""
  runs, folders = ([member[i] for member in members] for i in range(2))
  mesh, experiment, count = parallel.mesh(), runs[0].experiment, len(runs)
  state = states.start(runs, spec, mesh, folders)
  step, steps = int(parallel.local(state.step)), experiment.steps
  if step >= steps:
    return are_done(folders, step, steps)
  first = jax.process_index() == 0
  dues = parallel.together(lambda: periodics(members, step, how) if first else [])
  roots, capacity = ensemble.roots([run.experiment for run in runs]), feed.capacity(
      experiment, spec, count)
  read, pace = reader(members, take, capacity, stop), feed.Pace(capacity)
  whole = lambda state: parallel.collected(state, mesh) if experiment.gan.sharded else state
  signum, began = 0, step
  if not step:
    initial(dues, whole(state))
  try:
    while step < steps:
      signum, n = parallel.highest([stop(), pace.n])
      if signum:
        break
      trace.before(step, state)
      n = min(n, experiment.next_stop(step) - step, trace.most(step) or n)
      batches = read(step, n)
      if batches is None:
        signum = stop()
        break
      batches = parallel.put(batches, mesh, how.kind, ensemble.batches_spec(count))
      state, terms = advance(state, batches, np.int32(n), roots)
      step += n
      shown = whole(state) if experiment.due(step) else state
      check_finite(pace.wait((step, terms), n), experiment.max_nonfinite, folders)
      after(dues, step, shown, terms)
  except BaseException as e:
    saved_at_last(e, dues if step > began else (), step, lambda: whole(state))
    raise
  state = whole(state)
  for due in dues:
    with workdir.storage(due.folder):
      due.close(step, state)
  if step < steps:
    raise Failure(f'stopped by {signal.Signals(signum).name} at step {step:,}, saved: the '
                  'same command resumes', code=128 + signum)


def initial(dues: Sequence[Periodic], state: TrainState) -> None:
  """What is due before the first step, by process 0."""
  for due in dues:
    with workdir.storage(due.folder):
      due.before(state)


def are_done(folders: Folders, step: int, steps: int) -> None:
  """Says so of runs that have no step left."""
  for folder in folders if jax.process_index() == 0 else ():
    outcome.draw(folder)  # a kill may have come just before
    say(f'{folder} is done: {step:,} of {steps:,} steps')


def after(dues: Sequence[Periodic], step: int, state: TrainState, terms: Terms) -> None:
  """What is due after a step, by process 0. Raises Failure, on all processes, if it fails."""
  error = None
  try:
    for due in dues:
      with workdir.storage(due.folder):
        due.after(step, state, terms)
  except Failure as e:
    error = e
  if parallel.highest([error is not None])[0]:
    raise error or Failure('process 0 has failed: its message says why', code=5)


def periodics(members: Sequence[Member], step: int, how: How) -> list[Periodic]:
  """What is due after a step, of each run: the first one's terms are shown, and all scores."""
  runs = [member.run for member in members]
  count, watch = len(runs), Stopwatch(len(runs))
  experiments = shared([run.experiment for run in runs])
  draws = ensemble.once(runs, ensemble.without_seed, lambda run: sampler(run.experiment))
  steps = experiments[0].steps
  show = display.display(steps, step, how.quiet)

  def one(i, experiment, draw, member):
    with workdir.storage(member.folder):
      log = Log(member.folder, step, steps,
                writers.writers(member.folder, step, member.run.knobs, how.track), show,
                member.folder.name * (count > 1), i == 0)
      return Periodic(experiment, member.scored, member.folder, log, draw, member.evaluators,
                      member.floors, ensemble.member(i, count), watch)
  return [one(i, *each) for i, each in enumerate(zip(experiments, draws, members))]


def reader(members: Sequence[Member], take: Callable, capacity: int,
           stop: Callable[[], int]) -> Callable[[int, int], Batch | None]:
  """-> read(step, n): the batches of n steps; None if a signal came while they were waited for.
  One of several processes waits on: the others would miss it."""
  heard = stop if jax.process_count() == 1 else lambda: 0
  patience = members[0].run.experiment.data_timeout

  def read(step, n):
    return feed.waited(lambda: ensemble.stack([
        take(member.run.experiment, member.source, step, n, capacity) for member in members]),
        heard, patience)
  return read


def saved_at_last(error: BaseException, dues: Sequence[Periodic], step: int,
                  state: Callable[[], TrainState]) -> None:
  """When a run ends by an error: waits for the device, which the interpreter must not end
  before, and saves the state, if it is there and nothing speaks against it."""
  try:
    state = jax.block_until_ready(state())
    # A run that is not finite would end again where it is saved; several processes may not
    # agree on the step.
    if dues and getattr(error, 'code', 1) != 3 and jax.process_count() == 1:
      for due in dues:
        due.close(step, state)
      say(f'step {step:,} is saved')
  except Exception:  # the first error is the one to be told of
    pass


def shared(experiments: Sequence[Experiment]) -> list[Experiment]:
  """Members' experiments, with metrics that share the time they may take."""
  return [dataclasses.replace(one, eval_share=one.eval_share / len(experiments))
          for one in experiments]


def check_finite(call: tuple[int, Terms] | None, most: int, folders: Folders) -> None:
  """Raises Failure (3) if a player's updates, `most` or more to a call's last step, were left
  out. All processes see the same."""
  if call is None:
    return
  step, terms = call[0], parallel.local(call[1])
  for role in 'dg':
    if (row := int(np.max(terms[f'{role}/skipped_in_a_row']))) >= most:
      bad = [f'{name} = {value}' for name, value in terms.items()
             if name.startswith(role) and not np.isfinite(value).all()]
      have = checkpoint.steps(folders[0] / 'checkpoints')
      there = (f'the checkpoint of step {have[-1]:,} is good' if have else
               'no checkpoint was written yet')
      raise Failure(f'{row} updates of {role} in a row, from step {step - row + 1:,} to '
                    f'{step:,}, were left out, not being finite: '
                    f'{", ".join(bad) or "what its optimiser made of a finite gradient"}; '
                    f'{there}: try a lower --lr in another --workdir, or raise '
                    '--max_nonfinite', code=3)


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
  if run.name and old['experiment'] == run.name:  # knobs that are new have their defaults
    old = old | {'knobs': knobs(run.name) | old['knobs']}
  changed = workdir.differences(old, new)
  if changed == ['steps']:
    before = load(run.name, old['knobs']).experiment
    gan = dataclasses.replace(before.gan, sharded=run.experiment.gan.sharded)
    before = dataclasses.replace(before, gan=gan)
    old_program, program = (compiled.lowered(one, spec).as_text()
                            for one in (before, run.experiment))
    if old_program == program:
      return
  if changed:
    workdir.refuse(folder, changed, old, new)


def unfinished(runs: dict[pathlib.Path, Run], paths: Paths) -> dict[pathlib.Path, Run]:
  """The runs that are not at their last step; of the others it says so. Raises Failure (4) if
  such a folder is another run's."""
  def is_done(folder, run):
    last = max(checkpoint.steps(folder / 'checkpoints'), default=0)
    if jax.process_index() != 0 or last < run.experiment.steps:
      return False
    check_resumable(run, folder, run.experiment.data.describe(paths.data_dir))
    outcome.draw(folder)  # a kill may have come just before
    say(f'{folder} is done: {run.experiment.steps:,} steps')
    return True
  with parallel.missing_nobody():
    done = parallel.highest(parallel.together(
        lambda: [is_done(folder, run) for folder, run in runs.items()]))
  return {folder: run for (folder, run), it in zip(runs.items(), done) if not it}


def side_by_side(todo: dict[pathlib.Path, Run],
                 paths: Paths) -> list[dict[pathlib.Path, Run]]:
  """The runs in groups that are one program each, and go on from one step."""
  found = []
  for runs in parallel.together(lambda: compiled.programs(list(todo.values()), paths)):
    group = {folder: run for folder, run in todo.items() if any(run is one for one in runs)}
    first = jax.process_index() == 0
    starts = parallel.highest(
        checkpoint.alongside([folder / 'checkpoints' for folder in group]) if first
        else [0] * len(group))
    found += [{folder: run for (folder, run), start in zip(group.items(), starts)
               if start == step} for step in sorted(set(starts))]
  return found


@contextlib.contextmanager
def signals():
  """-> stop(): the number of the SIGTERM, SIGINT or SIGHUP that came, or 0. A second one kills.

  SIGHUP that is ignored, as nohup has it, stays so; in a thread, all are left alone, for Python
  hears them in the main one only.
  """
  came = []

  def note(signum, frame):
    if came:
      os._exit(128 + signum)
    came.append(signum)

  main = threading.current_thread() is threading.main_thread()
  ours = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP] if main else []
  if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    ours = ours[:2]
  before = {s: signal.signal(s, note) for s in ours}
  try:
    yield lambda: came[0] if came else 0
  finally:
    for signum, handler in before.items():
      signal.signal(signum, handler)
