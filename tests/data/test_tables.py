"""Tables: what columns are, rows as networks see them, which rows training draws."""
import numpy as np
import pytest

from jaxgan.data import csv_tables, order, simulated_table, source, tables
from jaxgan.io.errors import Failure

SCHEMA = simulated_table.schema()
ROWS = simulated_table.rows(4000, 0)


def test_rows_come_back():
  """But for numbers beyond four deviations of their mode, which are rare."""
  found = np.asarray(tables.decoded(SCHEMA, tables.encoded(SCHEMA, ROWS)))
  off = np.abs(found - ROWS)
  assert (off[:, [0, 1, 5]] == 0).all() and (off > 1e-4).mean() < 1e-3


def test_rows_as_networks_see_them():
  """A number from -1 to 1 and its mode one-hot; a category one-hot; in the columns' order."""
  seen = np.asarray(tables.encoded(SCHEMA, ROWS))
  assert seen.shape == (4000, SCHEMA.width) and np.abs(seen).max() <= 1
  for (number, size), start in zip(SCHEMA.blocks, SCHEMA.starts):
    part = seen[:, start + number:start + size]
    assert (part.sum(1) == 1).all() and set(np.unique(part)) <= {0, 1}
  np.testing.assert_array_equal(seen[:, :3].argmax(1), ROWS[:, 0])
  np.testing.assert_array_equal(SCHEMA.categories, [
      *range(8), SCHEMA.width - 2, SCHEMA.width - 1])


def test_modes_of_a_column():
  """Two well apart, and nothing in a third of the rows."""
  draw = np.random.default_rng(0)
  values = np.concatenate([np.zeros(1000), draw.normal(10, 1, 1000), draw.normal(-5, .5, 1000)])
  found = tables.of_numbers('x', values)
  for middle in (0, 10, -5):
    near = [share for at, share in zip(found.middles, found.shares) if abs(at - middle) < 2]
    assert abs(sum(near) - 1 / 3) < .02
  assert not found.whole and tables.of_numbers('x', np.round(values)).whole
  constant = tables.of_numbers('x', np.full(50, 3.))
  assert constant.middles == (3.,) and constant.deviations == (0.,)


def test_a_single_value_comes_back_as_it_is():
  """Whatever a network says of how far it is from the middle."""
  values = np.concatenate([np.zeros(500), np.random.default_rng(0).normal(.1, .2, 1000)])
  schema = tables.Schema((tables.of_numbers('x', values),))
  assert schema.columns[0].middles[0] == 0 == schema.columns[0].deviations[0]
  seen = np.array(tables.encoded(schema, values[:, None].astype(np.float32)))
  assert (seen[:500, 1] == 1).all() and (seen[500:, 1] == 0).mean() > .99  # none is so near
  seen[:500, 0] = np.linspace(-1, 1, 500)
  assert (np.asarray(tables.decoded(schema, seen))[:500] == 0).all()


def test_a_schema_is_text():
  assert tables.parsed(SCHEMA.text()) == SCHEMA
  for text in ('{', '[[1, 2, 3, 4, 5, 6, 7, 8]]', '7'):
    with pytest.raises(Failure, match='--schema is no schema'):
      tables.parsed(text)


def test_training_sees_rare_categories_and_rows_that_have_them():
  rows = tables.Rows(ROWS, SCHEMA)
  at = np.arange(30_000)
  batch = rows.drawn(at % 4000, at, 5)
  place = np.searchsorted(rows.offsets, batch.c, 'right') - 1
  column = np.array(SCHEMA.chosen)[place]
  np.testing.assert_array_equal(batch.x[at, column], batch.c - rows.offsets[place])
  np.testing.assert_allclose(np.bincount(place) / 30_000, 1 / 3, atol=.01)
  counts = np.bincount(ROWS[:, 0].astype(int))
  weights = np.log1p(counts)
  np.testing.assert_allclose(np.bincount(batch.c)[:3] / (place == 0).sum(),
                             weights / weights.sum(), atol=.02)
  own = np.unique(batch.x[batch.c == 2], axis=0)  # all the rows of the rarest come
  assert len(own) == counts[2]


def test_which_is_drawn_is_told_by_seed_and_place_alone():
  rows, at = tables.Rows(ROWS, SCHEMA), np.arange(1000, 1500)
  whole = rows.drawn(at % 4000, at, 5)
  for part in (at[100:200], at[::7], at[::-1], at[[3]]):
    some = rows.drawn(part % 4000, part, 5)
    np.testing.assert_array_equal(some.x, whole.x[part - 1000])
    np.testing.assert_array_equal(some.c, whole.c[part - 1000])
  assert (rows.drawn(at % 4000, at, 6).c != whole.c).any()


