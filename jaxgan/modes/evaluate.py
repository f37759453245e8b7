"""Scores a run's samples: fresh seeds, the whole training set, and test images beside them.

Every number goes to WORKDIR/evals.jsonl with all that it depends on.
"""
import json
import pathlib
import time

import jax
import numpy as np

from jaxgan import gan as game
from jaxgan import log, rng
from jaxgan.data import order
from jaxgan.data.source import Dataset, Source
from jaxgan.errors import Failure
from jaxgan.experiment import Experiment
from jaxgan.metrics import features, memorisation, naming, path_length
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.metrics.reference import reference
from jaxgan.metrics.suite import MEASURES, Score, Sides
from jaxgan.modes import scores
from jaxgan.modes.sample import trained
from jaxgan.sampling import sampler
from jaxgan.types import Batch, Places, PyTree

KNOWN = ('own', *MEASURES, 'ppl')
# What test images are scored by too: the best that a generator could honestly get.
FLOOR = ('fd', 'fid', 'fd-infinity', 'kd', 'kid', 'cs', 'prdc', 'ms-ssim')


def evaluate(folder: pathlib.Path, experiment: str | None, places: Places, n: int,
             metrics: str | None, seeds: int, first_seed: int, step: str, ema: bool,
             extractor: str | None) -> None:
  """Prints and records each measure of n samples of each seed. Raises Failure."""
  run, _, state = trained(folder, experiment, step)
  one = run.experiment
  asked = scores.asked(metrics or default(one.data, extractor), KNOWN)
  featured = [name for name in asked if name != 'own']
  network = None
  if featured:
    network = features.extractor(extractor or one.data.extractor or 'rand-conv', places)
    scores.check(featured, network, n)
  source = one.data.load(places.data_dir)
  judges = [(m.n, m.prepare(places)) for m in one.metrics if 'own' in asked]
  against = reference(network, one.data, source, places) if featured else None
  average = state.ema if ema else game.averaged(state.g)
  common = dict(step=int(state.step), ema=ema, reference=one.data.name)
  records, draw = [], sampler(one)

  def add(found: list[Score], **more):
    records.extend(scores.record(s, network, **common, **more) for s in found)

  test, test_set = held_out(one.data, network, places, n) if featured else (None, None)
  if test is not None:
    floor = [name for name in asked if name in FLOOR]
    add(measured(floor, Sides(network, against, test, test_set[np.arange(len(test.pool))].x)),
        of='test images', seed=None)
  total = max([n * bool(featured), *(k for k, _ in judges)])
  conditions = source[order.ids(len(source), one.seed, 0, total)]
  with log.progress(seeds * (total + n * bool(featured)), 'image') as tick:
    for seed in range(first_seed, first_seed + seeds):
      images = draw(average, total, seed, Batch(None, conditions.c), 'eval', tick)
      for k, score in judges:
        first = lambda tree, k=k: jax.tree.map(lambda a: a[:k], tree)
        found = score(first(conditions.x), first(images))
        add([Score(name, float(value), k, k) for name, value in found.items()],
            of='samples', seed=seed)
      if featured:
        images = images[:n]
        sides = Sides(network, against, features.extract(network, images, tick), images,
                      seed, labels(jax.tree.map(lambda a: a[:n], conditions.c)),
                      labels(source[against.ids].c), test, test_set)
        add(measured([name for name in featured if name in MEASURES], sides),
            of='samples', seed=seed)
        if 'ppl' in featured:
          add([ppl(one, average, network, n, seed)], of='samples', seed=seed)
        if 'memory' in featured and seed == first_seed:
          sheet(folder, sides, source, int(state.step))
  lines = ''.join(json.dumps(r | {'time': time.time()}) + '\n' for r in records)
  with (folder / 'evals.jsonl').open('a') as file:
    file.write(lines)
  log.say(scores.table(records))
  log.say(f'step {int(state.step):,}, {"averaged" if ema else "last"} weights, against '
          f'{one.data.name}; each number with all it depends on: {folder}/evals.jsonl')


def default(data: Dataset, extractor: str | None) -> str:
  """What is measured if nothing is asked for: what the data have features for."""
  name = extractor or data.extractor
  if not name:
    return 'own'
  return 'fd,kd,prdc' + ('' if name == 'rand-conv' else ',cs')


def measured(names: list[str], sides: Sides) -> list[Score]:
  return [score for name in names for score in MEASURES[name](sides)]


def held_out(data: Dataset, network: Extractor, places: Places, n: int):
  """-> (features of up to n test images, the test set), or (None, None) without one."""
  if data.test is None:
    log.say(f'{data.name} has no test split: no floor is shown')
    return None, None
  test = data.test.load(places.data_dir)
  images = test[np.arange(min(n, len(test)))].x
  return features.extract(network, images), test


def labels(c: PyTree) -> np.ndarray | None:
  """Conditions as class labels [N], if they are that."""
  is_label = isinstance(c, np.ndarray) and c.ndim == 1 and np.issubdtype(c.dtype, np.integer)
  return c if is_label else None


def ppl(one: Experiment, average: PyTree, network: Extractor, n: int, seed: int) -> Score:
  """Path length in z, along arcs, in the extractor's features of unrounded images.

  The published PPL is another: in W, by LPIPS of a VGG16; hence the name.
  """
  if one.data.pixels is None:
    raise Failure('ppl needs a generator of images: leave it out of --eval_metrics')
  def latents(key, ids):
    return one.gan.prior(rng.per_example(key, ids), Batch(ids))[0]

  def draw(z):
    return one.data.pixels(game.sample(one.gan, average, z, None))

  @jax.jit
  def lengths(ids, key):
    a, b, t = (rng.named(key, name) for name in ('from', 'to', 't'))
    return path_length.path_length(
        draw, lambda x: network.apply(network.params, x)[0], t, latents(a, ids),
        latents(b, ids), path_length.slerp, ends=False)

  key = rng.named(rng.root(seed), 'ppl')
  batches = range(0, n, features.BATCH)
  found = [lengths(np.arange(at, at + features.BATCH), key) for at in batches]
  value = path_length.mean(np.concatenate(found)[:n])
  return Score(naming.featured('ppl-z', network, n), value, n, 0)


def sheet(folder: pathlib.Path, sides: Sides, source: Source, step: int) -> None:
  """The 16 fakes nearest to the training set, each beside its nearest there, as a picture."""
  pairs = memorisation.nearest(sides.reference.bank, sides.fake.pool, 16)
  real = source[sides.reference.ids[pairs.train]].x
  both = np.stack([sides.images[pairs.fake], real], 1).reshape(-1, *real.shape[1:])
  where = folder / 'samples' / f'nearest_{step:08}.png'
  log.write(where, log.png(log.grid(both)))
  log.say(f'the 16 samples nearest to training images, each left of its nearest: {where}')
