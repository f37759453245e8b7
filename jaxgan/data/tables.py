"""Tables: columns of numbers and of categories, and rows as networks see them.

A row is stored as float32 [F], categories by their number. Networks see it longer: a number as
how far it is from the middle of the mode that it belongs to, and which mode that is, one-hot
(mode-specific normalisation: Xu et al., 2019, arXiv:1907.00503, section 4.2); a category
one-hot.
"""
import csv
import dataclasses
import functools
import io
import json
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan.data import order, source
from jaxgan.io.errors import Failure
from jaxgan.types import Array, Batch

MODES = 10  # of a column of numbers, at most, beside single values
SINGLE = .05  # of the rows have a single value that is a mode by itself
LEAST = 1e-5  # of a column's largest deviation
SPREAD = 4.  # a mode's deviations that make 1
FITTED = 5000  # rows that modes are found in


class Column(NamedTuple):
  """A column: of categories, if it has values; else of numbers, with their modes."""
  name: str
  values: tuple[str, ...] = ()
  middles: tuple[float, ...] = ()
  deviations: tuple[float, ...] = ()
  shares: tuple[float, ...] = ()  # of the rows
  whole: bool = False  # numbers without a fraction

  @property
  def size(self) -> int:
    """How many numbers networks see of it."""
    return len(self.values) or 1 + len(self.middles)


@dataclasses.dataclass(frozen=True)
class Schema:
  """The columns of a table."""
  columns: tuple[Column, ...]

  @property
  def width(self) -> int:
    """Numbers in a row as networks see it."""
    return sum(column.size for column in self.columns)

  @property
  def blocks(self) -> tuple[tuple[bool, int], ...]:
    """Of each column: is it of numbers, and its `size`."""
    return tuple((not column.values, column.size) for column in self.columns)

  @property
  def starts(self) -> np.ndarray:
    """Where each column begins there."""
    return np.cumsum([0, *(column.size for column in self.columns)])[:-1]

  @property
  def chosen(self) -> list[int]:
    """The columns of categories."""
    return [i for i, column in enumerate(self.columns) if column.values]

  @property
  def categories(self) -> np.ndarray:
    """Where, in a row as networks see it, each category of each such column is: int [C]."""
    parts = [self.starts[i] + np.arange(len(self.columns[i].values)) for i in self.chosen]
    return np.concatenate(parts) if parts else np.zeros(0, int)

  def text(self) -> str:
    """As JSON, for `parsed`."""
    return json.dumps([[value for value in column] for column in self.columns])


def parsed(text: str) -> Schema:
  """A Schema of its `text`. Raises Failure."""
  try:
    made = [[tuple(value) if isinstance(value, list) else value for value in column]
            for column in json.loads(text)]
    return Schema(tuple(Column(*column) for column in made))
  except (ValueError, TypeError) as e:
    raise Failure(f'--schema is no schema of a table ({e}): leave it out')


def encoded(schema: Schema, rows: Array) -> Array:
  """Rows as stored [.., F] -> as networks see them [.., E]."""
  parts = []
  for column, x in zip(schema.columns, jnp.moveaxis(rows, -1, 0)):
    if column.values:
      parts.append(jax.nn.one_hot(x.astype(jnp.int32), len(column.values)))
      continue
    least = LEAST * max(column.deviations) or LEAST  # instead of none
    middles, deviations, shares = (
        jnp.array(values, jnp.float32).reshape(*[1] * x.ndim, -1)
        for values in (column.middles, np.maximum(column.deviations, least), column.shares))
    apart = (x[..., None] - middles) / deviations
    mode = jnp.argmax(jnp.log(shares) - jnp.log(deviations) - apart ** 2 / 2, -1)
    place = jnp.take_along_axis(apart, mode[..., None], -1) / SPREAD
    parts += [jnp.clip(place, -1, 1), jax.nn.one_hot(mode, len(column.middles))]
  return jnp.concatenate(parts, -1)


def decoded(schema: Schema, x: Array) -> Array:
  """Undoes `encoded`: of what networks make the likeliest mode and category count."""
  found = []
  for column, start in zip(schema.columns, schema.starts):
    part = x[..., start:start + column.size]
    if column.values:
      found.append(jnp.argmax(part, -1).astype(jnp.float32))
      continue
    mode = jnp.argmax(part[..., 1:], -1)
    middle, deviation = (jnp.array(values, jnp.float32)[mode] for values in (
        column.middles, column.deviations))
    number = middle + SPREAD * deviation * part[..., 0]
    found.append(jnp.round(number) if column.whole else number)
  return jnp.stack(found, -1)


