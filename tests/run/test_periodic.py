"""Metrics in training: their share of the time, and the best state that they choose."""
import dataclasses
import json
import time

import jax
import numpy as np
import pytest
import tiny

from jaxgan import parallel
from jaxgan.data import source
from jaxgan.experiment import Experiment
from jaxgan.io import files
from jaxgan.io.errors import Failure
from jaxgan.metrics import sliced, suite
from jaxgan.run import checkpoint, log, periodic, sampling, stopwatch, workdir
from jaxgan.types import Batch, Metric

METRIC = Metric(8, None, {'fd': False, 'recall3': True, 'psnr': True, 'csize': False,
                          'closer': None})


def made(folder, scores, seconds=0., **changes):
  """A Periodic whose metric says `scores` in turn, and takes its time."""
  images = np.zeros((64, *tiny.SHAPE), np.uint8)
  data = source.arrays(Batch(images))
  how = dict(log_every=0, sample_every=0, eval_every=1, save_every=0, best='fd')
  one = Experiment(tiny.mlp_gan(), data, 8, 10, metrics=[METRIC], **(how | changes))
  left = iter(scores)

  def score(real, fake):
    time.sleep(seconds)
    return {'fd_x@8': next(left), 'recall3_x@8': -1.}
  due = periodic.Periodic(one, data.load(None), folder, log.Log(folder, 0, 10),
                          sampling.sampler(one), [(8, score)])
  state = tiny.initial(one.gan, jax.devices()[:1])
  return due, lambda step: due.after(
      step, dataclasses.replace(state, step=state.step + step), {})


def test_a_metric_may_see_what_samples_were_made_from(tmp_path):
  """G of the latents is the samples; ids find the examples that they are compared with."""
  images = np.random.default_rng(0).integers(0, 256, (64, *tiny.SHAPE), np.uint8)
  data = source.arrays(Batch(images))
  gan, seen = tiny.mlp_gan(), []
  metric = Metric(20, None, {'fd': False}, latents=True)
  one = Experiment(gan, data, 8, 10, metrics=[metric], eval_every=1, sample_every=0,
                   save_every=0)
  score = lambda real, fake: seen.append((real, fake)) or {'fd_x@8': 1.}
  due = periodic.Periodic(one, data.load(None), tmp_path, log.Log(tmp_path, 0, 10),
                          sampling.sampler(one), [(20, score)])
  state = tiny.initial(gan, jax.devices()[:1])
  due.after(1, dataclasses.replace(state, step=state.step + 1), {})
  (real, fake), = seen
  np.testing.assert_array_equal(images[fake.ids], real.x)
  x = gan.generator.apply({'params': state.ema['params']}, fake.z, train=False)
  np.testing.assert_array_equal(data.encode(x), fake.x)
  assert fake.z.shape == (20, 4)


def test_the_best_state_is_kept(tmp_path):
  _, after = made(tmp_path, [3., 1., 2., 1., .5], eval_share=1e9)
  kept = []
  for step in range(1, 6):
    after(step)
    kept.append(checkpoint.steps(tmp_path / 'best'))
  assert kept == [[1], [2], [2], [2], [5]]
  assert json.loads((tmp_path / 'best.json').read_text()) == {
      'metric': 'fd_x@8', 'value': .5, 'step': 5}


def test_more_of_a_rising_metric_is_better(tmp_path):
  state = parallel.local(tiny.initial(tiny.mlp_gan(), jax.devices()[:1]))
  for step, value in enumerate([.1, .5, .3]):
    workdir.keep_best(tmp_path, state.replace(step=np.int32(step)), 'recall',
                      {'fd': 0., 'recall3_x@8': value}, METRIC.rising)
  assert checkpoint.steps(tmp_path / 'best') == [1]


def test_the_best_fd_may_be_an_fid(tmp_path):
  """50,000 samples in the published Inception's features are named so only then."""
  state = parallel.local(tiny.initial(tiny.mlp_gan(), jax.devices()[:1]))
  for step, value in enumerate((3., 1., 2.)):
    workdir.keep_best(tmp_path, state.replace(step=np.int32(step)), 'fd',
                      {'recall3_x@8': 0., 'fid50k_full[tf1]': value}, METRIC.rising)
  assert checkpoint.steps(tmp_path / 'best') == [1]


