"""A small classifier of any labelled data set, trained here once, and then a feature extractor.

Its identity is the digest of its parameters. Another machine's training may round
differently and give another digest, which every record of a score therefore carries.
"""
import dataclasses
import functools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

from jaxgan import rng
from jaxgan.data import order, source
from jaxgan.io import cache, console, trees
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.nets.conv import Conv
from jaxgan.types import Array, Batch, Paths, PyTree

STEPS, BATCH, RATE, DECAY, SEED = 2000, 128, 4e-3, 1e-2, 0
he_normal = nn.initializers.he_normal()
RECIPE = 3  # raise it with any change here: cached classifiers are then trained anew


class Classifier(nn.Module):
  """x float [B, .., C], or rows [B, F] -> (features [B, 128], logits [B, K])."""
  classes: int

  @nn.compact
  def __call__(self, x: Array) -> tuple[Array, Array]:
    if x.ndim == 2:
      for _ in range(2):
        x = nn.relu(nn.Dense(256, kernel_init=he_normal)(x))
    else:
      conv = functools.partial(Conv, kernel_init=he_normal)
      first, kernel, stride = (9, 9, 4) if x.ndim == 3 else (5, 3, 2)
      width = 32
      x = nn.relu(conv(width, first, stride)(x))  # no layer is as large as x: quick on CPUs
      while max(x.shape[1:-1]) > 8:
        width = min(2 * width, 128)
        x = nn.relu(conv(width, kernel, stride)(x))
      x = nn.relu(conv(128, kernel)(x))
    x = nn.relu(nn.Dense(128)(x.reshape(x.shape[0], -1)))
    return x, nn.Dense(self.classes)(x)


@dataclasses.dataclass(frozen=True)
class Trained:
  """The classifier of a labelled data set, trained once, as an extractor.

  Examples are uint8 images [H, W, C] or films [T, H, W, C], or numbers: signals [T, C] or rows
  [F], which are brought to mean 0 and deviation 1 by channel. Labels are c, integers. `test`
  says how well it does.

  Example:
    >>> import dataclasses, numpy as np
    >>> from jaxgan.data import source
    >>> from jaxgan.metrics.extractors.classifier import Trained
    >>> from jaxgan.types import Batch
    >>> waves = Batch(np.zeros((200, 256, 1), np.float32), np.arange(200) % 10)
    >>> data = source.arrays(waves, classes=10)
    >>> data = dataclasses.replace(data, extractor=Trained(data, data, 'waves'))
  """
  train: source.Dataset
  test: source.Dataset
  data: str  # what its name, 'cnn-DATA' or 'mlp-DATA', calls the data

  def declared(self, paths: Paths) -> Extractor:
    """Raises Failure if the data cannot be had or are no such examples, or the cache cannot be
    written."""
    spec = self.train.describe(paths.data_dir)
    check_examples(spec, self.data)
    for data in (self.train, self.test):
      data.load(paths.data_dir)
    check_writable(paths.cache, '--cache_dir')
    return Extractor(self.name(spec), '', None, None, shape=spec.x.shape,
                     images=takes_images(spec.x.shape), classifies=True)

  def name(self, spec: Batch) -> str:
    return f'{"mlp" if len(spec.x.shape) == 1 else "cnn"}-{self.data.replace(" ", "-")}'

  def ready(self, paths: Paths) -> Extractor:
    """From the cache, or trained: half a minute on 2 cores for images of 28 x 28."""
    spec, data = self.train.describe(paths.data_dir), self.train.load(paths.data_dir)
    check_examples(spec, self.data)
    name, classes = self.name(spec), data.classes
    key = {'data': source.fingerprint(data), 'classes': classes, 'recipe': RECIPE}
    make = lambda: trained(name, data, self.test.load(paths.data_dir), classes)
    arrays = cache.arrays(name, key, make, paths.cache)
    accuracy = float(arrays.pop('accuracy'))
    net = Classifier(classes)
    like = jax.eval_shape(net.init, jax.random.key(0), jnp.zeros((1, *spec.x.shape)))
    like |= {name: jax.ShapeDtypeStruct(arrays[name].shape, np.float32)
             for name in ('scale', 'mean', 'deviation') if name in arrays}
    params = trees.fitted(arrays, like, f'the cached {name}')
    return Extractor(name, trees.digest(arrays)['digest'], params,
                     functools.partial(apply, classes), accuracy=accuracy, shape=spec.x.shape,
                     images=takes_images(spec.x.shape), classifies=True)


def takes_images(shape: tuple[int, ...]) -> bool:
  return len(shape) == 3


