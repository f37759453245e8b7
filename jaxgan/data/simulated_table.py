"""A table whose law is known, so that what a generator makes of it can be held against it."""
import functools

import numpy as np

from jaxgan.data import source, tables


def rows(n: int, seed: int) -> np.ndarray:
  """n rows of a known law, float32 [n, 6]: group, region, income, spending, score, label.

  group: one of three, the last in 1 % of rows; region: one of five, by the group. income has
  two modes, by the group; spending is nothing in a third, else log-normal about a share of
  income; score is linear in both, with noise; the label is drawn by score and region.
  """
  draw = np.random.default_rng(seed)
  group = draw.choice(3, n, p=[.64, .35, .01])
  by_group = np.array([[.4, .3, .15, .1, .05], [.05, .1, .15, .3, .4], [.2] * 5])
  region = (by_group[group].cumsum(1) < draw.uniform(size=(n, 1))).sum(1).clip(max=4)
  income = np.where(draw.uniform(size=n) < np.array([.8, .3, .5])[group],
                    draw.normal(-2, .5, n), draw.normal(2, .8, n))
  spending = np.where(draw.uniform(size=n) < 1 / 3, 0.,
                      np.exp(.25 * income + draw.normal(0, .5, n)))
  score = .5 * income - .6 * spending + .3 * region + draw.normal(0, .5, n)
  odds = 1 / (1 + np.exp(-2.5 * (score - .3 * (region == 2))))
  label = draw.uniform(size=n) < odds
  return np.stack([group, region, income, spending, score, label], 1).astype(np.float32)


@functools.cache
def schema() -> tables.Schema:
  names = ('group', 'region', 'income', 'spending', 'score', 'label')
  values = [('a', 'b', 'c'), ('north', 'east', 'south', 'west', 'centre'), (), (), (),
            ('no', 'yes')]
  some = rows(tables.FITTED, 2)
  return tables.Schema(tuple(
      tables.Column(name, kinds) if kinds else tables.of_numbers(name, some[:, i])
      for i, (name, kinds) in enumerate(zip(names, values))))


def load(n: int = 40_000, test: int = 10_000) -> source.Dataset:
  """The simulated table."""
  columns = schema()
  held_out = tables.dataset(columns, lambda data_dir: rows(test, 1),
                            f'simulated table of {test}, test')
  return tables.dataset(columns, lambda data_dir: rows(n, 0), f'simulated table of {n}',
                        test=held_out)
