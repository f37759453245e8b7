"""Examples to features, by an extractor: always in the same batches, on every device."""
import difflib
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import numpy as np

from jaxgan import parallel
from jaxgan.data import tfds
from jaxgan.data.source import Dataset
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import classifier, inception, random_conv
from jaxgan.metrics.extractors.base import Extractor, Recipe, check
from jaxgan.types import Array, Paths, PyTree

BATCH = 64  # examples a call, ever: a network's last bits depend on it


class Features(NamedTuple):
  pool: np.ndarray  # float32 [N, d]
  logits: np.ndarray | None  # float32 [N, K], of an extractor that classifies


def recipe(what: str | Recipe) -> Recipe:
  """That of a name: 'rand-conv', 'cnn-NAME' (a classifier of TFDS's NAME, trained once),
  'inception' or 'inception.clean' (the user's weights). Raises Failure."""
  if not isinstance(what, str):
    return what
  if what == 'rand-conv':
    return random_conv.extractor()
  if what.startswith('cnn-') and len(what) > 4:
    return tfds_classifier(what.removeprefix('cnn-'))
  if what in ('inception', 'inception.tf1', 'inception.clean'):
    return inception.OnDisk(what.partition('.')[2] or 'tf1')
  known = ['rand-conv', 'cnn-mnist', 'inception', 'inception.clean']
  near = difflib.get_close_matches(what, known, 1) or known[:1]
  raise Failure(f'no extractor {what!r}: did you mean {near[0]}? There are rand-conv, '
                'cnn-DATASET (a classifier of a labelled TFDS set), inception and '
                'inception.clean')


def tfds_classifier(name: str) -> classifier.Trained:
  """The classifier of TFDS's data set `name`: splits 'train' and 'test', feature 'label'."""
  train, test = (tfds.load(name, split, label='label') for split in ('train', 'test'))
  return classifier.Trained(train, test, name)


def extractor(what: str | Recipe, paths: Paths) -> Extractor:
  """By its name or its recipe, ready. Raises Failure."""
  return recipe(what).ready(paths)


def declared(what: str | Recipe, paths: Paths) -> Extractor:
  """What is known of an extractor before it is trained. Raises Failure for what `extractor`
  would fail of later."""
  return recipe(what).declared(paths)


@functools.partial(jax.jit, static_argnums=0)
def apply(network: Callable, params: PyTree, x: PyTree) -> tuple[Array, Array | None]:
  """An extractor's network, compiled once."""
  return network(params, x)


def batches(extractor: Extractor, x: PyTree) -> Iterator[tuple]:
  """(features [B, d], logits, mask [B]) on this process's devices, batch after batch.

  The last batch is padded, and masked: no example is dropped, none counts twice. The devices
  are a batch ahead of what is given.
  """
  mesh = parallel.mesh(jax.local_devices())
  size = -(-BATCH // mesh.size) * mesh.size
  params, ahead = jax.device_put(extractor.params, parallel.everywhere(mesh)), ()
  n = count(x)
  for start in range(0, n, size):
    part = jax.tree.map(lambda a: a[start:start + size], x)
    missing = max(start + size - n, 0)
    part = jax.tree.map(lambda a: np.pad(a, [(0, missing), *[(0, 0)] * (a.ndim - 1)]), part)
    found = apply(extractor.apply, params, jax.device_put(part, parallel.sharded(mesh)))
    yield from ahead
    ahead = [(*found, np.arange(start, start + size) < n)]
  yield from ahead


def count(x: PyTree) -> int:
  """How many examples there are."""
  return len(jax.tree.leaves(x)[0])


def default(data: Dataset, paths: Paths) -> str | Recipe:
  """The extractor that a data set's samples are judged by, or ''.

  A set of TFDS without labels, or without a test split, has no classifier: it is rand-conv,
  with a line. Numbers with class labels and a test set have one, though none was named.
  """
  found = data.extractor
  if isinstance(found, str) and found.startswith('cnn-') and not tfds.classifiable(
      found[4:], paths.data_dir):
    say(f'{data.name} has no labels, or no test split, to train a classifier {found} with: '
        'samples are judged by rand-conv, which is comparable to nothing else')
    return 'rand-conv'
  if found == '' and data.test is not None:
    its = classifier.Trained(data, data.test, data.name)
    try:
      classifier.check_examples(data.describe(paths.data_dir), data.name)
    except Failure:
      return ''
    return its
  return found


def width(extractor: Extractor, x: PyTree) -> int:
  """How many features an example has, of this shape and dtype."""
  one = jax.tree.map(lambda a: jax.ShapeDtypeStruct((1, *a.shape), a.dtype), x)
  return jax.eval_shape(extractor.apply, extractor.params, one)[0].shape[1]


def extract(extractor: Extractor, x: PyTree,
            tick: Callable[[int], None] = lambda n: None) -> Features:
  """The features of examples x [N, ..] as stored; tick(n) is called after every n of them.

  Raises Failure for examples that the extractor does not take.
  """
  check(extractor, x, 'features')
  try:
    width(extractor, jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), x))
  except Exception as e:  # the network's, of any kind
    shapes = [list(a.shape[1:]) for a in jax.tree.leaves(x)]
    raise Failure(f'{extractor.name} is for other examples than {", ".join(map(str, shapes))} '
                  f'({type(e).__name__}): rand-conv and inception take images of any size: '
                  '--extractor=rand-conv') from e
  pools, logits = [], []
  for pool, logit, mask in batches(extractor, x):
    pools.append(np.asarray(pool)[mask])
    logits.append(None if logit is None else np.asarray(logit)[mask])
    tick(int(mask.sum()))
  return Features(np.concatenate(pools),
                  None if logits[0] is None else np.concatenate(logits))
