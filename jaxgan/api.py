"""GANs from Python, in a notebook or a script: `import jaxgan` shows all of this.

  experiment = jaxgan.load('digits', steps=2000)
  jaxgan.train(experiment, 'runs/digits')                     # checkpoints, logs, pictures
  images = jaxgan.sample(experiment, jaxgan.restore(experiment, 'runs/digits'), n=64)

or a step at a time:

  step, state = jaxgan.compile(experiment), jaxgan.init(experiment)
  state, terms = step(state, jaxgan.batches(experiment, 0))
"""
import hashlib
import pathlib
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax.sharding import PartitionSpec as P

from jaxgan import axis, experiment, parallel, rng
from jaxgan import gan as game
from jaxgan.experiment import Experiment, Run
from jaxgan.gan import GAN
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint, compiled, feed, loop, states
from jaxgan.run.sampling import sampler
from jaxgan.types import Batch, Paths, PyTree, TrainState


def load(name: str, **knobs) -> Experiment:
  """An experiment by its name, or the path of its file.

  Args:
    name: as `--experiment` has it; `python -m jaxgan --list` shows ours.
    **knobs: other values for parameters of the experiment.

  Returns:
    The Experiment. Raises Failure for a name or a knob that does not exist.

  Example:
    >>> import jaxgan
    >>> jaxgan.load('digits', batch=16).batch
    16
  """
  return experiment.load(name, knobs).experiment


def init(of: Experiment | GAN, examples: Batch | None = None, seed: int = 0) -> TrainState:
  """The state before the first step.

  Args:
    of: an Experiment, whose seed counts; or a GAN.
    examples: for a GAN, a Batch as its networks take it: its shapes and dtypes count.
    seed: for a GAN.

  Returns:
    A TrainState on all devices.

  Example:
    >>> import jaxgan
    >>> int(jaxgan.init(jaxgan.load('digits', width=4)).step)
    0
  """
  if isinstance(of, Experiment):
    return states.initial_state(of, of.data.describe(None), parallel.mesh())
  if examples is None:
    raise Failure('init(gan, examples) needs a Batch, for its shapes')
  make = parallel.device_map(lambda key: game.init(of, examples, key), parallel.mesh(), (P(),))
  return make(rng.root(seed))


def compile(of: Experiment | GAN, seed: int = 0,
            devices: Sequence[jax.Device] | None = None) -> Callable:
  """The training step, compiled for devices that share each batch.

  Args:
    of: an Experiment, whose seed counts; or a GAN.
    seed: for a GAN: of all noise.
    devices: those of `jax.devices()` to use; all by default.

  Returns:
    step(state, batches) -> (state, terms). Batches are [gan.batches, B, ...]: of an Experiment
    as its data set stores them (`batches`), of a GAN as its networks take them. B must divide
    over the devices. The state that is given stays as it is.

  Example:
    >>> import jaxgan
    >>> digits = jaxgan.load('digits', width=4, batch=8)
    >>> step, state = jaxgan.compile(digits), jaxgan.init(digits)
    >>> state, terms = step(state, jaxgan.batches(digits, 0))
    >>> int(state.step), 'd/adversarial' in terms
    (1, True)
  """
  is_experiment = isinstance(of, Experiment)
  gan, decode = (of.gan, of.data.decode) if is_experiment else (of, lambda batches: batches)
  root = rng.root(of.seed if is_experiment else seed)
  play = lambda state, batches, key: game.train_step(gan, state, decode(batches), key)
  mesh, spec = parallel.mesh(devices), P(None, axis.NAME)
  mapped = parallel.device_map(play, mesh, (P(), spec, P()), out_specs=(P(), P()))

  def step(state, batches):
    size = jax.tree.leaves(batches)[0].shape[1]
    if size % mesh.size:
      raise Failure(f'a batch of {size} does not divide over {mesh.size} devices')
    return mapped(parallel.replicate(state, mesh), batches, root)
  return step


