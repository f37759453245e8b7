"""The pipeline against NVIDIA's program, and its probabilities.

data_files/ada.npz: an image, maps, and what augment.py of NVlabs/stylegan2-ada-pytorch
(commit of 2021, PyTorch 2.13) makes of it by these maps (its debug_percentile).
"""
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from jaxgan import rng
from jaxgan.augment import ada

FILE = np.load(pathlib.Path(__file__).parents[1] / 'data_files' / 'ada.npz')
IMAGE, KEYS = FILE['image'], rng.per_example(rng.root(0), np.arange(2000))


@pytest.mark.parametrize('case', range(8))
def test_geometry_is_nvidias(case):
  found = ada.warped(IMAGE, FILE['maps'][case])
  np.testing.assert_allclose(found, FILE['warped'][case], atol=2e-4)


def test_colours_are_nvidias():
  for C, expected in zip(FILE['colour_maps'], FILE['recoloured']):
    np.testing.assert_allclose(ada.recoloured(IMAGE, C), expected, atol=1e-5)
  found = ada.recoloured(IMAGE[..., :1], FILE['colour_maps'][2])
  np.testing.assert_allclose(found, FILE['grey'], atol=1e-5)


@pytest.mark.parametrize('channels', [1, 3])
def test_nothing_happens_at_probability_zero(channels):
  x = jnp.tile(IMAGE[None, ..., :channels], (4, 1, 1, 1))
  np.testing.assert_allclose(ada.bgc(KEYS[:4], x, 0.), x, atol=1e-5)
  assert abs(ada.bgc(KEYS[:4], x, 1.) - x).max((1, 2, 3)).min() > .1


def test_maps_far_out_are_mirrored_back_and_finite():
  G = jnp.array([[9., 0, 40], [0, 9, 0], [0, 0, 1]])
  found = ada.warped(IMAGE, G)
  assert np.isfinite(found).all() and abs(found).max() < 3


def maps(f, p, *args):
  return np.asarray(jax.jit(jax.vmap(lambda key: f(key, p, *args)))(KEYS))


def test_each_transformation_has_the_probability():
  """A share of (1 - p)^n images is untouched by n of them; half of what flips is no flip."""
  p = .2
  G, C = maps(ada.geometry, p, (16, 16, 3)), maps(ada.colours, p, 3)
  still = (abs(G - np.eye(3)).max((1, 2)) < 1e-6).mean()
  # flip changes half the time, turns 3/4, blit 15/16 (else it rounds to 0); rotations as one
  expected = (1 - p / 2) * (1 - 3 * p / 4) * (1 - p * 15 / 16) * (1 - p) ** 4
  assert abs(still - expected) < .03
  still = (abs(C - np.eye(4)).max((1, 2)) < 1e-6).mean()
  assert abs(still - (1 - p / 2) * (1 - p) ** 4) < .04


def test_parameters_are_spread_as_the_paper_says():
  G, C = maps(ada.geometry, 1., (16, 32, 3)), maps(ada.colours, 1., 3)
  area = np.log2(np.linalg.det(G[:, :2, :2]) ** 2) / 2
  np.testing.assert_allclose(area.std(), 2 * .2, rtol=.1)
  assert 0 < (np.linalg.det(G[:, :2, :2]) < 0).mean() - .45 < .1, 'half are mirrored'
  grey = C[:, :3, :3].sum((1, 2)) / 3
  np.testing.assert_allclose(np.log2(abs(grey)).std(), .5, rtol=.1)
  assert abs((grey < 0).mean() - .5) < .05, 'half have their luma flipped'
  turn = C[:, :3, :3] @ np.array([1, -1, 0])
  np.testing.assert_allclose(np.log2(np.linalg.norm(turn, axis=1) / np.sqrt(2)).std(),
                             np.hypot(1, .5), rtol=.1)


@pytest.mark.slow
def test_differentiable_twice():
  """As R1 needs it: the slope of D through the pipeline, in D."""
  x = jnp.asarray(IMAGE)
  check_grads(lambda x: ada.warped(x, FILE['maps'][5]).sum(2), (x,), 1, ['rev'], rtol=.01)
  slope = lambda w: (jax.grad(lambda x: jnp.tanh(
      w * ada.bgc(KEYS[:1], x[None], 1.)).sum())(x) ** 2).sum()
  check_grads(slope, (.3,), 1, ['rev'], rtol=.02, eps=1e-2)


