"""The averaged generator for other programs: StableHLO, weights and a card, without jaxgan.

  python launch.py --mode=export --workdir=W --out=exported

generator.stablehlo takes (weights, z [n, Z], c [n] or none) for any n and gives float32 images;
it is lowered for CPUs, GPUs and TPUs, and has been run on CPUs. weights.safetensors are its
weights by name; card.json says what they are of. docs/sample_exported.py draws from them with
JAX alone.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from jax import export as stablehlo

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.io import trees
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.modes.shared import check_images, classes_of, folder, given, put, trained
from jaxgan.run import workdir
from jaxgan.types import Batch

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
  check_images(spec)
  conditions = workdir.read_conditions(folder, spec.c)
  classes = classes_of(folder, conditions)
  c = None if classes is None else conditions[:2]
  z = jax.eval_shape(lambda: run.experiment.gan.prior(
      rng.per_example(rng.root(0), np.arange(2)), Batch(None, c))[0])
  if not isinstance(z, jax.ShapeDtypeStruct):
    raise Failure('only generators that start from one array an image can be exported')
  where = pathlib.Path(out or folder / 'exported').expanduser().absolute()
  program = exported(run.experiment, average, weights, z, c)
  put(where / 'generator.stablehlo', program.serialize())
  put(where / 'weights.safetensors', safetensors.numpy.save(weights))
  x, ends = program.out_avals[0], np.array([0, 255], np.uint8)[:, None, None, None]
  low, high = run.experiment.data.decode(Batch(np.broadcast_to(ends, (2, *spec.x.shape)))).x[
      :, spec.x.shape[0] // 2, spec.x.shape[1] // 2, 0].tolist()
  card = {'experiment': run.name, 'knobs': run.knobs, 'step': int(state.step),
          'weights': 'averaged' if ema else 'last',
          'z': {'shape': ['n', *z.shape[1:]], 'dtype': str(z.dtype), 'prior': 'standard normal'
                if 'normal' in run.experiment.gan.prior.__qualname__ else 'see the experiment'},
          'c': None if c is None else {'shape': ['n'], 'dtype': str(c.dtype),
                                       'classes': classes},
          'image': {'shape': ['n', *x.shape[1:]], 'dtype': str(x.dtype),
                    'black': low, 'white': high},
          'jax': jax.__version__}
  put(where / 'card.json', json.dumps(card, indent=1) + '\n')
  say(f'step {int(state.step):,} of {folder}: {where}')


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