def modes(values: np.ndarray) -> dict[str, tuple[float, ...]]:
  """The modes of a column of numbers: single values that many rows have, of no deviation, and
  of the rest a Gaussian mixture of as many as it takes."""
  some = values[order.permutation(len(values), 0, 90)[:FITTED]].astype(np.float64)
  kinds, counts = np.unique(some, return_counts=True)
  single = kinds[np.argsort(-counts, kind='stable')[:MODES // 2]]
  single = single[np.isin(single, kinds[counts >= SINGLE * len(some)])]
  rest = some[~np.isin(some, single)]
  middles, deviations, shares = [single], [np.zeros(len(single))], [
      np.array([(some == value).mean() for value in single])]
  if len(rest):
    middle, deviation, share = mixture(rest)
    middles.append(middle)
    deviations.append(deviation)
    shares.append(share * len(rest) / len(some))
  told = lambda parts: tuple(float(f'{value:.7g}') for value in np.concatenate(parts))
  return {'middles': told(middles), 'deviations': told(deviations), 'shares': told(shares)}


def mixture(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Middles, deviations and shares of Gaussians, as many as it takes."""
  import warnings

  from sklearn.mixture import BayesianGaussianMixture
  middle, unit = values.mean(), values.std() or 1.
  found = BayesianGaussianMixture(
      n_components=min(MODES, len(np.unique(values))), weight_concentration_prior=1e-3,
      max_iter=100, random_state=0, reg_covar=1e-6)
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')  # that it might go on
    found.fit((values[:, None] - middle) / unit)
  kept = found.weights_ > .005
  deviations = np.sqrt(found.covariances_.ravel()) * unit
  return ((found.means_[:, 0] * unit + middle)[kept], deviations[kept],
          found.weights_[kept] / found.weights_[kept].sum())


def of_numbers(name: str, values: np.ndarray) -> Column:
  return Column(name, whole=bool((values == np.round(values)).all()), **modes(values))


@dataclasses.dataclass(frozen=True)
class Rows:
  """A source of rows. c is a category that the row has, of a column drawn by its place in the
  data; in training (`drawn`) column and category are drawn first, the category by the
  logarithm of its frequency, so that rare ones are seen, and then a row that has it (Xu et al.,
  2019, section 4.3)."""
  rows: np.ndarray  # float32 [N, F]
  schema: Schema

  def __post_init__(self):
    source.check_finite(Batch(self.rows), np.arange(len(self.rows)))

  def __len__(self) -> int:
    return len(self.rows)

  @property
  def classes(self) -> int | None:
    return len(self.schema.categories) or None

  @property
  def class_names(self) -> tuple[str, ...]:
    """What --label may name: 'group=a'."""
    columns = [self.schema.columns[i] for i in self.schema.chosen]
    return tuple(f'{column.name}={value}' for column in columns for value in column.values)

  @property
  def known(self) -> dict:
    return source.identity(source.Arrays(Batch(self.rows)))

  @functools.cached_property
  def members(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of each column of categories: its rows by category, how many have each, and the
    cumulated shares of their logarithms."""
    found = []
    for i in self.schema.chosen:
      category = self.rows[:, i].astype(int)
      counts = np.bincount(category, minlength=len(self.schema.columns[i].values))
      weights = np.log1p(counts)
      found.append((np.argsort(category, kind='stable'), counts,
                    np.cumsum(weights) / weights.sum()))
    return found

  @functools.cached_property
  def offsets(self) -> np.ndarray:
    """The number of each column's first category among all."""
    return np.cumsum([0, *(len(self.schema.columns[i].values) for i in self.schema.chosen)])

  def __getitem__(self, ids: np.ndarray) -> Batch:
    x = self.rows[ids]
    if not self.schema.chosen:
      return Batch(x)
    which = (order.words(ids, 0, 91)[..., 0] % len(self.schema.chosen)).astype(int)
    category = np.take_along_axis(x, np.array(self.schema.chosen)[which][..., None], -1)[..., 0]
    return Batch(x, (self.offsets[which] + category).astype(np.int32))

  def drawn(self, ids: np.ndarray, at: np.ndarray, seed: int) -> Batch:
    if not self.schema.chosen:
      return self[ids]
    words = order.words(at, seed, 92)
    which = (words[..., 0] % len(self.schema.chosen)).astype(int)
    share = (words[..., 1] >> np.uint64(11)).astype(float) * 2.**-53
    rows, c = np.zeros(which.shape, int), np.zeros(which.shape, np.int32)
    for i, (sorted_, counts, cumulated) in enumerate(self.members):
      here = which == i
      category = np.searchsorted(cumulated, share[here], 'right').clip(max=len(counts) - 1)
      first = np.cumsum(counts)[category] - counts[category]
      member = words[here, 2] % counts[category].astype(np.uint64)
      rows[here] = sorted_[first + member.astype(int)]
      c[here] = self.offsets[i] + category
    return Batch(self.rows[rows], c)


def dataset(schema: Schema, load, name: str, test: source.Dataset | None = None
            ) -> source.Dataset:
  """A data set of rows: load(data_dir) -> float32 [N, F]."""
  c = jax.ShapeDtypeStruct((), np.int32) if schema.chosen else None
  spec = Batch(jax.ShapeDtypeStruct((len(schema.columns),), np.float32), c)
  decode = lambda batch: Batch(jax.tree.map(lambda x: encoded(schema, x), batch.x), batch.c)
  return source.Dataset(
      describe=lambda data_dir: spec, load=lambda data_dir: Rows(load(data_dir), schema),
      decode=decode, encode=lambda x: decoded(schema, x), name=name, test=test, unit='rows',
      write=lambda row: ('.csv', written(schema, row[None])), extractor=None)


def written(schema: Schema, rows: np.ndarray) -> bytes:
  """Rows [N, F] as a CSV file, with the columns' names."""
  file = io.StringIO()
  out = csv.writer(file, lineterminator='\n')
  out.writerow([column.name for column in schema.columns])
  for row in rows:
    out.writerow([column.values[int(value)] if column.values else
                  int(value) if column.whole else f'{value:.7g}'
                  for column, value in zip(schema.columns, row)])
  return file.getvalue().encode()