def test_cutout_takes_a_quarter_and_comes_with_its_probability():
  x = jnp.ones((2000, 16, 16, 1))
  cut = jax.vmap(ada.cut, (0, None, 0))(KEYS, .3, x)
  holes = (cut == 0).sum((1, 2, 3))
  np.testing.assert_allclose((holes > 0).mean(), .3, atol=.03)
  assert holes.max() == 64
  np.testing.assert_array_equal(jax.vmap(ada.cut, (0, None, 0))(KEYS, 0., x), x)


@pytest.mark.slow
def test_colours_can_be_rarer_than_geometry():
  """With colour=0 a grey image stays one value, whatever its geometry."""
  x = jnp.full((40, 8, 8, 3), .5)
  still = ada.pipeline(colour=0.)(KEYS[:40], x, 1.)
  np.testing.assert_allclose(still, .5, atol=1e-4)
  assert abs(ada.bgc(KEYS[:40], x, 1.) - x).max() > .1


def test_whole_steps_are_exact():
  """Where the mirrored border is not seen. Flips are only near, the filter not being symmetric:
  as NVIDIA's, see above."""
  image = np.random.default_rng(0).normal(size=(32, 32, 3)).astype(np.float32)
  moved = ada.warped(image, ada.translating(-2., 3.))
  np.testing.assert_allclose(moved[8:-8, 8:-8], image[11:-5, 6:-10], atol=1e-5)
  smooth = np.cos(np.arange(32) / 5)[:, None, None] * np.sin(np.arange(32) / 4)[None, :, None]
  flipped = ada.warped(smooth.astype(np.float32), ada.scaling(-1., 1.))
  np.testing.assert_allclose(flipped[8:-8, 8:-8], smooth[8:-8, ::-1][:, 8:-8], atol=.05)


TURN = lambda a: np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
MOVE = lambda x, y: np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def alone(i):
  """In place of `drawing`: only the i-th call happens, by fixed numbers."""
  def drawing(key, n):
    calls = iter(range(n))
    def maybe(p, value, nothing):
      given = value(np.array([.8, .2]), np.array([1.5, -.5]))
      return jnp.where(next(calls) == i, given, nothing)
    return maybe
  return drawing


@pytest.mark.parametrize('i,expected', list(enumerate([
    np.diag([-1, 1, 1]),  # a flip: floor(1.6) = 1
    TURN(1.5 * np.pi),  # floor(3.2) = 3 quarters
    MOVE(-2, 2),  # round(.6 / 8 * 32), round(-.6 / 8 * 24): whole pixels
    np.diag([2 ** -.3, 2 ** -.3, 1]),  # as the map goes from the output to the input
    TURN(.6 * np.pi), np.diag([2 ** -.3, 2 ** .3, 1]), TURN(.6 * np.pi),
    MOVE(-1.5 / 8 * 32, .5 / 8 * 24)])))
def test_each_geometry_by_hand(i, expected, monkeypatch):
  monkeypatch.setattr(ada, 'drawing', alone(i))
  np.testing.assert_allclose(ada.geometry(KEYS[0], .5, (24, 32, 3)), expected, atol=1e-5)


def hue(a):
  """A turn about (1, 1, 1), as the shift of the three axes on it."""
  one, two, three = ((1 + 2 * np.cos(a + shift)) / 3 for shift in (0, 2 * np.pi / 3,
                                                                   -2 * np.pi / 3))
  return np.array([[one, two, three], [three, one, two], [two, three, one]])


def test_each_colour_by_hand(monkeypatch):
  grey = np.full((3, 3), 1 / 3)
  add = np.eye(4)
  add[:3, 3] = .3
  linear = [np.eye(3) * 2 ** .75, np.eye(3) - 2 * grey, hue(.6 * np.pi),
            grey + 2 ** 1.5 * (np.eye(3) - grey)]
  for i, expected in enumerate([add, *linear]):
    monkeypatch.setattr(ada, 'drawing', alone(i))
    found = ada.colours(KEYS[0], .5, 3)
    whole = np.eye(4)
    whole[:len(expected), :len(expected)] = expected
    np.testing.assert_allclose(found[:3], whole[:3], atol=1e-5, err_msg=str(i))


def test_brightness_is_added_after_contrast_has_scaled(monkeypatch):
  """Of the two alone: contrast (value + brightness), as NVIDIA's order has it."""
  maybe = lambda p, value, nothing: value(np.array([.2, .2]), np.array([1., 0]))
  monkeypatch.setattr(ada, 'drawing', lambda key, n: maybe)
  found = np.asarray(ada.colours(KEYS[0], .5, 1))
  np.testing.assert_allclose(found[:3, 3], 2 ** .5 * .2, rtol=1e-5)
