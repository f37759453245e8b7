"""A small classifier of a labelled data set, trained here once, and then a feature extractor.

Its identity is the digest of its parameters. Another machine's training may round
differently and give another digest, which every record of a score therefore carries.
"""
import functools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

from jaxgan import rng
from jaxgan.data import order, source, tfds
from jaxgan.io import cache, console, trees
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.nets.conv import Conv
from jaxgan.types import Array, Batch, Paths, PyTree

STEPS, BATCH, RATE, DECAY, SEED = 2000, 128, 4e-3, 1e-2, 0
RECIPE = 3  # raise it with any change here: cached classifiers are then trained anew


class Classifier(nn.Module):
  """Pixels 0..255 [B, H, W, C] -> (features [B, 128], logits [B, K])."""
  classes: int

  @nn.compact
  def __call__(self, x: Array) -> tuple[Array, Array]:
    conv = functools.partial(Conv, kernel_init=nn.initializers.he_normal())
    x, width = x / 127.5 - 1, 32
    x = nn.relu(conv(width, 5, stride=2)(x))  # no layer is as large as the image: quick on CPUs
    while max(x.shape[1:3]) > 8:
      width = min(2 * width, 128)
      x = nn.relu(conv(width, 3, stride=2)(x))
    x = nn.relu(conv(128, 3)(x))
    x = nn.relu(nn.Dense(128)(x.reshape(x.shape[0], -1)))
    return x, nn.Dense(self.classes)(x)


def declared(name: str, paths: Paths) -> Extractor:
  """The extractor without its parameters, before it is trained. Raises Failure if the data
  cannot be had or the cache cannot be written."""
  train, test = (tfds.load(name, split, label='label') for split in ('train', 'test'))
  train.load(paths.data_dir)
  test.load(paths.data_dir)
  check_writable(paths.cache, '--cache_dir')
  return Extractor(f'cnn-{name}', '', None, None, shape=train.describe(paths.data_dir).x.shape)


def extractor(name: str, paths: Paths) -> Extractor:
  """The classifier of TFDS's data set `name` (splits 'train' and 'test', feature 'label').

  From the cache, or trained once: half a minute on 2 cores. Raises Failure if the data
  cannot be had.
  """
  train, test = (tfds.load(name, split, label='label') for split in ('train', 'test'))
  classes = tfds.classes(name, 'label', paths.data_dir)
  spec, data = train.describe(paths.data_dir), train.load(paths.data_dir)
  key = {'data': source.fingerprint(data), 'classes': classes, 'recipe': RECIPE}
  make = lambda: trained(name, data, test.load(paths.data_dir), classes)
  arrays = cache.arrays(f'cnn-{name}', key, make, paths.cache)
  accuracy = float(arrays.pop('accuracy'))
  net = Classifier(classes)
  like = jax.eval_shape(net.init, jax.random.key(0), jnp.zeros((1, *spec.x.shape)))
  like |= {'scale': jax.ShapeDtypeStruct((), np.float32)}
  params = trees.fitted(arrays, like, f'the cached cnn-{name}')
  return Extractor(f'cnn-{name}', trees.digest(arrays)['digest'], params,
                   functools.partial(apply, classes), accuracy=accuracy, shape=spec.x.shape)


def apply(classes: int, params: PyTree, x: Array) -> tuple[Array, Array]:
  """Pixels 0..255 [B, H, W, C] -> (features [B, 128] of root mean square 1 on the training
  set, logits [B, K])."""
  with jax.default_matmul_precision('highest'):
    features, logits = Classifier(classes).apply({'params': params['params']}, x)
  return params['scale'] * features, logits


def trained(name: str, data: source.Source, test: source.Source, classes: int) -> dict:
  """Adam with weight decay and one cycle of the rate, on batches of the source's order
  -> {path: array} and 'accuracy' on the test set after the last step."""
  if len(data) < BATCH:
    raise Failure(f'cnn-{name} needs at least {BATCH} labelled examples, not {len(data)}: '
                  'use --extractor=rand-conv')
  say(f'training the classifier cnn-{name}, once, to judge samples by: {STEPS:,} steps '
      '(half a minute on a CPU)')
  params = fit(Classifier(classes), data, STEPS, 'cnn')
  share = accuracy(Classifier(classes), params, test)
  some = order.ids(len(data), SEED, 0, min(len(data), 5000))
  squares = [(features ** 2).mean(1) for _, features, _ in
             outputs(Classifier(classes), params, data, some)]
  params |= {'scale': jax.lax.rsqrt(jnp.concatenate(squares).mean())}
  say(f'cnn-{name}: {share:.2%} of {len(test):,} test examples right')
  return trees.leaves(params) | {'accuracy': np.float64(share)}


def fit(net: nn.Module, data: source.Source, steps: int, name: str) -> PyTree:
  """Trains a classifier of a labelled source, by cross entropy -> its parameters."""
  rate = optax.cosine_onecycle_schedule(steps, RATE, pct_start=.2)
  tx = optax.adamw(rate, weight_decay=DECAY)

  @jax.jit
  def step(params, opt, batch: Batch):
    def loss(params):
      _, logits = net.apply(params, batch.x.astype(jnp.float32))
      return optax.softmax_cross_entropy_with_integer_labels(logits, batch.c).mean()
    updates, opt = tx.update(jax.grad(loss)(params), opt, params)
    return optax.apply_updates(params, updates), opt

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
  return params


def outputs(net: nn.Module, params: PyTree, data: source.Source,
            ids: np.ndarray) -> Iterator[tuple[Batch, Array, Array]]:
  """(examples, features, logits) of these ids, 500 at a time, for memory's sake."""
  run = jax.jit(lambda x: net.apply(params, x.astype(jnp.float32)))
  for start in range(0, len(ids), 500):
    batch = data[ids[start:start + 500]]
    yield batch, *run(batch.x)


def accuracy(net: nn.Module, params: PyTree, data: source.Source) -> float:
  """The share of a labelled source that a classifier gets right."""
  right = [(logits.argmax(1) == batch.c).sum() for batch, _, logits in
           outputs(net, params, data, np.arange(len(data)))]
  return int(sum(right)) / len(data)
