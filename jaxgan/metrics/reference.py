"""What fakes are held against: a training set in an extractor's features, kept on disk."""
from typing import NamedTuple

import jax
import numpy as np

from jaxgan.data import order
from jaxgan.data.source import Dataset, Source, fingerprint
from jaxgan.io import cache
from jaxgan.io.console import say
from jaxgan.metrics import features, moments
from jaxgan.metrics.extractors.base import Extractor, check
from jaxgan.types import Paths

VERSION = 1  # raise it with any change here: what is cached is then computed anew
BANK = 2**28  # numbers of single examples' features that are kept, at most: 1 GiB


class Reference(NamedTuple):
  """A training set, unflipped. The bank: the features of `ids`, in a fixed random order."""
  data: str  # 'mnist train'
  gaussian: moments.Gaussian  # of every example
  ids: np.ndarray  # int64 [M]
  bank: np.ndarray  # float32 [M, d]
  other: str = ''  # how names tell that it is no training set


def reference(extractor: Extractor, data: Dataset, source: Source,
              paths: Paths) -> Reference:
  """The reference of a data set, from the cache if it was made of the same data by the same
  network. Raises Failure if the extractor does not take them."""
  key = {'data': data.name, 'fingerprint': fingerprint(source), 'n': len(source),
         'extractor': extractor.name, 'digest': extractor.digest, 'batch': features.BATCH,
         'version': VERSION}
  name = f'{data.name.replace(" ", "-")}-{extractor.name}'
  found = cache.arrays(name, key, lambda: computed(extractor, data, source), paths.cache)
  gaussian = moments.Gaussian(int(found['n']), found['mean'], found['cov'])
  return Reference(data.name, gaussian, found['ids'], found['bank'])


def computed(extractor: Extractor, data: Dataset, source: Source) -> cache.Arrays:
  """One pass over the set: moments on the devices, some features kept.

  The moments are shifted by the first batch's mean, added up in float32 for a few thousand
  examples at a time, and across these in float64.
  """
  n, shift, parts, banked = len(source), None, [], []
  ids = order.ids(n, 0, 0, n)  # a permutation: any first M of it are a random sample
  say(f'features of {n:,} examples of {data.name} by {extractor.name}, once')
  update, kept = jax.jit(moments.update), 0
  for start in range(0, n, 4096):
    x = source[ids[start:start + 4096]].x
    check(extractor, x, data.name)
    part = None
    for pool, _, mask in features.batches(extractor, x):
      shift = np.asarray(pool)[mask].mean(0) if shift is None else shift
      part = update(part if part is not None else moments.start(shift), pool, mask)
      if kept < (room := BANK // pool.shape[1]):
        banked.append(np.asarray(pool)[mask][:room - kept])
        kept += len(banked[-1])
    parts.append(part)
  gaussian = moments.finalise(moments.merge_all(parts))
  bank = np.concatenate(banked)
  return {'n': np.int64(gaussian.n), 'mean': gaussian.mean, 'cov': gaussian.cov,
          'ids': ids[:len(bank)], 'bank': bank}
