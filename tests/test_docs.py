"""What the documentation links to is there."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *(ROOT / 'docs').glob('*.md')]


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
