"""What is printed while a run trains: columns, scores beside the last, a terminal's block."""
import os
import pty
import subprocess
import sys

import pytest

from jaxgan.run import display
from jaxgan.run.display import Pace

TERMS = {'d/real': .5, 'd/skipped': 0., 'd/skipped_in_a_row': 0., 'g/adversarial': 1.25}


def test_columns_stand_under_their_heads(capsys):
  show = display.Lines(12_000)
  show.terms(100, TERMS, Pace('clips', 1234.5, 3725.))
  show.terms(11_000, TERMS | {'d/real': -1.23e-7}, Pace('clips', 2., 1.))
  roles, head, first, second = capsys.readouterr().out.splitlines()
  assert head.split() == ['step', 'real', 'adversarial', 'clips/s', 'left']
  assert first.split() == ['100', '0.5', '1.25', '1,234', '1:02:05']
  assert second.split() == ['11,000', '-1.23e-07', '1.25', '2', '0:00:01']
  assert len(head) == len(first) == len(second)
  ends = lambda line, word: line.index(word) + len(word)
  assert ends(roles, 'D') == ends(head, 'real') == ends(first, '0.5')
  assert ends(roles, 'G') == ends(head, 'adversarial') == ends(first, '1.25')


def test_a_head_stands_over_other_columns_and_now_and_then(capsys):
  show = display.Lines(100)
  for step in range(display.HEADS + 1):
    show.terms(step, TERMS, None)
  assert capsys.readouterr().out.count('step') == 2
  show.terms(50, TERMS | {'g/cycle': 1.}, None)
  assert 'cycle' in capsys.readouterr().out


def test_updates_left_out_are_said_once(capsys):
  show = display.Lines(100)
  for step, count in ((1, 0.), (2, 3.), (3, 3.), (4, 5.)):
    show.terms(step, TERMS | {'d/skipped': count}, None)
  lines = [line for line in capsys.readouterr().out.splitlines() if 'left out' in line]
  assert lines == [f'step {step}: updates left out so far, not being finite: {n} of D'
                   for step, n in ((2, 3), (4, 5))]


@pytest.mark.parametrize('quiet', [False, True])
def test_scores_of_every_run_beside_the_last(capsys, quiet):
  show = display.display(100, 0, quiet)
  show.terms(10, TERMS, None)
  show.scores(10, {'fd@1k': 5.}, {'fd@1k': .25}, 'seed0')
  show.scores(10, {'fd@1k': 7.}, {}, 'seed1')
  show.scores(20, {'fd@1k': 4.}, {'fd@1k': .25}, 'seed0')
  found = [line for line in capsys.readouterr().out.splitlines() if 'fd@1k' in line]
  assert found == ['step 10  seed0  fd@1k 5 (real examples 0.25)', 'step 10  seed1  fd@1k 7',
                   'step 20  seed0  fd@1k 4 (before 5, real examples 0.25)']
  show.terms(30, TERMS, None)
  assert bool(capsys.readouterr().out) is not quiet


BLOCK = '''
from jaxgan.io import console
from jaxgan.run import display
show = display.display(200, 0)
show.terms(100, {'d/real': .5, 'g/x': 2.}, display.Pace('images', 50., 61.))
show.scores(100, {'fd@1k': 5.}, {}, '')
print('a line of others')
with console.progress(10, 'image') as tick:
  tick(5)
show.progress(100)
show.live.refresh()
show.close()
'''


def test_a_block_on_a_terminal(tmp_path):
  """It shows all, lets others print above it, and a bar of theirs within it."""
  reading, writing = pty.openpty()
  child = subprocess.Popen([sys.executable, '-c', BLOCK], stdout=writing,
                           env=os.environ | {'TERM': 'xterm', 'COLUMNS': '120', 'LINES': '40'})
  os.close(writing)
  out = b''
  while True:
    try:
      out += os.read(reading, 65536)
    except OSError:  # the other end is closed
      break
  assert child.wait() == 0
  text = out.decode()
  for said in ('a line of others', 'real 0.5', 'fd@1k 5', '50 images/s', '0:01:01 left', 'GB'):
    assert said in text, said
  assert '100/200' in text.split('a line of others')[-1]
