"""Arrays that are no images as pictures: signals, films, fields, tokens, tables.

Each gives one picture uint8 [H, W, 3], of the first examples of an array [N, ..].
"""
import colorsys

import numpy as np

from jaxgan.io import pictures

INK = np.array([(31, 90, 180), (200, 80, 30), (40, 140, 70), (130, 60, 150)], np.uint8)
WHITE, GREY = 255, 200
PANEL = 48, 160  # pixels of a signal
BINS, BAR = 24, 4  # of a histogram, and pixels of a bin


def signals(x: np.ndarray) -> np.ndarray:
  """Signals [N, T] or [N, T, C], on one scale: a panel each, a colour a channel. Of many
  samples in a column of pixels the least and the largest are joined, as sound editors do."""
  x = x.reshape(*x.shape[:2], -1)[:32].astype(np.float64)
  if x.shape[1] <= PANEL[1]:  # lines from sample to sample
    x = stretched(x, PANEL[1] + 1)
  low, high = x.min(), x.max()
  height, width = PANEL
  rows = (1 - (x - low) / max(high - low, 1e-12)) * (height - 1)
  edges = np.linspace(0, x.shape[1] - 1, width + 1).round().astype(int)
  panels = np.full((len(x), height, width, 3), WHITE, np.uint8)
  at = np.arange(height)[None, :, None]
  for j, (start, end) in enumerate(zip(edges, edges[1:])):
    span = rows[:, start:end + 1]  # the next one's first too: lines are joined
    inside = (at >= np.floor(span.min(1))[:, None]) & (at <= np.ceil(span.max(1))[:, None])
    for channel in range(x.shape[2]):
      panels[:, :, j][inside[..., channel]] = INK[channel % len(INK)]
  return pictures.grid(panels, columns=min(4, len(x)))


def stretched(x: np.ndarray, length: int) -> np.ndarray:
  """x [N, T, C] -> [N, length, C], linear between samples."""
  at = np.linspace(0, x.shape[1] - 1, length)
  before = np.floor(at).astype(int)
  after, share = np.minimum(before + 1, x.shape[1] - 1), (at - before)[:, None]
  return (1 - share) * x[:, before] + share * x[:, after]


def films(x: np.ndarray) -> np.ndarray:
  """Films uint8 [N, T, H, W, C]: a row each, of eight frames at most."""
  n, frames = min(len(x), 8), min(x.shape[1], 8)
  chosen = np.linspace(0, x.shape[1] - 1, frames).round().astype(int)
  return pictures.grid(x[:n, chosen].reshape(-1, *x.shape[2:]), columns=frames)


def fields(x: np.ndarray) -> np.ndarray:
  """Fields of floats [N, H, W] or [N, H, W, C]: red above 0, blue below, on one scale; three
  channels as colours from the least to the largest."""
  x = x.reshape(*x.shape[:3], -1)[:64].astype(np.float64)
  if x.shape[3] == 3:
    low, high = x.min(), x.max()
    return pictures.grid((255 * (x - low) / max(high - low, 1e-12)).round().astype(np.uint8))
  x = np.moveaxis(x, 3, 2).reshape(*x.shape[:2], -1)  # channels side by side
  level = x / max(np.abs(x).max(), 1e-12)
  less = np.stack([1 - np.maximum(-level, 0), 1 - np.abs(level), 1 - np.maximum(level, 0)], -1)
  return pictures.grid((255 * less).round().astype(np.uint8))


def tokens(x: np.ndarray) -> np.ndarray:
  """Token ids, int [N, L]: a row each, a colour an id; 0 is white."""
  x, size = x[:32], 8
  ids, place = np.unique(x, return_inverse=True)
  shades = [colorsys.hsv_to_rgb((.618 * int(i)) % 1, .6, .9) for i in ids]  # near ids differ
  colours = np.where(ids[:, None] == 0, WHITE, np.array(shades) * 255).astype(np.uint8)
  tiles = colours[place.reshape(x.shape)]
  return tiles.repeat(size, 0).repeat(size, 1)


def tables(x: np.ndarray, real: np.ndarray | None = None) -> np.ndarray:
  """The columns of a table [N, F], up to 64: a histogram each, over that of real rows in grey,
  if they are given."""
  x = x[:, :64].astype(np.float64)
  real = x[:0] if real is None else real[:, :64].astype(np.float64)
  panels = []
  for column, known in zip(x.T, real.T):
    of = known if len(known) else column
    low, high = of.min(), of.max()
    count = lambda a, low=low, high=high + (high == low): np.histogram(
        np.clip(a, low, high), BINS, (low, high))[0] / max(len(a), 1)
    shares = count(known), count(column)
    most = max(1e-12, *(share.max() for share in shares))
    panels.append(bars(*(share / most for share in shares)))
  return pictures.grid(np.stack(panels))


def bars(behind: np.ndarray, before: np.ndarray) -> np.ndarray:
  """Bars from 0 to 1 in grey, and the tops of others over them, uint8 [H, W, 3]."""
  height, width = PANEL[0], BINS * BAR
  panel = np.full((height, width, 3), WHITE, np.uint8)
  from_below = (height - np.arange(height))[:, None] / height
  panel[from_below <= behind.repeat(BAR)] = GREY
  top = np.round((1 - before) * (height - 1)).astype(int).repeat(BAR)
  for j, (row, last) in enumerate(zip(top, np.append(top[:1], top[:-1]))):
    panel[min(row, last):max(row, last) + 1, j] = INK[0]
  return panel
