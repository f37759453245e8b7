"""A run that starts from another's players: what has the same place and shape is taken over.

Optimisers, memories and the step count start afresh. To keep layers of D as they come, see
`optimisers.frozen` (FreezeD: Mo et al., 2020, arXiv:2002.10964).
"""
import pathlib

import jax

from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint
from jaxgan.types import PyTree

TAKEN = ('g/params/', 'g/stats/', 'd/params/', 'd/stats/', 'ema/')


def newest(workdir: str) -> pathlib.Path:
  """The newest checkpoint of a run's folder. Raises Failure if there is none."""
  states = pathlib.Path(workdir).expanduser().absolute() / 'checkpoints'
  if not (steps := checkpoint.steps(states)):
    raise Failure(f'--init_from={workdir} holds no checkpoints: give the --workdir of a run')
  return states / str(steps[-1])


def carried(fresh: PyTree, workdir: str) -> PyTree:
  """A state at step 0, as NumPy, with what fits of another run's. Raises Failure if its
  checkpoint is damaged, or nothing fits."""
  path = newest(workdir)
  try:
    arrays = checkpoint.verified(path)
  except Exception as e:  # damage shows as anything
    raise Failure(f'--init_from={workdir}: checkpoint {path} is damaged ({e}): give another '
                  'run', code=4)
  flat, treedef = jax.tree_util.tree_flatten_with_path(fresh)
  names = [jax.tree_util.keystr(p, simple=True, separator='/') for p, _ in flat]

  def fits(name, leaf):
    other = arrays.get(name)
    return (name.startswith(TAKEN) and other is not None and other.shape == leaf.shape
            and other.dtype == leaf.dtype)
  taken = [fits(name, leaf) for name, (_, leaf) in zip(names, flat)]
  if not any(taken):
    raise Failure(f'--init_from={workdir}: none of its arrays fits this experiment: choose a '
                  'run of like networks')
  say(f'{sum(taken)} of {sum(name.startswith(TAKEN) for name in names)} arrays of g, d and '
      f'the average are from {path}')
  return treedef.unflatten([arrays[name] if take else leaf
                            for name, take, (_, leaf) in zip(names, taken, flat)])
