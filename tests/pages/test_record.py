"""A run's folder, read, and what a trainer would say of it."""
import json

import pytest

from jaxgan.pages import record
from jaxgan.pages.advice import advice


def folder(tmp_path, rows=(), rising=None, steps=1000, **files):
  """A run's folder with these rows of metrics.jsonl -> its Record."""
  config = {'experiment': 'digits', 'knobs': {'steps': steps, 'lr': 1e-3},
            'rising': rising or {}}
  (tmp_path / 'metrics.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
  for name, content in files.items():
    (tmp_path / name.replace('_json', '.json')).write_text(content)
  return record.read(tmp_path, config)


def of(name, values, every=10):
  return [{'step': every * (i + 1), name: value} for i, value in enumerate(values)]


def test_series_by_name(tmp_path):
  rows = [{'step': 1, 'd/real': .5}, {'step': 2, 'd/real': .7, 'g/x': None}, {'no': 'step'}]
  found = folder(tmp_path, rows)
  assert found.series == {'d/real': [(1, .5), (2, .7)]} and found.step == 2
  assert found.state == 'never started'


def start(begin, end=None, code=None):
  return {'start': f'2026-01-01T00:{begin:02}:00+0000', 'exit_code': code,
          'end': end and f'2026-01-01T00:{end:02}:00+0000'}


@pytest.mark.parametrize('code,step,state', [
    (None, 10, 'running, or killed'), (0, 10, 'done'), (None, 1000, 'done'),
    (143, 10, 'ended with exit code 143')])
def test_state_and_time_over_all_starts(tmp_path, code, step, state):
  last = start(20, 50, code) | {'earlier': [start(0, 15, 143)]}
  found = folder(tmp_path, [{'step': step, 'd/real': 1.}], run_json=json.dumps(last))
  assert found.state == state and found.seconds == 45 * 60
  assert [one['exit_code'] for one in found.starts] == [143, code]


def test_a_start_without_an_end_counts_to_its_last_line(tmp_path):
  import os
  found = folder(tmp_path, [{'step': 1, 'd/real': 1.}], run_json=json.dumps(start(0)))
  os.utime(tmp_path / 'metrics.jsonl', (1767225600 + 90,) * 2)  # 00:01:30 of that day
  assert found.seconds == 90


def test_damaged_files_are_left_out(tmp_path):
  found = folder(tmp_path, run_json='{', best_json='[]', floors_json='\0')
  assert found.starts == [] and found.best is None and found.floors == {}


def test_best_by_what_is_better(tmp_path):
  rows = [{'step': s, 'eval/fd_x@1k': v, 'eval/recall3_x@1k': v, 'eval/odd@1k': v}
          for s, v in ((10, 3.), (20, 1.), (30, 2.))]
  found = {one.name: one for one in record.scores(folder(
      tmp_path, rows, {'fd': False, 'recall3': True, 'odd': None},
      floors_json='{"fd_x@1k": 0.5}'))}
  assert found['fd_x@1k'] == ('fd_x@1k', False, 2., 1., 20, .5)
  assert found['recall3_x@1k'][2:] == (2., 3., 10, None)
  assert found['odd@1k'][2:] == (2., None, None, None)


def test_the_newest_of_each_seed_is_judged(tmp_path):
  (tmp_path / 'evals.jsonl').write_text(''.join(json.dumps(
      dict(name='fd', value=value, of='samples', seed=seed, step=5)) + '\n'
      for seed, value in ((0, 9.), (0, 1.), (1, 3.))))
  (one,) = record.judged(folder(tmp_path))
  assert (one['mean'], one['seeds']) == (2., 2)
  assert one['deviation'] == pytest.approx(2 ** .5)


CALM = {'d/ranking': [.7] * 40, 'g/gradient_norm': [1.] * 40, 'd/gradient_norm': [2.] * 40,
        'd/skipped': [0.] * 40, 'eval/recall3_x': [.1, .3, .5], 'eval/fd_x': [9., 4., 3.] * 4}


@pytest.mark.parametrize('name,values,says', [
    ('d/ranking', [.6] * 30 + [.99] * 10, 'D ranks 99.0% of pairs rightly, over the last 10'),
    ('g/gradient_norm', [1.] * 20 + [1e-5] * 20, "G's gradient has vanished"),
    ('d/gradient_norm', [1.] * 20 + [1e3] * 20, "D's gradient grows: its norm went from 1 to"),
    ('d/skipped', [0.] * 10 + [4.] * 30, '4 updates of D were left out, the first by step 110'),
    ('eval/recall3_x', [.1, .5, .3], 'recall3_x fell from 0.5 to 0.3'),
    ('eval/fd_x', [9., 3., 4., 5., 6., 4., 5.],
     'fd_x has been worse than at step 20 (3) in each of the last 5 scores (4 at best)')])
def test_advice(tmp_path, name, values, says):
  """Each warning by a log that has its fault alone; a calm log has none."""
  rising = {'recall3': True, 'fd': False}
  rows = lambda found: [row for one, values in found.items() for row in of(one, values)]
  assert advice(folder(tmp_path, rows(CALM), rising)) == []
  (one,) = advice(folder(tmp_path, rows(CALM | {name: values}), rising))
  assert one.what.startswith(says) and one.do


def test_a_short_log_says_nothing(tmp_path):
  assert advice(folder(tmp_path, of('d/ranking', [1.] * 7))) == []


def test_a_player_that_never_moved_has_not_vanished(tmp_path):
  assert advice(folder(tmp_path, of('g/gradient_norm', [0.] * 40))) == []
