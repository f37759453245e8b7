"""Who may import whom: each module only from those before it."""
import ast
import pathlib

ORDER = ['io',
         'types', 'rng axis', 'sharded parallel',
         'losses augment priors nets optimisers',
         'gan',
         'rules',
         'data',
         'metrics',
         'pages experiment',
         'run analysis',
         'modes api',
         'flags', 'completion', 'command', '__main__']
RANK = {name: i for i, names in enumerate(ORDER) for name in names.split()}
PACKAGE = pathlib.Path(__file__).parents[1] / 'jaxgan'


def imported(path):
  """The first names below jaxgan that a file imports."""
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.ImportFrom) and node.module == 'jaxgan':
      yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and (node.module or '').startswith('jaxgan.'):
      yield node.module.split('.')[1]
    elif isinstance(node, ast.Import):
      yield from (a.name.split('.')[1] for a in node.names if a.name.startswith('jaxgan.'))


def test_import_order():
  seen = set()
  for path in sorted(PACKAGE.rglob('*.py')):
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    if parts == ('__init__',):
      continue
    mine = parts[0]
    seen.add(mine)
    for other in imported(path):
      assert other == mine or RANK[other] < RANK[mine], f'{path} imports {other}'
  assert seen == set(RANK), 'the order names each module'


def test_nothing_imports_tensorflow():
  for path in PACKAGE.rglob('*.py'):
    for node in ast.walk(ast.parse(path.read_text())):
      names = [a.name for a in getattr(node, 'names', [])] if isinstance(
          node, ast.Import) else [getattr(node, 'module', '') or '']
      assert not {name.split('.')[0] for name in names} & {'tensorflow'}, path


def test_no_two_files_import_each_other():
  files = {'.'.join(path.relative_to(PACKAGE.parent).with_suffix('').parts): path
           for path in PACKAGE.rglob('*.py')}
  ties = {name: {f'{node.module}.{alias.name}' if f'{node.module}.{alias.name}' in files
                 else node.module for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.ImportFrom) and node.module for alias in node.names}
          & files.keys() for name, path in files.items()}
  seen = set()
  while ready := {name for name, others in ties.items() if name not in seen and others <= seen}:
    seen |= ready
  assert seen == files.keys(), f'in a circle: {sorted(files.keys() - seen)}'
