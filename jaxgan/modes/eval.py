"""Scores a run's samples: fresh seeds, the whole training set, and test images beside them.

Every number goes to WORKDIR/evals.jsonl with all that it depends on.
"""
import dataclasses
import functools
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import gan as game
from jaxgan import rng
from jaxgan.analysis.standing import standing
from jaxgan.data import order
from jaxgan.data.source import Dataset, Source, is_labels, scored_on
from jaxgan.experiment import Experiment
from jaxgan.io import console, files, pictures
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.metrics import features, measures, memorisation, naming, path_length, two_sample
from jaxgan.metrics.extractors.base import Extractor, Recipe
from jaxgan.metrics.reference import reference
from jaxgan.metrics.suite import MEASURES, Score, Sides, check_labels
from jaxgan.modes import scores
from jaxgan.modes.shared import folder, given, trained
from jaxgan.run.periodic import Evaluator
from jaxgan.run.sampling import latents, sampler
from jaxgan.run.workdir import storage
from jaxgan.types import Batch, Paths, PyTree, Samples

FLAGS = {
    'n': ('int', 10_000, 'How many images.', 1, 100_000_000),
    'eval_seeds': ('int', 3, 'Sampling seeds, for mean and deviation.', 1, 100_000_000),
    'split': (['train', 'test'], None, 'The examples whose conditions samples are drawn for '
              '(default: train for class labels, test for others).')}
SHARED = ('sample_seed', 'step', 'ema', 'standing', 'eval_metrics', 'extractor', 'inception')

SEEDS = 2**32
SHEET, NEIGHBOURS = 10, 3  # samples of a sheet, and training images beside each
KNOWN = ('own', *MEASURES, 'ppl')
# What test images are scored by too: the best that a generator could honestly get. Too few for
# an FID, they have the same distance, by its name.
FLOOR = {name: name for name in ('fd', 'fd-infinity', 'kd', 'kid', 'cs', 'prdc', 'ms-ssim')}
FLOOR['fid'] = 'fd'


def run(values, knobs, paths) -> None:
  if values.sample_seed + values.eval_seeds > SEEDS:
    raise Failure(f'--sample_seed={values.sample_seed} leaves no room for {values.eval_seeds} '
                  f'seeds below {SEEDS}: try --sample_seed={SEEDS - values.eval_seeds}')
  seeds = range(values.sample_seed, values.sample_seed + values.eval_seeds)
  evaluate(folder(values), given(values), Request(
      values.n, values.eval_metrics, values.extractor, seeds, values.step, values.ema,
      values.standing, values.split), paths)


class Request(NamedTuple):
  """What is to be scored, and how."""
  n: int  # samples of each seed
  metrics: str | None  # as --eval_metrics, or by the data
  extractor: str | None  # or by the data
  seeds: range
  step: str  # a number, latest or best
  ema: bool
  standing: int = 0  # batches that batch norm's averages are taken from anew
  split: str | None = None  # as `source.scored_on` has it


def evaluate(folder: pathlib.Path, experiment: str | None, request: Request,
             paths: Paths) -> None:
  """Prints each measure and adds it to evals.jsonl. Raises Failure; what was computed before it
  is shown and added."""
  run, _, state = trained(folder, experiment, request.step)
  check_writable(folder)
  one, step = run.experiment, int(state.step)
  extractor = request.extractor or features.default(one.data, paths)
  asked = measures.parsed(request.metrics or default(extractor, paths), KNOWN)
  source = one.data.load(paths.data_dir)
  if not (extractor or one.metrics):  # the least that can be said of any data
    least = two_sample.of_examples(min(request.n, len(source)))
    one = dataclasses.replace(one, metrics=[least])
  chosen = scored_on(one.data, paths.data_dir, request.split)
  pairs = source if chosen is one.data else chosen.load(paths.data_dir)
  check(asked, one, pairs)
  network = None
  if asked != ['own']:
    if not extractor:
      raise Failure(f'{one.data.name} has no extractor for {", ".join(asked)}: give its '
                    'Dataset one, or ask for --eval_metrics=own')
    scores.check_inception(paths, extractor)
    network = features.extractor(extractor, paths)
    whole = one.data.whole
    n_real = len(whole.load(paths.data_dir) if whole else source)
    scores.check(asked, network, request.n, n_real)
  average = state.ema if request.ema else game.averaged(state.g)
  if request.standing:
    average = standing(one, average, first(pairs, one.seed, request.n).c, request.standing)
  records = []

  def add(found: list[Score], of: str, seed: int | None, against: Dataset | None):
    records.extend(scores.record(score, network, of=of, seed=seed, step=step,
                                 ema=request.ema, standing=request.standing,
                                 reference=against and against.name) for score in found)

  try:
    scored(folder, one, asked, network, source, pairs, average, request, step, paths, add)
  finally:
    if records:
      with storage(folder), (folder / 'evals.jsonl').open('a') as file:
        file.writelines(files.strict(r | {'time': time.time()}) + '\n' for r in records)
    known = network and records
    scores.show(records, features.width(network, one.data.describe(paths.data_dir).x)
                if known else None)
  against = (one.data.whole or one.data) if network else chosen
  say(f'step {step:,}, {"averaged" if request.ema else "last"} weights, against '
      f'{against.name}; each number with all it depends on: {folder}/evals.jsonl')