def check_examples(spec: Batch, name: str) -> None:
  """Raises Failure unless examples are such as a classifier is for, with labels."""
  x, c = spec
  shape = getattr(x, 'shape', None)
  fits = shape and (np.dtype(x.dtype) == np.uint8 and len(shape) in (3, 4) or
                    np.issubdtype(x.dtype, np.floating) and len(shape) in (1, 2) or
                    np.issubdtype(x.dtype, np.signedinteger) and len(shape) == 2)
  if not fits:
    raise Failure(f'{name}: a classifier is of uint8 images [H, W, C] or films [T, H, W, C], '
                  f'or of numbers [T, C] or floats [F], not of {jax.tree.map(str, x)}: give '
                  'the data set an Extractor of your own')
  if not (hasattr(c, 'shape') and c.shape == () and np.issubdtype(c.dtype, np.integer)):
    raise Failure(f'{name} has no class labels to train a classifier with: give the data set '
                  'an Extractor of your own')


def apply(classes: int, params: PyTree, x: Array) -> tuple[Array, Array]:
  """x as stored [B, ..] -> (features [B, 128] of root mean square 1 on the training set, logits
  [B, K])."""
  with jax.default_matmul_precision('highest'):
    features, logits = Classifier(classes).apply({'params': params['params']},
                                                 normalised(params, x))
  return params['scale'] * features, logits


def normalised(params: PyTree, x: Array) -> Array:
  """x as stored -> as the network takes it: pixels from -1 to 1, or numbers of the training
  set's mean 0 and deviation 1 by channel."""
  x = x.astype(jnp.float32)
  if 'mean' not in params:
    return x / 127.5 - 1
  channel = lambda a: a.reshape((1,) * (x.ndim - 1) + a.shape)
  return (x - channel(params['mean'])) / channel(params['deviation'])


def statistics(data: source.Source) -> dict[str, np.ndarray]:
  """The mean and deviation [C] of numbers; nothing of pixels."""
  some = data[order.ids(len(data), SEED, 0, min(len(data), 5000))].x
  if some.dtype == np.uint8:
    return {}
  over = tuple(range(some.ndim - 1))
  deviation = some.std(over, dtype=np.float64)
  return {'mean': some.mean(over, dtype=np.float64).astype(np.float32),
          'deviation': np.where(deviation > 0, deviation, 1).astype(np.float32)}


def trained(name: str, data: source.Source, test: source.Source, classes: int) -> dict:
  """Adam with weight decay and one cycle of the rate, on batches of the source's order
  -> {path: array} and 'accuracy' on the test set after the last step."""
  if len(data) < BATCH:
    raise Failure(f'{name} needs at least {BATCH} labelled examples, not {len(data)}: '
                  'use another extractor')
  say(f'training the classifier {name}, once, to judge samples by: {STEPS:,} steps')
  params = fit(Classifier(classes), data, STEPS, name.partition('-')[0])
  share = accuracy(Classifier(classes), params, test)
  some = order.ids(len(data), SEED, 0, min(len(data), 5000))
  squares = [(features ** 2).mean(1) for _, features, _ in
             outputs(Classifier(classes), params, data, some)]
  params |= {'scale': jax.lax.rsqrt(jnp.concatenate(squares).mean())}
  say(f'{name}: {share:.2%} of {len(test):,} test examples right')
  return trees.leaves(params) | {'accuracy': np.float64(share)}


def fit(net: nn.Module, data: source.Source, steps: int, name: str) -> PyTree:
  """Trains a classifier of a labelled source, by cross entropy -> its parameters, and what
  `normalised` needs beside them."""
  rate = optax.cosine_onecycle_schedule(steps, RATE, pct_start=.2)
  tx = optax.adamw(rate, weight_decay=DECAY)

  @jax.jit
  def step(params, opt, batch: Batch):
    def loss(params):
      _, logits = net.apply(params, normalised(about, batch.x))
      return optax.softmax_cross_entropy_with_integer_labels(logits, batch.c).mean()
    updates, opt = tx.update(jax.grad(loss)(params), opt, params)
    return optax.apply_updates(params, updates), opt

  about = statistics(data)
  example = data[np.arange(1)].x.astype(np.float32)
  params = net.init(rng.named(rng.root(SEED), name), example)
  opt = tx.init(params)
  with console.progress(steps, f'{name} step') as tick:
    for i in range(steps):
      batch = data[order.ids(len(data), SEED, i * BATCH, BATCH)]
      params, opt = step(params, opt, batch)
      if i % 50 == 49:  # calls that are under way need memory, and say nothing of the time
        jax.block_until_ready(params)
        tick(50)
  return params | about


def outputs(net: nn.Module, params: PyTree, data: source.Source,
            ids: np.ndarray) -> Iterator[tuple[Batch, Array, Array]]:
  """(examples, features, logits) of these ids, 500 at a time, for memory's sake."""
  run = jax.jit(lambda x: net.apply({'params': params['params']}, normalised(params, x)))
  for start in range(0, len(ids), 500):
    batch = data[ids[start:start + 500]]
    yield batch, *run(batch.x)


def accuracy(net: nn.Module, params: PyTree, data: source.Source) -> float:
  """The share of a labelled source that a classifier gets right."""
  right = [(logits.argmax(1) == batch.c).sum() for batch, _, logits in
           outputs(net, params, data, np.arange(len(data)))]
  return int(sum(right)) / len(data)
