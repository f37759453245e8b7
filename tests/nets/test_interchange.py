"""Every family against the program it is after: with their weights our networks say the same.

data_files/nets.npz: outputs of NVlabs/stylegan2-ada-pytorch (d72cc7d), PyTorch-StudioGAN
(947b35e) and brownvc/R3GAN (19a7ddf) under PyTorch 2.15, at small widths, every array of their
state dicts drawn by `recipe`, inputs by `data`; large images by every fifth row and column.
"""
import pathlib
import zlib

import jax
import numpy as np
import pytest
import tiny

from jaxgan.io.errors import Failure
from jaxgan.nets import (
  biggan,
  deep_conv,
  fir,
  heads,
  interchange,
  layers,
  r3gan,
  resnet,
  stylegan2,
)

FILE = np.load(pathlib.Path(__file__).parents[1] / 'data_files' / 'nets.npz')
C = np.array([3, 9, 0])


def data(seed, *shape):
  """Normal numbers, drawn as [B, C, H, W] and given channels last."""
  a = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
  return a.transpose(0, 2, 3, 1) if a.ndim == 4 else a


def recipe(name, shape, equalised):
  """The array of this name in a state dict; `equalised` where the program scales weights."""
  draw = np.random.default_rng(zlib.crc32(name.encode())).normal(size=shape)
  scale = .3 if len(shape) < 2 else 1 if equalised else 1 / np.sqrt(np.prod(shape[1:]))
  return (scale * draw).astype(np.float32)


def their_shape(layout, shape):
  """The shape there of an array that has `shape` here."""
  if layout is interchange.channels_last:
    return (shape[2], *shape[:2]) if shape[2] > 1 else shape[:2]
  if layout is interchange.kernel and len(shape) == 4:
    return (shape[3], shape[2], *shape[:2])
  return shape[::-1] if layout is not interchange.same else shape


def theirs(net, names, equalised, *args, **kw):
  """Our network's outputs with the weights that their program was given."""
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  arrays = {}

  def draw(path, ours):
    name, layout = names(tuple(key.key for key in path))
    shape = their_shape(layout, ours.shape)
    if name.endswith('Basis.weight'):  # a depthwise convolution
      shape = (shape[0], 1, *shape[1:])
    still = {'running_mean': np.zeros, 'running_var': np.ones}.get(name.split('.')[-1])
    arrays[name] = still(shape) if still else recipe(name, shape, equalised)
  jax.tree.map_with_path(draw, shapes)
  variables = interchange.filled(shapes, arrays, names)
  return net.apply(variables, *args, train=False, **kw)


def agree(found, name, tolerance=2e-4):
  found, expected = np.asarray(found[0] if isinstance(found, tuple) else found), FILE[name]
  if found.ndim == 4 and found.shape[1] > 16:
    found = found[:, ::5, ::5]
  assert found.shape == expected.shape
  np.testing.assert_allclose(found, expected, atol=tolerance * abs(expected).max())


@pytest.mark.parametrize('name, style, block, attention', [
    ('sngan', resnet.unconditional, resnet.Up, None),
    ('sagan', resnet.by_class(10), resnet.Up, 16),
    ('biggan', biggan.chunks(10, 6), resnet.Up, 16),
    ('biggan_deep', biggan.whole(10, 6), biggan.DeepUp, 16)])
def test_resnet_generators_are_studiogans(name, style, block, attention):
  deep, told = block is biggan.DeepUp, name != 'sngan'
  net = resnet.Generator((32, 32, 3), resnet.g_widths(32, 8), style, attention, block=block)
  names = interchange.studiogan(2 if attention else None, told, deep)
  agree(theirs(net, names, False, data(0, 3, 8), C), f'{name}_g')


@pytest.mark.parametrize('name', ['sngan', 'sagan', 'biggan_deep'])
def test_resnet_discriminators_are_studiogans(name):
  told, deep = name != 'sngan', name == 'biggan_deep'
  how = dict(downs=2, attention=16 if told else None, weights=layers.plain,
             head=heads.projection(10) if told else heads.linear)
  net = (biggan.DeepDiscriminator(biggan.deep_d_widths(32, 8), **how) if deep
         else resnet.Discriminator(resnet.d_widths(32, 8), **how))
  names = interchange.studiogan_discriminator(1 if told else None, told, deep)
  agree(theirs(net, names, False, data(1, 3, 3, 32, 32), C), f'{name}_d')


