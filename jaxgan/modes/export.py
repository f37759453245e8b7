"""The averaged generator for other programs: StableHLO, weights and a card, without jaxgan.

  python launch.py --mode=export --workdir=W --out=exported

generator.stablehlo takes (weights, z [n, Z], c [n] or none) for any n and gives float32 images,
on CPUs, GPUs and TPUs; weights.safetensors are its weights by name; card.json says what they
are of. docs/sample_exported.py draws from them with JAX alone.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from jax import export as stablehlo

from jaxgan import checkpoint, log, rng, workdir
from jaxgan import gan as game
from jaxgan.errors import Failure
from jaxgan.modes.sample import trained
from jaxgan.types import Batch

PLATFORMS = ('cpu', 'cuda', 'tpu')


def export(folder: pathlib.Path, experiment: str | None, out: str | None, step: str,
           ema: bool) -> None:
  """Writes the three files into the folder `out` or WORKDIR/exported. Raises Failure."""
  import safetensors.numpy
  run, spec, state = trained(folder, experiment, step)
  average = state.ema if ema else game.averaged(state.g)
  weights = {name: np.asarray(a) for name, a in checkpoint.leaves(average).items()}
  c = example_condition(workdir.read_conditions(folder, spec.c))
  z = jax.eval_shape(lambda: run.experiment.gan.prior(
      rng.per_example(rng.root(0), np.arange(2)), Batch(None, c))[0])
  if not isinstance(z, jax.ShapeDtypeStruct):
    raise Failure('only generators that start from one array an image can be exported')
  where = pathlib.Path(out or folder / 'exported').expanduser().absolute()
  program = exported(run.experiment, average, weights, z, c)
  log.write(where / 'generator.stablehlo', program.serialize())
  log.write(where / 'weights.safetensors', safetensors.numpy.save(weights))
  x = program.out_avals[0]
  card = {'experiment': run.name, 'knobs': run.knobs, 'step': int(state.step),
          'weights': 'averaged' if ema else 'last',
          'z': {'shape': ['n', *z.shape[1:]], 'dtype': str(z.dtype), 'prior': 'standard normal'
                if 'normal' in run.experiment.gan.prior.__qualname__ else 'see the experiment'},
          'c': None if c is None else {'shape': ['n'], 'dtype': str(c.dtype)},
          'image': {'shape': ['n', *x.shape[1:]], 'dtype': str(x.dtype), 'range': [-1, 1]},
          'jax': jax.__version__}
  log.write(where / 'card.json', json.dumps(card, indent=1) + '\n')
  log.say(f'step {int(state.step):,} of {folder}: {where}')


def example_condition(conditions) -> np.ndarray | None:
  """Two of the stored labels; None if there are none. Raises Failure for other conditions."""
  if conditions is None:
    return None
  if not isinstance(conditions, np.ndarray) or conditions.ndim != 1:
    raise Failure('only generators that are told nothing or a class can be exported')
  return conditions[:2]


def exported(experiment, average, weights: dict[str, np.ndarray], z, c) -> stablehlo.Exported:
  """(weights, z [n, ..], c [n]) -> x [n, H, W, C], for every n and platform."""
  treedef, names = jax.tree.structure(average), list(weights)

  def generate(weights, z, c):
    tree = treedef.unflatten([weights[name] for name in names])
    return game.sample(experiment.gan, tree, z, c).astype(jnp.float32)
  (n,) = stablehlo.symbolic_shape('n')
  many = lambda a: a if a is None else jax.ShapeDtypeStruct((n, *a.shape[1:]), a.dtype)
  shapes = {name: jax.ShapeDtypeStruct(a.shape, a.dtype) for name, a in weights.items()}
  return stablehlo.export(jax.jit(generate), platforms=PLATFORMS)(shapes, many(z), many(c))