@pytest.mark.parametrize('name,best', [('psnr@8', 1), ('csize_x@8', 0), ('fd_x@8', 0)])
def test_the_metric_says_what_is_better(tmp_path, name, best):
  """Nothing is guessed from names: psnr rises, and not all that begins with cs does."""
  state = parallel.local(tiny.initial(tiny.mlp_gan(), jax.devices()[:1]))
  for step, value in enumerate([.3, .5, .4, .3, .5, np.nan, np.inf, -np.inf]):
    workdir.keep_best(tmp_path, state.replace(step=np.int32(step)), name[:2], {name: value},
                      METRIC.rising)
  assert checkpoint.steps(tmp_path / 'best') == [best]  # of equal ones the first


@pytest.mark.parametrize('name', ['closer_x@8', 'fdx@8', 'unknown@8', 'recall@8'])
def test_a_score_of_which_nobody_says_what_is_better_is_refused(tmp_path, name):
  with pytest.raises(Failure, match='does not say whether more is better'):
    workdir.keep_best(tmp_path, None, name[:3], {name: 1.}, METRIC.rising)


@pytest.mark.parametrize('content', ['x', '[]', '{"metric": "fd_x@8"}', '7',
                                     '{"metric": "fd_x@8", "value": NaN}'])
def test_a_damaged_record_of_the_best_is_set_aside(tmp_path, content):
  state = parallel.local(tiny.initial(tiny.mlp_gan(), jax.devices()[:1]))
  (tmp_path / 'best.json').write_text(content)
  workdir.keep_best(tmp_path, state, 'fd', {'fd_x@8': 1.}, METRIC.rising)
  assert checkpoint.steps(tmp_path / 'best') == [0]
  assert (tmp_path / 'best.json.damaged').read_text() == content


def test_the_best_is_kept_when_it_is_of_an_earlier_step(tmp_path):
  """After a kill, metrics may fall on other steps than before."""
  _, after = made(tmp_path, [3., 1.], eval_share=1e9)
  after(8)
  after(6)
  assert checkpoint.steps(tmp_path / 'best') == [6]


def test_an_unknown_best_is_refused_before_training():
  how = dict(gan=None, data=None, batch=8, steps=1)
  score = suite.in_training(source.Dataset(None, None), ('fd', 'prdc'), n=50_000)
  for best in ('', 'fd', 'recall', 'fd_cnn-mnist@5k'):
    Experiment(metrics=(sliced.of_pixels(), score), best=best, **how)
  for best in ('fid', 'fid50k_full', 'kd', 'f1'):
    with pytest.raises(Failure, match=f"best='{best}' is no metric .* sw2_pixels, fd, prec"):
      Experiment(metrics=(sliced.of_pixels(), score), best=best, **how)
  with pytest.raises(Failure, match="best='fd' is no metric of this run: give one of none"):
    Experiment(best='fd', **how)
  closer = suite.in_training(source.Dataset(None, None), ('fd', 'memory'))
  with pytest.raises(Failure, match="'closer' does not say whether more is better: give"):
    Experiment(metrics=(closer,), best='closer', **how)


def test_an_unknown_best_is_refused(tmp_path):
  _, after = made(tmp_path, [1.], best='psnr')
  with pytest.raises(Failure, match="best='psnr' is no metric of this run, but fd_x@8"):
    after(1)


def test_the_log_leaves_out_what_was_not_played():
  """NaN is a fault, and is shown."""
  terms = {'d/r1': 0., 'd/r1?': False, 'd/real': np.nan, 'g/length': 1., 'g/length?': True}
  assert periodic.played(terms).keys() == {'d/real', 'g/length'}


def test_metrics_keep_to_their_share_but_for_the_last_step(tmp_path):
  """And the first, which may train a classifier: only the second tells what they take."""
  _, after = made(tmp_path, [1.] * 10, seconds=.2, eval_share=.05)
  for step in range(1, 11):
    after(step)
  rows = files.read(tmp_path / 'metrics.jsonl')
  assert [row['step'] for row in rows if 'eval/fd_x@8' in row] == [1, 2, 10]