def batches(of: Experiment, step: int, data_dir: str | None = None) -> Batch:
  """The batches of a training step, as they are stored: [gan.batches, B, ...], NumPy.

  Args:
    of: an Experiment.
    step: from 0.
    data_dir: the folder of TFDS data sets.

  Returns:
    A Batch: the same of every run of this seed, however often it was stopped.

  Example:
    >>> import jaxgan
    >>> jaxgan.batches(jaxgan.load('digits', batch=16), 0).x.shape
    (1, 16, 8, 8, 1)
  """
  found = feed.batches(of, of.data.load(data_dir), step, 1, 1)
  return jax.tree.map(lambda a: a[0], found)


def train(of: Experiment, workdir: str | pathlib.Path, data_dir: str | None = None,
          cache_dir: str | None = None, quiet: bool = False) -> TrainState:
  """Trains to the last step, or goes on where the folder ends, as the command line does.

  Args:
    of: an Experiment, by `load` or made in Python.
    workdir: folder of its checkpoints, logs and pictures; another experiment's is refused.
    data_dir: the folder of TFDS data sets.
    cache_dir: the folder of what is computed once.
    quiet: of the numbers only scores are printed.

  Returns:
    The last state. Raises Failure for all that a user can mend.

  Example:
    >>> import jaxgan, tempfile
    >>> digits = jaxgan.load('digits', width=4, batch=8, steps=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...   int(jaxgan.train(digits, folder, quiet=True).step)    # doctest: +ELLIPSIS
    to compare: ...
    2
  """
  folder = pathlib.Path(workdir).expanduser().absolute()
  program = compiled.lowered(of, of.data.describe(data_dir)).as_text()
  told_by = {'seed': of.seed, 'batch': of.batch,
             'program': hashlib.sha256(program.encode()).hexdigest()[:16]}
  loop.train([Run('', told_by, of)], [folder], Paths(data_dir, cache_dir),
             loop.How(quiet=quiet))
  return restore(of, folder)


def restore(of: Experiment, workdir: str | pathlib.Path, step: int | None = None) -> TrainState:
  """The state of a run, verified, as NumPy.

  Args:
    of: the Experiment that was trained.
    workdir: its folder.
    step: one that was saved; by default the newest.

  Returns:
    A TrainState. Raises Failure if there is none, or it is another experiment's.

  Example:
    >>> import jaxgan
    >>> jaxgan.restore(jaxgan.load('digits'), 'no/such/folder')
    Traceback (most recent call last):
    ...
    jaxgan.io.errors.Failure: no/such/folder holds no checkpoint
  """
  target = states.shapes(of, of.data.describe(None))
  found = checkpoint.restore(pathlib.Path(workdir) / 'checkpoints', target, step)
  if found is None:
    raise Failure(f'{workdir} holds no checkpoint', code=4)
  return found


def sample(of: Experiment, state: TrainState, n: int, seed: int = 0,
           conditions: PyTree = None) -> PyTree:
  """Samples of the averaged generator.

  Args:
    of: an Experiment.
    state: by `init`, `restore` or a step.
    n: how many.
    seed: of their latents; sample i of a seed is the same image, however many are drawn.
    conditions: for a generator that is told something, as stored: used in turn.

  Returns:
    As the data set stores its examples: images are uint8 [n, H, W, C].

  Example:
    >>> import jaxgan
    >>> digits = jaxgan.load('digits', width=4)
    >>> jaxgan.sample(digits, jaxgan.init(digits), n=3).shape
    (3, 8, 8, 1)
  """
  return sampler(of)(parallel.local(state.ema), n, seed, Batch(None, conditions))


def grid(images: np.ndarray, columns: int | None = None) -> np.ndarray:
  """Images as one picture.

  Args:
    images: uint8 [N, H, W, C], C from 1 to 4.
    columns: by default as many as rows.

  Returns:
    uint8 [H', W', 3], for `matplotlib.pyplot.imshow` or `PIL.Image.fromarray`.

  Example:
    >>> import jaxgan, numpy as np
    >>> jaxgan.grid(np.zeros((4, 32, 32, 1), np.uint8)).shape
    (66, 66, 3)
  """
  from jaxgan.io import pictures
  return pictures.grid(images, columns=columns)
