"""Frames and larger pixels: what networks see, and what is stored and shown."""
import numpy as np

from jaxgan.data import sizes, source
from jaxgan.types import Batch

X = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 1), dtype=np.uint8)
DATA = source.arrays(Batch(X))


def test_a_frame_is_black_and_comes_off_again():
  data = sizes.framed(DATA, 2)
  x = data.decode(Batch(X[None])).x[0]
  assert x.shape == (3, 8, 8, 1) and (x[:, :2] == -1).all() and (x[:, :, -2:] == -1).all()
  np.testing.assert_allclose(x[:, 2:6, 2:6], X / 127.5 - 1, atol=1e-6)
  np.testing.assert_array_equal(data.encode(x), X)


def test_larger_pixels_are_means_and_shown_as_large():
  data = sizes.shrunk(DATA, 2)
  x = data.decode(Batch(X)).x
  np.testing.assert_allclose(x[1, 0, 1, 0], X[1, :2, 2:].mean() / 127.5 - 1, atol=1e-6)
  shown = data.encode(x)
  assert shown.shape == X.shape and (shown[:, :2, :2] == shown[:, :1, :1]).all()
  np.testing.assert_allclose(data.pixels(x)[:, ::2, ::2], (x + 1) * 127.5, rtol=1e-5, atol=1e-4)


def test_both():
  data = sizes.shrunk(sizes.framed(DATA, 2), 4)
  assert data.decode(Batch(X)).x.shape == (3, 2, 2, 1)
  assert data.encode(data.decode(Batch(X)).x).shape == X.shape
  assert data.decode(Batch(None)).x is None
