"""What the documentation links to is there, and the commands that it gives are commands."""
import pathlib
import re
import shlex

import pytest

from jaxgan import command, flags

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *(ROOT / 'docs').glob('*.md')]
PROGRAM = re.compile(r'^(?:srun |\$ )?(?:python launch\.py|jaxgan)(?= |$)(.*)$')


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_every_link_of_ours_leads_somewhere(page):
  text = page.read_text()
  links = [link for link in re.findall(r'\]\(([^)\s]+)\)', text) if '://' not in link]

  for link in links:
    file, _, anchor = link.partition('#')
    target = page.parent / file if file else page
    assert target.exists(), link
    if anchor:
      titles = re.findall(r'^#+ (.*)$', target.read_text(), re.M)
      assert anchor in {re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-')
                        for title in titles}, link


def commands(page):
  """The command lines in a page's blocks of code, without comments, joined where they go on."""
  for block in re.findall(r'^```\w*\n(.*?)^```', page.read_text(), re.M | re.S):
    for line in re.sub(r'\\\n\s*', ' ', block).splitlines():
      if (found := PROGRAM.match(line.strip())):
        yield shlex.split(found.group(1), comments=True)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_every_command_can_be_read(page, tmp_path, monkeypatch):
  """Modes, experiments and flags are there; `mine` and the like are made before."""
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'experiments').mkdir()
  mine = (ROOT / 'experiments' / 'mnist_dcgan.py').read_text()
  for name in ('experiments/mine.py', 'my_own_file.py'):
    (tmp_path / name).write_text(mine)
  for argv in commands(page):
    flags.parse(['jaxgan', *argv])


def test_some_commands_are_found():
  found = {page.name: len(list(commands(page))) for page in PAGES}
  assert found['README.md'] > 3 and found['runs.md'] > 6 and found['start.md'] > 4


def test_the_first_pages_commands_do_what_they_say(tmp_path, monkeypatch, capsys):
  """README's and start's, in order, on a small experiment in the place of MNIST."""
  monkeypatch.chdir(tmp_path)
  small = ['digits', 'runs/mlp', '--width=4', '--batch=8', '--steps=2', '--eval_n=20']
  for page in ('README.md', 'docs/start.md'):
    for argv in commands(ROOT / page):
      if argv[:2] == ['train', 'mnist_mlp']:
        argv = ['train', *small, *(['--help'] if '--help' in argv else [])]
      elif argv[0] not in ('sample', 'report', 'eval'):
        continue
      if argv[0] == 'eval':
        argv += ['--n=20', '--eval_metrics=fd', '--extractor=rand-conv',
                 f'--cache_dir={tmp_path}']
      assert command.run(['jaxgan', *argv]) == 0, (argv, capsys.readouterr().err)
  names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob('*')}
  assert {'grid.png', 'runs/mlp/report.html', 'runs/mlp/samples/seeds/seed0006.png',
          'runs/mlp/evals.jsonl'} <= names
