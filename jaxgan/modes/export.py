"""The averaged generator for other programs: StableHLO, weights and a card, without jaxgan.

  python launch.py --mode=export --workdir=W --out=exported

generator.stablehlo takes (weights, z, c) for any n: z or c is None where there is none, c is as
the data set stores it. It gives x as networks do: images are float32. It is lowered for CPUs,
GPUs and TPUs, and has been run on CPUs. weights.safetensors are its weights by name; card.json
says what they are of. docs/sample_exported.py draws from them with JAX alone.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from jax import export as stablehlo

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.data.source import Dataset
from jaxgan.io import trees
from jaxgan.io.console import say
from jaxgan.modes.shared import classes_of, folder, given, put, trained
from jaxgan.run import workdir
from jaxgan.types import Batch, PyTree

FLAGS = {
    'out': ('str', None, 'A folder (default: WORKDIR/exported).')}
SHARED = ('step', 'ema')

PLATFORMS = ('cpu', 'cuda', 'tpu')


def run(values, knobs, paths) -> None:
  export(folder(values), given(values), values.out, values.step, values.ema)


def export(folder: pathlib.Path, experiment: str | None, out: str | None, step: str,
           ema: bool) -> None:
  """Writes the three files into the folder `out` or WORKDIR/exported. Raises Failure."""
  import safetensors.numpy
  run, spec, state = trained(folder, experiment, step)
  average = state.ema if ema else game.averaged(state.g)
  weights = {name: np.asarray(a) for name, a in trees.leaves(average).items()}
  conditions = workdir.read_conditions(folder, spec.c)
  c = jax.tree.map(lambda a: a[:2], conditions)
  one = run.experiment
  z, _ = jax.eval_shape(lambda: one.gan.prior(
      rng.per_example(rng.root(0), np.arange(2)), one.data.decode(Batch(None, c))))
  where = pathlib.Path(out or folder / 'exported').expanduser().absolute()
  program = exported(one, average, weights, z, c)
  put(where / 'generator.stablehlo', program.serialize())
  put(where / 'weights.safetensors', safetensors.numpy.save(weights))
  card = {'experiment': run.name, 'knobs': run.knobs, 'step': int(state.step),
          'weights': 'averaged' if ema else 'last', 'z': described(z), 'c': described(c),
          'jax': jax.__version__}
  if isinstance(z, jax.ShapeDtypeStruct):
    card['z']['prior'] = ('standard normal' if 'normal' in one.gan.prior.__qualname__ else
                          'see the experiment')
  if (classes := classes_of(folder, conditions)) is not None:
    card['c']['classes'] = classes
  x = described(jax.tree.unflatten(program.out_tree, program.out_avals))
  card |= {'image': x | scale(one.data, spec)} if one.data.pixels else {'x': x}
  put(where / 'card.json', json.dumps(card, indent=1) + '\n')
  say(f'step {int(state.step):,} of {folder}: {where}')


def described(tree: PyTree) -> PyTree:
  """Arrays [n, ..] as shapes and dtypes, for JSON."""
  return jax.tree.map(lambda a: {'shape': ['n', *a.shape[1:]], 'dtype': str(a.dtype)}, tree)


def scale(data: Dataset, spec: Batch) -> dict[str, float]:
  """What the generator says for black and for white."""
  ends = np.array([0, 255], np.uint8)[:, None, None, None]
  x = data.decode(Batch(np.broadcast_to(ends, (2, *spec.x.shape)))).x
  low, high = x[:, spec.x.shape[0] // 2, spec.x.shape[1] // 2, 0].tolist()
  return {'black': low, 'white': high}


def exported(experiment, average, weights: dict[str, np.ndarray], z, c) -> stablehlo.Exported:
  """(weights, z [n, ..], c [n, ..] as stored) -> x [n, ..], for every n and platform."""
  treedef, names = jax.tree.structure(average), list(weights)

  def generate(weights, z, c):
    tree = treedef.unflatten([weights[name] for name in names])
    c = experiment.data.decode(Batch(None, c)).c
    return jax.tree.map(lambda a: a.astype(jnp.float32) if a.dtype == jnp.bfloat16 else a,
                        game.sample(experiment.gan, tree, z, c))
  (n,) = stablehlo.symbolic_shape('n')
  many = lambda tree: jax.tree.map(
      lambda a: jax.ShapeDtypeStruct((n, *a.shape[1:]), a.dtype), tree)
  shapes = {name: jax.ShapeDtypeStruct(a.shape, a.dtype) for name, a in weights.items()}
  return stablehlo.export(jax.jit(generate), platforms=PLATFORMS)(shapes, many(z), many(c))