def scored(folder: pathlib.Path, one: Experiment, asked: Sequence[str],
           network: Extractor | None, source: Source, pairs: Source, average: PyTree,
           request: Request, step: int, paths: Paths, add: Callable) -> None:
  """Gives each score to add(scores, of what, seed, held against what), as it is found. `pairs`
  has the conditions that samples are drawn for."""
  draw = functools.partial(sampler(one), average)
  if 'own' in asked:
    evaluators = [(metric.n, metric.prepare(paths)) for metric in one.metrics]
    drawn = latents(one) if any(metric.latents for metric in one.metrics) else None
    for seed in request.seeds:
      add(own(evaluators, draw, drawn, pairs, one.seed, seed), 'samples', seed, None)
  if not network:
    return
  whole = one.data.whole or one.data
  known = real_sides(one.data, source, network, paths, request.n)
  trained_on = known.reference
  if one.data.whole:
    trained_on = reference(network, one.data, source, paths)
  if known.test is not None:
    x = known.test_set[known.test_ids].x
    add(floors(asked, known._replace(fake=known.test, x=x)), 'test images', None, whole)
  conditions = first(pairs, one.seed, request.n).c
  with console.progress(2 * request.n * len(request.seeds), 'example') as tick:
    for seed in request.seeds:
      x = draw(request.n, seed, Batch(None, conditions), 'eval', tick)
      sides = known._replace(fake=features.extract(network, x, tick), x=x, seed=seed,
                             labels=labels(conditions))
      for name in asked:
        if name in MEASURES and name != 'memory':
          add(MEASURES[name](sides), 'samples', seed, whole)
      if 'memory' in asked:  # of what was trained on, which may be a part
        sides = sides._replace(reference=trained_on)
        add(MEASURES['memory'](sides), 'samples', seed, one.data)
      if 'ppl' in asked:
        add([ppl(one, average, network, request.n, seed, conditions)], 'samples', seed, whole)
  if 'memory' in asked:
    sheet(folder, one.data, sides, source, step)


def check(asked: Sequence[str], one: Experiment, pairs: Source) -> None:
  """Raises Failure, before any sample is drawn, for what this run has not."""
  if 'own' in asked and not one.metrics:
    raise Failure('own: this experiment has no metrics: name measures with --eval_metrics')
  for measure in {'intra-fd', 'cas', 'class-accuracy'}.intersection(asked):
    check_labels(labels(first(pairs, one.seed, 1).c), measure)


def first(source: Source, seed: int, n: int) -> Batch:
  """The first n examples in the order of a seed."""
  return source[order.ids(len(source), seed, 0, n)]


def real_sides(data: Dataset, source: Source, network: Extractor, paths: Paths,
               n: int) -> Sides:
  """What is known before there are fakes: the whole training set, and n test images."""
  whole = data.whole or data
  every = whole.load(paths.data_dir) if data.whole else source
  against = reference(network, whole, every, paths)
  known = Sides(network, against, None, None, real_labels=labels(every[against.ids].c))
  return known._replace(**held_out(data, network, paths, n))


def default(extractor: str | Recipe, paths: Paths) -> str:
  """What is measured if nothing is asked for: what there are features for."""
  if not extractor:
    return 'own'
  return 'fd,kd,prdc' + ',cs' * features.declared(extractor, paths).classifies


def own(evaluators: Sequence[Evaluator], draw: Callable, drawn: Callable | None, pairs: Source,
        data_seed: int, seed: int) -> list[Score]:
  """The experiment's own metrics, of samples of a seed."""
  n = max((n for n, _ in evaluators), default=0)
  ids = order.ids(len(pairs), data_seed, 0, n)
  real, found = pairs[ids], []
  fake = Samples(draw(n, seed, Batch(None, real.c), 'eval'), real.c, ids)
  if drawn:
    fake = fake._replace(z=drawn(n, seed, Batch(None, real.c), 'eval'))
  for n, score in evaluators:
    values = score(*jax.tree.map(lambda a, n=n: a[:n], (real, fake)))
    found += [Score(name, float(value), n, None) for name, value in values.items()]
  return found


