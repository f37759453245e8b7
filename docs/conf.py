"""The site: `make docs` builds it in docs/_build/html, every warning an error.

Pages are Markdown that reads as well where the repository is browsed; what differs is put right
here, when a page is read.
"""
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ['PYTHONPATH'] = str(HERE.parent)  # for the notebooks

import jaxgan

project, author, release = 'jaxgan', 'the jaxgan authors', jaxgan.__version__
extensions = ['myst_nb', 'sphinx.ext.autodoc', 'sphinx.ext.autosummary', 'sphinx.ext.napoleon',
              'sphinx.ext.viewcode', 'sphinxcontrib.mermaid']
exclude_patterns = ['_build', '_templates']
templates_path = ['_templates']
html_theme, html_title = 'furo', f'jaxgan {release}'
html_theme_options = {'navigation_with_keys': True}

nb_execution_mode = 'cache'  # those that have changed are run again
nb_execution_timeout, nb_execution_raise_on_error = 600, True
nb_execution_in_temp = True
myst_heading_anchors = 3
myst_fence_as_directive = ['mermaid']
autosummary_generate = True
autodoc_member_order = 'bysource'
autodoc_typehints = 'none'  # the signature of a network's fields is long enough
autodoc_default_options = {'members': True, 'undoc-members': False, 'show-inheritance': False}
suppress_warnings = ['ref.python']  # a word before a colon, which napoleon takes for a type
napoleon_google_docstring, napoleon_numpy_docstring, napoleon_use_rtype = True, False, False
default_role = 'code'
BORROWED = {'contributing': 'CONTRIBUTING.md', 'changes': 'CHANGELOG.md'}
SECTIONS = ('Args:', 'Returns:', 'Raises:', 'Example:')


def linked(app, name: str, source: list[str]) -> None:
  """Links to files of the repository, of which a site has pages, or none."""
  text = source[0]
  if name in BORROWED:
    text = (HERE.parent / BORROWED[name]).read_text()
    text = re.sub(r'\]\((?=jaxgan|experiments|tests)', '](../', text)
    text = re.sub(r'\]\(docs/', '](', text)
  text = re.sub(r'\]\(\.\./README\.md', '](index.md', text)
  text = re.sub(r'\]\(\.\./CONTRIBUTING\.md', '](contributing.md', text)
  text = re.sub(r'\]\(\.\./CHANGELOG\.md', '](changes.md', text)
  text = re.sub(r'\[([^\]]+)\]\(\.\./(jaxgan/[\w/]+)\.py\)', module_link, text)
  source[0] = re.sub(r'\[([^\]]+)\]\(\.\./[\w/]*[\w]/?\)', r'\1', text)  # a folder


def module_link(found: re.Match) -> str:
  title, path = found.groups()
  return f'<a href="api/{path.replace("/", ".")}.html">{title.replace("`", "")}</a>'


def plain(app, what: str, name: str, thing, options, lines: list[str]) -> None:
  """Docstrings are plain text: signs that mean something to Sphinx are escaped outside of
  `code`, and an indented block that is no section is shown as it stands."""
  found, section, code = [], False, False
  for i, line in enumerate(lines):
    indented = line.startswith(' ')
    section = line in SECTIONS or section and (indented or not line)
    after_text = bool(found) and not (lines[i - 1].strip() and lines[i - 1].startswith(' '))
    if indented and not section and after_text and not inside(found):
      found += ['', '::', '']
    literal = indented and (not section or '>>>' in line or '...' in line)
    found.append(line if literal else escaped(line, code))
    code = not literal and code != line.count('`') % 2
    if indented and not section and (i + 1 == len(lines) or not lines[i + 1].startswith(' ')):
      found.append('')
  lines[:] = found


def inside(found: list[str]) -> bool:
  """Whether the last lines are an indented block that a blank line interrupts."""
  before = [line for line in found if line.strip()]
  return bool(before) and before[-1].startswith(' ')


def escaped(line: str, code: bool) -> str:
  """A line of text; `code` says whether it begins within backticks."""
  parts = line.split('`')
  text = slice(int(code), None, 2)
  parts[text] = [re.sub(r'([*|\\]|_(?=\W|$))', r'\\\1', part) for part in parts[text]]
  line = '`'.join(parts)  # and nothing may touch a code's ends
  return re.sub(r'`[^`]+`', lambda found: (
      '\\ ' * bool(re.search(r'\w$', line[:found.start()])) + found.group()
      + '\\ ' * bool(re.match(r'\w', line[found.end():]))), line)


def setup(app) -> None:
  app.connect('source-read', linked)
  app.connect('autodoc-process-docstring', plain, priority=100)  # before napoleon
