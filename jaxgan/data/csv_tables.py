"""CSV files as tables: which columns are of numbers and which of categories is inferred."""
import csv
import pathlib
from collections.abc import Sequence

import numpy as np

from jaxgan.data import order, source, tables
from jaxgan.io.console import say
from jaxgan.io.errors import Failure

FEW = 20  # different numbers up to which a column is one of categories


def read(path: str | pathlib.Path | None) -> tuple[list[str], list[list[str]]]:
  """(names, columns of texts) of a CSV file. Raises Failure."""
  if not path:
    raise Failure("this run is of a CSV file: give it, --data_dir=FILE.csv")
  try:
    with pathlib.Path(path).expanduser().open(newline='', encoding='utf-8-sig') as file:
      reader = csv.reader(file)
      lines = [(reader.line_num, line) for line in reader if line]
  except (OSError, UnicodeDecodeError, csv.Error) as e:
    raise Failure(f'--data_dir={path} cannot be read as CSV '
                  f'({getattr(e, "strerror", None) or e}): give a file with a line of names')
  if len(lines) < 3:
    raise Failure(f'--data_dir={path} has {max(len(lines) - 1, 0)} rows below its line of '
                  'names: a table needs two at least')
  (_, names), *rows = lines
  if len(set(names)) < len(names):
    twice = next(name for name in names if names.count(name) > 1)
    raise Failure(f'--data_dir={path} has two columns {twice!r}: rename one')
  for i, row in rows:
    if len(row) != len(names):
      raise Failure(f'--data_dir={path}, line {i}: {len(row)} fields, and there are '
                    f'{len(names)} columns: mend it')
  return names, [list(column) for column in zip(*(row for _, row in rows))]


def numbers(texts: Sequence[str]) -> np.ndarray | None:
  """A column as float64 [N]; None if it is not all of finite numbers."""
  try:
    found = np.array(texts, np.float64)
  except ValueError:
    return None
  return found if np.isfinite(found).all() else None


def inferred(path: str | pathlib.Path) -> tables.Schema:
  """The columns of a CSV file: numbers, where there are more than a few different ones;
  else categories. Says which. Raises Failure."""
  names, columns = read(path)
  found = []
  for name, texts in zip(names, columns):
    values = numbers(texts)
    if values is not None and len(np.unique(values)) > FEW:
      found.append(tables.of_numbers(name, values))
      continue
    kinds = sorted(set(texts))
    if len(kinds) > max(FEW, len(texts) // 10):
      wrong = next((text for text in texts if numbers([text]) is None), texts[0])
      raise Failure(f'--data_dir={path}: column {name!r} has {len(kinds)} different texts in '
                    f'{len(texts)} rows: neither numbers ({wrong!r} is none) nor '
                    'categories; take it out, or mend it')
    found.append(tables.Column(name, tuple(kinds)))
  schema = tables.Schema(tuple(found))
  say(f'{path}: {len(columns[0]):,} rows; ' + ', '.join(
      f'{column.name} ({len(column.values)} categories)' if column.values else
      f'{column.name} (numbers of {len(column.middles)} modes)' for column in found))
  return schema


def rows(path: str | pathlib.Path, schema: tables.Schema) -> np.ndarray:
  """The rows of a CSV file, float32 [N, F]. Raises Failure for what the schema has not."""
  names, columns = read(path)
  if names != [column.name for column in schema.columns]:
    raise Failure(f'--data_dir={path} has the columns {", ".join(names)}, and the run '
                  f'{", ".join(column.name for column in schema.columns)}: give its own file')
  found = []
  for column, texts in zip(schema.columns, columns):
    if column.values:
      number = {value: i for i, value in enumerate(column.values)}
      new = next((text for text in texts if text not in number), None)
      if new is not None:
        raise Failure(f'--data_dir={path}: column {column.name!r} has {new!r}, which is none '
                      f'of its categories {", ".join(column.values[:10])}')
      found.append([number[text] for text in texts])
    else:
      values = numbers(texts)
      if values is None:
        raise Failure(f'--data_dir={path}: column {column.name!r} is not all of numbers')
      found.append(values)
  return np.array(found, np.float32).T


def of_file(schema: tables.Schema) -> source.Dataset:
  """The rows of the CSV file --data_dir, a tenth of which is held out."""
  def part(test):
    def load(data_dir):
      every = rows(data_dir, schema)
      shuffled = order.permutation(len(every), 0, 93)
      cut = max(1, len(every) // 10)
      return every[np.sort(shuffled[:cut] if test else shuffled[cut:])]
    return load
  return tables.dataset(schema, part(False), 'table',
                        test=tables.dataset(schema, part(True), 'table, held out'))