def floors(asked: Sequence[str], test: Sides) -> list[Score]:
  """What test images get, as far as there are enough of them."""
  found = []
  for name in dict.fromkeys(FLOOR[name] for name in asked if name in FLOOR):
    try:
      found += MEASURES[name](test)
    except Failure as e:
      say(f'{name} of test images is left out: {e}')
  return found


def held_out(data: Dataset, network: Extractor, paths: Paths, n: int) -> dict:
  """The fields of Sides that test images fill: features of up to n, and all of them."""
  if data.test is None:
    say(f'{data.name} has no test split: no floor is shown')
    return {}
  test = data.test.load(paths.data_dir)
  ids = np.sort(order.permutation(len(test), 0, 0)[:n])  # they may stand by class
  found = features.extract(network, test[ids].x)
  return {'test': found, 'test_set': test, 'test_ids': ids}


def labels(c: PyTree) -> np.ndarray | None:
  """Conditions as class labels [N], if they are that."""
  return c if is_labels(c) else None


def ppl(one: Experiment, average: PyTree, network: Extractor, n: int, seed: int,
        conditions: PyTree) -> Score:
  """Path length in z, along arcs, in the extractor's features of unrounded images.

  The published PPL is another: in W, by LPIPS of a VGG16; hence the name. In float32, whatever
  the generator was trained in: a small step's rounding is divided by its square.
  """
  exact = {'dtype': jnp.float32, 'half': 0}
  net = one.gan.generator
  fields = {field.name for field in dataclasses.fields(net)} & set(exact)
  net = dataclasses.replace(net, **{name: exact[name] for name in fields})
  gan = dataclasses.replace(one.gan, generator=net)
  if one.data.pixels is None:
    raise Failure('ppl needs a generator of images: leave it out of --eval_metrics')
  def drawn(key, ids, c):
    return one.gan.prior(rng.per_example(key, ids), Batch(ids, c))

  @jax.jit
  def lengths(ids, key, c):
    def draw(z):
      return one.data.pixels(game.sample(gan, average, z, told))
    a, b, t = (rng.named(key, name) for name in ('from', 'to', 't'))
    t = jax.vmap(jax.random.uniform)(rng.per_example(t, ids))
    (start, told), (end, _) = drawn(a, ids, c), drawn(b, ids, c)
    return path_length.path_length(
        draw, lambda x: network.apply(network.params, x)[0], start, end, t, path_length.slerp)

  key = rng.named(rng.root(seed), 'ppl')
  batches = range(0, n, features.BATCH)
  found = []
  for at in batches:
    ids = np.arange(at, at + features.BATCH)
    with jax.default_matmul_precision('highest'):
      found.append(lengths(ids, key, jax.tree.map(lambda a: a[ids % len(a)], conditions)))
  value = path_length.mean(np.concatenate(found)[:n])
  return Score(naming.featured('ppl-z', network, n), value, n, 0)


def sheet(folder: pathlib.Path, data: Dataset, sides: Sides, source: Source,
          step: int) -> None:
  """The fakes nearest to the training set, each left of its nearest there, as a picture."""
  found = memorisation.nearest(sides.reference.bank, sides.fake.pool, SHEET, NEIGHBOURS)
  fake = jax.tree.map(lambda a: a[found.fake], sides.x)
  near = source[sides.reference.ids[found.train.T.ravel()]].x
  each = lambda tree, i: jax.tree.map(lambda a: a[i * SHEET:(i + 1) * SHEET], tree)
  columns = [fake, *(each(near, i) for i in range(NEIGHBOURS))]
  if pictures.is_images(fake):
    shown = [pictures.grid(column, columns=1) for column in columns]
    gap = np.full((len(shown[0]), 8, 3), 255, np.uint8)
    picture = np.concatenate([part for one in shown for part in (one, gap)][:-1], 1)
    picture = pictures.sheet(picture, 'nearest to training images: distances in features',
                             [f'{d:.3g}' for d in found.distance[:, 0]],
                             ['sample', 'nearest', 'second', 'third'])
  else:
    beside = jax.tree.map(lambda *a: np.stack(a, 1).reshape(-1, *a[0].shape[1:]), *columns)
    picture = data.show(beside, None, None)
  if picture is None:
    return
  where = folder / 'samples' / f'nearest_{step:08}.png'
  files.write(where, pictures.png(picture))
  say(f'the {SHEET} samples nearest to training images, each left of its {NEIGHBOURS} nearest: '
      f'{where}')
