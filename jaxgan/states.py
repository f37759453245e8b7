"""The state that a run starts from: fresh, restored, or with another run's players."""
import functools
import pathlib
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import checkpoint, log, members, parallel, rng, transfer
from jaxgan import gan as game
from jaxgan.errors import Failure
from jaxgan.experiment import Experiment, Run
from jaxgan.types import Batch, Key, TrainState


def start(runs: Sequence[Run], spec: Batch, mesh: Mesh,
          folders: Sequence[pathlib.Path]) -> TrainState:
  """The (joint) state that training goes on from. Members go on from the newest step that all
  have saved; what some have trained beyond it comes out the same again."""
  inits = members.once(runs, members.without_seed,
                       lambda run: initialiser(run.experiment, spec, mesh))
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


def transferred(fresh: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """The state at step 0 with another run's players; process 0 reads them."""
  state = parallel.local(parallel.gather(fresh, mesh))
  def read():
    return (transfer.carried(state, experiment.init_from) if jax.process_index() == 0
            else state)
  return placed(parallel.from_first(parallel.together(read)), experiment, mesh)


def placed(state: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """A state of host arrays on the devices."""
  specs = experiment.gan.divided or jax.tree.map(lambda a: P(), state)
  return parallel.place(state, mesh, specs)


def initial_state(experiment: Experiment, spec: Batch, mesh: Mesh) -> TrainState:
  """The state at step 0."""
  return initialiser(experiment, spec, mesh)(rng.root(experiment.seed))


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


def shapes(experiment: Experiment, spec: Batch) -> TrainState:
  """The shapes and dtypes of a state."""
  return jax.eval_shape(functools.partial(fresh, experiment, spec), rng.root(0))
