"""The state that a run starts from: fresh, restored, or with another run's players."""
import functools
import pathlib
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import gan as game
from jaxgan import parallel, rng
from jaxgan.experiment import Experiment, Run
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, ensemble, transfer
from jaxgan.types import Batch, Key, TrainState


def start(runs: Sequence[Run], spec: Batch, mesh: Mesh,
          folders: Sequence[pathlib.Path]) -> TrainState:
  """The (joint) state that training goes on from: of the newest step that all have saved, or a
  fresh one. What some have trained beyond that step comes out the same again."""
  experiments = [run.experiment for run in runs]
  targets = [shapes(one, spec) for one in experiments]
  first = jax.process_index() == 0
  found = parallel.together(lambda: saved(folders, targets) if first else None)
  if not parallel.highest([found is not None])[0]:
    inits = ensemble.once(runs, ensemble.without_seed,
                          lambda run: initialiser(run.experiment, spec, mesh))
    fresh = [init(rng.root(one.seed)) for init, one in zip(inits, experiments)]
    return ensemble.join([transferred(state, one, mesh) if one.init_from else state
                         for state, one in zip(fresh, experiments)], mesh)
  if not first:  # process 0 has it: here its shapes count
    found = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), targets)
  found = [parallel.from_first(state) for state in found]
  step = int(found[0].step)
  for folder in folders if first else ():
    say(f'resumed {folder} at step {step:,} (digest verified), '
        f'{max(experiments[0].steps - step, 0):,} to go')
  return ensemble.join([placed(state, one, mesh) for state, one in zip(found, experiments)],
                       mesh)


def saved(folders: Sequence[pathlib.Path],
          targets: Sequence[TrainState]) -> list[TrainState] | None:
  """The states of the newest step that all folders have a good checkpoint of; None if none has
  ever saved one. Raises Failure (4) if there is no such step any more."""
  where = [folder / 'checkpoints' for folder in folders]
  for folder in where:
    checkpoint.sweep(folder)
  if len(folders) == 1:
    found = checkpoint.restore(where[0], targets[0], set_aside=True, say=say)
    found = None if found is None else [found]
  else:
    found = in_common(where, targets)
  for folder in folders if found is None else ():
    if (folder / 'saved').exists():
      raise Failure(f'{folder} has been saved at step {(folder / "saved").read_text()}, and '
                    'that checkpoint is gone: bring it back, or choose another --workdir',
                    code=4)
  return found


def in_common(where: Sequence[pathlib.Path],
              targets: Sequence[TrainState]) -> list[TrainState] | None:
  """The states of the newest step that all these checkpoints' folders have, and have whole."""
  steps = lambda: set.intersection(*[set(checkpoint.steps(folder)) for folder in where])
  while newest := max(steps(), default=0):
    try:
      return [checkpoint.restore(folder, target, newest, set_aside=True, say=say)
              for folder, target in zip(where, targets)]
    except Failure:
      if newest in steps():  # not damage: that has been set aside
        raise
  return None


def transferred(fresh: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """The state at step 0 with another run's players; process 0 reads them."""
  state = parallel.collected(fresh, mesh)
  def read():
    return (transfer.carried(state, experiment.init_from) if jax.process_index() == 0
            else state)
  return placed(parallel.from_first(parallel.together(read)), experiment, mesh)


def placed(state: TrainState, experiment: Experiment, mesh: Mesh) -> TrainState:
  """A state of host arrays on the devices."""
  specs = experiment.gan.sharded or jax.tree.map(lambda a: P(), state)
  return parallel.place(state, mesh, specs)


def initial_state(experiment: Experiment, spec: Batch, mesh: Mesh) -> TrainState:
  """The state at step 0."""
  return initialiser(experiment, spec, mesh)(rng.root(experiment.seed))


def initialiser(experiment: Experiment, spec: Batch, mesh: Mesh) -> Callable:
  """root key -> the state at step 0, the same for every number of devices."""
  make = functools.partial(fresh, experiment, spec)
  if not experiment.gan.sharded:
    return parallel.device_map(make, mesh, (P(),))
  return jax.jit(make, out_shardings=jax.tree.map(
      lambda at: NamedSharding(mesh, at), experiment.gan.sharded))


def fresh(experiment: Experiment, spec: Batch, key: Key) -> TrainState:
  """The state at step 0, by the run's root key."""
  examples = jax.tree.map(lambda a: np.zeros((2, *a.shape), a.dtype), spec)
  return game.init(experiment.gan, experiment.data.decode(examples), key)


def shapes(experiment: Experiment, spec: Batch) -> TrainState:
  """The shapes and dtypes of a state."""
  return jax.eval_shape(functools.partial(fresh, experiment, spec), rng.root(0))