def test_samples_are_asked_for_by_the_categories_own_frequencies():
  rows = tables.Rows(ROWS, SCHEMA)
  batch = rows[np.arange(4000)]
  np.testing.assert_array_equal(batch.x, ROWS)
  share = np.bincount(batch.c, minlength=10)[:3] / (batch.c < 3).sum()
  np.testing.assert_allclose(share, np.bincount(ROWS[:, 0].astype(int)) / 4000, atol=.03)
  assert rows.class_names[2] == 'group=c' and rows.classes == len(rows.class_names) == 10
  assert source.is_labels(batch.c)


def test_words_of_places():
  """The same however many are asked for, near or far apart."""
  at = np.array([[5, 6, 9], [10, 7, 8]])
  found = order.words(at, 3, 1)
  assert found.shape == (2, 3, 4) and found.dtype == np.uint64
  for i, place in np.ndenumerate(at):
    np.testing.assert_array_equal(order.words(np.array([place, 10**12]), 3, 1)[0], found[i])
  assert len(np.unique(order.words(np.arange(1000), 3, 1))) == 4000
  assert (order.words(at, 4, 1) != found).all() and (order.words(at, 3, 2) != found).all()
  assert order.words(np.zeros(0, int), 0, 0).shape == (0, 4)


COLOURS = '"blue, light"', 'red', 'red'
TEXT = 'size,colour,count,when\n' + ''.join(
    f'{i / 7:.3f},{COLOURS[i % 3]},{i % 4},{100 + i}\n' for i in range(60))


@pytest.fixture
def file(tmp_path):
  (tmp_path / 'a.csv').write_text(TEXT)
  return tmp_path / 'a.csv'


def test_a_csv_file(file, capsys):
  schema = csv_tables.inferred(file)
  assert [bool(column.values) for column in schema.columns] == [False, True, True, False]
  assert schema.columns[1].values == ('blue, light', 'red')
  assert schema.columns[3].whole and not schema.columns[0].whole
  said = capsys.readouterr().out
  assert '60 rows; size (numbers of' in said and 'colour (2 categories)' in said
  rows = csv_tables.rows(file, schema)
  assert rows.shape == (60, 4) and rows[0].tolist() == [0, 0, 0, 100]
  assert tables.written(schema, rows).decode().splitlines()[1] == '0,"blue, light",0,100'
  data = csv_tables.of_file(schema)
  train, test = (one.load(str(file)).rows for one in (data, data.test))
  assert len(train) == 54 and len(test) == 6
  both = {tuple(row) for row in np.concatenate([train, test])}
  assert both == {tuple(row) for row in rows}


@pytest.mark.parametrize('text, says', [
    ('a,b\n1,2\n', 'has 1 rows'), ('', 'has 0 rows'),
    ('a,a\n1,2\n3,4\n', "two columns 'a'"),
    ('a,b\n1,2\n3\n', 'line 3: 1 fields, and there are 2'),
    ('a,b\n' + ''.join(f'{i},{"x" if i == 40 else i}\n' for i in range(50)),
     "column 'b' has 50 different texts .*'x' is none")])
def test_csv_files_that_will_not_do(tmp_path, text, says):
  (tmp_path / 'a.csv').write_text(text)
  with pytest.raises(Failure, match=says):
    csv_tables.inferred(tmp_path / 'a.csv')
  with pytest.raises(Failure, match='No such file'):
    csv_tables.inferred(tmp_path / 'b.csv')


def test_another_file_than_the_runs(file, tmp_path):
  schema = csv_tables.inferred(file)
  (tmp_path / 'b.csv').write_text(TEXT.replace('red', 'green'))
  with pytest.raises(Failure, match="'green', which is none of its categories"):
    csv_tables.rows(tmp_path / 'b.csv', schema)
  (tmp_path / 'b.csv').write_text(TEXT.replace('size', 'length'))
  with pytest.raises(Failure, match='has the columns length'):
    csv_tables.rows(tmp_path / 'b.csv', schema)
  (tmp_path / 'b.csv').write_text(TEXT.replace('0.143', 'small'))
  with pytest.raises(Failure, match="'size' is not all of numbers"):
    csv_tables.rows(tmp_path / 'b.csv', schema)


def test_a_run_of_a_file_needs_it():
  with pytest.raises(Failure, match='give it, --data_dir=FILE.csv'):
    csv_tables.of_file(SCHEMA).load(None)


def test_a_file_of_any_name_is_read_and_a_folder_is_one_of_data_sets(tmp_path, file):
  """No path is passed over in silence."""
  from jaxgan import experiment
  other = file.rename(tmp_path / 'a.txt')
  knobs = experiment.knobs('table_ctgan')
  chosen = lambda path: experiment.chosen('table_ctgan', knobs, path)['schema']
  assert tables.parsed(chosen(str(other))).columns[0].name == 'size'
  assert chosen(None) == chosen(str(tmp_path)) == ''
  with pytest.raises(Failure, match='No such file'):
    chosen(str(tmp_path / 'misspelt.csv'))