def test_conditions_are_kept_however_many_are_scored(tmp_path):
  draw = np.random.default_rng(0)
  data = source.arrays(Batch(np.zeros((2000, *tiny.SHAPE), np.uint8),
                             draw.integers(0, 10, 2000)))
  one = Experiment(tiny.mlp_gan(), data, 8, 10)
  periodic.Periodic(one, data.load(None), tmp_path, log.Log(tmp_path, 0, 10), None,
                    [(1500, None)])
  assert len(workdir.read_conditions(tmp_path, np.zeros(()))) == periodic.CONDITIONS


def test_what_is_shown_and_scored_is_the_averaged_generator(tmp_path):
  """Not the one that moves: of another average the samples differ, of other weights not."""
  due, _ = made(tmp_path, [1.])
  state = tiny.initial(due.experiment.gan, jax.devices()[:1])
  changed = jax.tree.map(lambda a: a + 1, state.g.params)
  first = due.fakes(state, 8).x
  np.testing.assert_array_equal(due.fakes(
      state.replace(g=state.g.replace(params=changed)), 8).x, first)
  assert (due.fakes(state.replace(ema=state.ema | {'params': changed}), 8).x != first).any()


def test_the_rate_is_that_of_training_steps(tmp_path):
  """Without metrics that take 60 times as long, and without the first call."""
  terms = {'d/skipped_in_a_row': np.int32(0), 'g/skipped_in_a_row': np.int32(0)}
  due, _ = made(tmp_path, [1.] * 10, seconds=.3, eval_share=1e9, log_every=1, best='')
  state = tiny.initial(due.experiment.gan, jax.devices()[:1])
  for step in range(1, 6):
    time.sleep(.3 if step == 1 else .005)  # the first call is compiled
    due.after(step, state, terms)
  due.flush()
  rows = [row for row in files.read(tmp_path / 'metrics.jsonl') if 'eval/fd_x@8' not in row]
  assert [row['step'] for row in rows] == [1, 2, 3, 4, 5]
  assert 'images_per_second' not in rows[0]
  assert all(row['images_per_second'] > 8 / .1 for row in rows[1:])


def test_a_rate_is_of_its_own_steps(tmp_path):
  """Where a call takes as long as the device, as on GPUs: each row had the rate of the call
  after it, and the one before a save none of a call's time."""
  terms = {f'{role}/skipped_in_a_row': jax.numpy.int32(0) for role in 'dg'}
  due, _ = made(tmp_path, [], eval_every=0, save_every=3, log_every=1, best='')
  state = tiny.initial(due.experiment.gan, jax.devices()[:1])
  seconds = [.01, .04, .2, .04, .2, .04]
  for step, each in enumerate(seconds, 1):
    time.sleep(each)
    due.after(step, dataclasses.replace(state, step=state.step + step), terms)
  rows = files.read(tmp_path / 'metrics.jsonl')
  found = [8 / row['images_per_second'] for row in rows[1:]]
  assert all(each <= it < each + .1 for it, each in zip(found, seconds[1:]))


def test_terms_that_are_still_computed_are_read_a_call_later(tmp_path):
  class Computed(jax.Array):
    """An array that a device has not computed yet."""
    def is_ready(self):
      return False
  Computed.__abstractmethods__ = frozenset()
  assert not periodic.soon({'d/loss': Computed()}, .01)
  assert periodic.soon({'d/loss': jax.numpy.zeros(())}, 0.)


def test_what_is_left_counts_all_that_is_due(monkeypatch):
  now = [0.]
  monkeypatch.setattr(stopwatch.time, 'monotonic', lambda: now[0])
  watch = stopwatch.Stopwatch(runs=2)
  assert watch.training() == 0
  now[0] = 100.  # compiled until then
  watch.begin()
  now[0] = 110.
  for name, seconds in (('samples', 4.), ('samples', 2.), ('metrics', 7.)):
    with watch.apart(name):
      now[0] += seconds
  now[0] += 5
  assert watch.training() == 15
  left = watch.left(2., 10, {'samples': 3, 'saves': 5, 'metrics': 1})
  assert left == 10 * 2 + 2 * 3 * 3 + 2 * 7  # nothing has been saved yet