def test_resnets_at_64_are_studiogans():
  g = resnet.Generator((64, 64, 3), resnet.g_widths(64, 4))
  agree(theirs(g, interchange.studiogan(), False, data(0, 3, 8)), 'sngan64_g')
  d = resnet.Discriminator(resnet.d_widths(64, 4), 4, weights=layers.plain)
  agree(theirs(d, interchange.studiogan_discriminator(), False, data(2, 3, 3, 64, 64)),
        'sngan64_d')


def test_deep_conv_is_studiogans():
  g = theirs(deep_conv.Generator((32, 32, 3)), interchange.deep_conv, False, data(0, 3, 8))
  agree(g, 'deep_conv_g')
  d = theirs(deep_conv.Discriminator(), interchange.deep_conv_discriminator, False,
             data(1, 3, 3, 32, 32))
  agree(d, 'deep_conv_d')


@pytest.mark.parametrize('architecture', tiny.slow_but([], ['skip', 'orig', 'resnet']))
def test_stylegan2_is_nvidias(architecture):
  how = dict(channel_base=256, channel_max=16, architecture=architecture)
  g = stylegan2.Generator((32, 32, 3), 10, 12, 2, **how)
  images = theirs(g, interchange.stylegan2, True, data(0, 3, 8), C)
  agree(images, f'stylegan2_{architecture}_g')
  d = stylegan2.Discriminator(10, depth=3, group=4, **how)
  judged = theirs(d, interchange.stylegan2_discriminator, True, data(3, 4, 3, 32, 32),
                  np.array([3, 9, 0, 1]))
  agree(judged, f'stylegan2_{architecture}_d')


def test_stylegan2s_truncation_is_nvidias():
  g = stylegan2.Generator((32, 32, 3), 10, 12, 2, 256, 16)
  how = dict(psi=.5, cutoff=3)
  z = data(0, 3, 8)
  agree(theirs(g, interchange.stylegan2, True, z, C, **how, method='map'), 'stylegan2_ws')
  agree(theirs(g, interchange.stylegan2, True, z, C, **how), 'stylegan2_psi')


def test_minibatch_deviation_in_groups_is_nvidias():
  """Theirs are every other example, ours neighbours."""
  d = stylegan2.Discriminator(channel_base=256, channel_max=16, group=2)
  images = data(3, 4, 3, 32, 32)[np.array([0, 2, 1, 3])]
  logits, _ = theirs(d, interchange.stylegan2_discriminator, True, images)
  agree(logits[np.array([0, 2, 1, 3])], 'stylegan2_plain_d')


@pytest.mark.parametrize('classes', [0, 10])
def test_r3gan_is_its_authors(classes):
  name, how = ('r3gan_told', dict(classes=10)) if classes else ('r3gan', {})
  g = r3gan.Generator((16, 16, 3), (32, 32, 16), embedding=6, **how)
  agree(theirs(g, interchange.r3gan(), False, data(0, 3, 8), C), f'{name}_g')
  d = r3gan.Discriminator((16, 32, 32), **how)
  agree(theirs(d, interchange.r3gan_discriminator(3), False, data(4, 3, 3, 16, 16), C),
        f'{name}_d')


def test_filters_are_nvidias():
  x = data(1, 3, 3, 32, 32)
  agree(fir.doubled(x), 'fir_up')
  agree(fir.halved(x), 'fir_down')
  agree(fir.upfirdn(x, fir.normalised([1, 2, 5]), 2, 3, (2, -1)), 'fir_any')


def test_what_is_missing_or_does_not_fit_is_said():
  net = r3gan.Generator((16, 16, 3), (16, 16, 8))
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), data(0, 3, 8), train=False))
  with pytest.raises(Failure, match='no array .* among x'):
    interchange.filled(shapes, {'x': np.zeros(1)}, interchange.r3gan())
  arrays = {'MainLayers.0.Layers.1.LinearLayer1.Layer.weight': np.zeros((2, 3, 1, 1))}
  wider = {'params': {'Block_0': {'Conv_0': {'kernel': np.zeros((1, 1, 16, 32))}}}}
  with pytest.raises(Failure, match='widths'):
    interchange.filled(wider, arrays, interchange.r3gan())


def test_spectral_norm_is_divided_out():
  """As PyTorch uses it: of an orthogonal matrix times 3, the matrix."""
  q = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
  u = np.array([.5, .5, -.5, .5])
  found = interchange.without_spectral({'a.weight_orig': 3 * q.reshape(4, 1, 2, 2),
                                        'a.weight_u': u, 'a.weight_v': u @ q, 'a.bias': u})
  np.testing.assert_allclose(found['a.weight'].reshape(4, 4), q, atol=1e-6)
  assert found['a.bias'] is u
