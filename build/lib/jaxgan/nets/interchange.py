"""Weights of other programs' networks in ours, by their names.

  arrays = safetensors.numpy.load_file('G_ema.safetensors')      # or np.load('G_ema.npz')
  variables = interchange.filled(variables, arrays, interchange.stylegan2)

A map takes the path of one of our arrays to the name of theirs, in their state dict, and to the
layout that it has there. The networks are NVIDIA's StyleGAN2 (-ADA), StudioGAN's ResNet GANs,
SAGAN, BigGAN and BigGAN-deep, and R3GAN. Pickles are never opened: have the program that wrote
one write its state dict again, as .safetensors or .npz.
"""
import re
from collections.abc import Callable, Mapping

import jax
import numpy as np

from jaxgan.io.errors import Failure
from jaxgan.types import PyTree

Layout = Callable[[np.ndarray], np.ndarray]  # theirs -> ours
Names = Callable[[tuple[str, ...]], tuple[str, Layout]]


def filled(variables: PyTree, arrays: Mapping[str, np.ndarray], names: Names) -> PyTree:
  """Our variables with the values of theirs. Raises Failure if one is missing or misfits."""
  def value(path, ours):
    name, layout = names(tuple(key.key for key in path))
    if name not in arrays:
      raise Failure(f'there is no array {name!r}, for our {dotted(path)}, among '
                    f'{", ".join(sorted(arrays)[:5])}, ..')
    found = layout(np.asarray(arrays[name]))
    if found.shape != ours.shape:
      raise Failure(f'{name!r} is {list(found.shape)} in our layout, where {dotted(path)} is '
                    f'{list(ours.shape)}: give the network the widths, classes and resolution '
                    'of the file')
    return found.astype(ours.dtype)
  return jax.tree.map_with_path(value, variables)


def without_spectral(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """A PyTorch state dict with each spectrally normed weight as it is used, W / u^T W v, for
  networks of ours with layers.plain."""
  found = dict(arrays)
  for name in arrays:
    if name.endswith('weight_orig'):
      module = name.removesuffix('_orig')
      w, u, v = (arrays[f'{module}_{part}'].astype(np.float64) for part in ('orig', 'u', 'v'))
      found[module] = (w / (u @ w.reshape(len(w), -1) @ v)).astype(np.float32)
  return found


def dotted(path) -> str:
  return jax.tree_util.keystr(path, simple=True, separator='.')


def same(a: np.ndarray) -> np.ndarray:
  """Vectors, and embeddings [K, F]."""
  return a


def kernel(a: np.ndarray) -> np.ndarray:
  """Convolutions [O, I, k, k] -> [k, k, I, O], dense layers [O, I] -> [I, O]."""
  return a.transpose(2, 3, 1, 0) if a.ndim == 4 else a.T


def channels_last(a: np.ndarray) -> np.ndarray:
  """[C, H, W] and [C, 1, H, W] -> [H, W, C]; [H, W] -> [H, W, 1]."""
  return a.reshape(-1, *a.shape[-2:]).transpose(1, 2, 0) if a.ndim > 2 else a[..., None]


def from_map(a: np.ndarray) -> np.ndarray:
  """Dense layers of a map of 4x4, [O, C 4 4] -> [4 4 C, O]."""
  return a.reshape(len(a), -1, 4, 4).transpose(2, 3, 1, 0).reshape(-1, len(a))


def to_map(a: np.ndarray) -> np.ndarray:
  """Dense layers to a map of 4x4, [C 4 4, I] -> [I, 4 4 C], and their biases."""
  return a.reshape(-1, 16, *a.shape[1:]).swapaxes(0, 1).reshape(a.shape).T


def stylegan2(path: tuple[str, ...]) -> tuple[str, Layout]:
  """Of NVIDIA's networks.Generator, G_ema of a training snapshot."""
  _, *parts, leaf = path
  half = [] if parts[0] == 'mapping' else ['synthesis']
  called = {'kernel': 'weight', 'noise': 'noise_const'}.get(leaf, leaf)
  layouts = {'kernel': kernel, 'const': channels_last, 'noise': channels_last}
  return '.'.join([*half, *parts, called]), layouts.get(leaf, same)


def stylegan2_discriminator(path: tuple[str, ...]) -> tuple[str, Layout]:
  """Of NVIDIA's networks.Discriminator."""
  _, *parts, leaf = path
  last = [] if re.fullmatch(r'b\d+|mapping', parts[0]) else ['b4']
  name = '.'.join([*last, *parts, {'kernel': 'weight'}.get(leaf, leaf)])
  return name, same if leaf != 'kernel' else from_map if parts == ['fc'] else kernel


TORCH = {'kernel': 'weight', 'scale': 'weight', 'embedding': 'weight', 'mean': 'running_mean',
         'var': 'running_var'}
VECTORS = ('bias', 'scale', 'mean', 'var', 'sigma', 'bias1', 'bias2')


def by_rules(*rules: tuple[str, Callable[..., str], Layout],
             leaves: Mapping[str, str] = TORCH) -> Names:
  """A map of rules, the first that fits: a pattern of our module's path, its name there as a
  function of the numbers in the path, and the layout of what is no vector; and how leaves of
  modules are called."""
  def names(path):
    _, *parts, leaf = path
    for pattern, name, layout in rules:
      found = re.fullmatch(pattern, '.'.join(parts))
      if found:
        module = name(*(int(group) for group in found.groups()))
        turned = layout is to_map or leaf not in VECTORS
        return f'{module}.{leaves.get(leaf, leaf)}', layout if turned else same
    raise Failure(f'no rule says what {".".join(path)} is called there')
  return names


def place(attention: int | None, depth: int = 1) -> Callable[..., str]:
  """StudioGAN's name of a stage's jth block, in a list where attention stands too, after the
  `attention`-th stage."""
  return lambda i, j=0: f'blocks.{i * depth + j + (attention is not None and i >= attention)}.0'


def attending(attention: int | None, depth: int = 1):
  """The rules of StudioGAN's attention."""
  name = f'blocks.{(attention or 0) * depth}.0'
  parts = ['theta', 'phi', 'g', 'attn']
  return [(r'SelfAttention_0\.Conv_(\d+)', lambda k: f'{name}.conv1x1_{parts[k]}', kernel),
          (r'SelfAttention_0', lambda: name, same)]


def studiogan(attention: int | None = None, told: bool = False, deep: bool = False) -> Names:
  """Of the generators of StudioGAN's resnet and big_resnet, or big_resnet_deep_studiogan: with
  attention after that many stages, with blocks that are `told` something. For spectrally normed
  ones see `without_spectral`."""
  block, at = (r'DeepUp_(\d+)\.Bottleneck_(\d+)', place(attention, 2)) if deep else (
      r'Up_(\d+)', place(attention))
  norm = lambda *i: f'{at(*i[:-1])}.bn{i[-1] + 1}'
  convs, inner = (1, 2, 3, 4, 0) if deep else (1, 2, 0), '.bn' if told else ''
  return by_rules(
      (rf'{block}\.Conv_(\d+)', lambda *i: f'{at(*i[:-1])}.conv2d{convs[i[-1]]}', kernel),
      (rf'{block}\.Norm_(\d+)\.Dense_0', lambda *i: f'{norm(*i)}.gain', kernel),
      (rf'{block}\.Norm_(\d+)\.Dense_1', lambda *i: f'{norm(*i)}.bias', kernel),
      (rf'{block}\.Norm_(\d+)\.BatchNorm_0', lambda *i: f'{norm(*i)}{inner}', same),
      *attending(attention, 2 if deep else 1),
      (r'shared', lambda: 'shared', same), (r'Dense_0', lambda: 'linear0', to_map),
      (r'BatchNorm_0', lambda: 'bn4', same), (r'Conv_0', lambda: 'conv2d5', kernel))


def studiogan_discriminator(attention: int | None = None, told: bool = False,
                            deep: bool = False) -> Names:
  """Of their discriminators; `told`: with the projection."""
  at, convs = place(attention, 2 if deep else 1), (1, 2, 3, 4, 0) if deep else (1, 2, 0)
  where = (lambda k: at(k // 2, k % 2)) if deep else at
  heads = [(r'Dense_0', lambda: 'embedding', same), (r'Dense_1', lambda: 'linear1', kernel)]
  return by_rules(
      (r'(?:Deep)?Down_(\d+)\.Conv_(\d+)', lambda k, n: f'{where(k)}.conv2d{convs[n]}', kernel),
      *attending(attention, 2 if deep else 1), (r'Conv_0', lambda: 'input_conv', kernel),
      *(heads if told else [(r'Dense_0', lambda: 'linear1', kernel)]))


def deep_conv(path: tuple[str, ...]) -> tuple[str, Layout]:
  """Of the generator of StudioGAN's deep_conv, with three blocks."""
  return by_rules(
      (r'Dense_0', lambda: 'linear0', to_map), (r'Conv_0', lambda: 'conv4', kernel),
      (r'ConvTranspose_(\d+)', lambda i: f'blocks.{i}.0.deconv0', kernel),
      (r'BatchNorm_(\d+)', lambda i: f'blocks.{i}.0.bn0', same))(path)


def deep_conv_discriminator(path: tuple[str, ...]) -> tuple[str, Layout]:
  """Of its discriminator: two layers a block, and a last one."""
  at = lambda part, i: f'blocks.{i // 2}.0.{part}{i % 2}' if i < 6 else f'{part}1'
  return by_rules(
      (r'Conv_(\d+)', lambda i: at('conv', i), kernel),
      (r'BatchNorm_(\d+)', lambda i: at('bn', i), same),
      (r'Dense_0', lambda: 'linear1', kernel))(path)


R3GAN = {'kernel': 'weight', 'grouped': 'LinearLayer2.Layer.weight',
         'bias1': 'NonLinearity1.Bias', 'bias2': 'NonLinearity2.Bias', 'basis': 'Basis'}


def inner(block: str, i: int) -> str:
  """The 1x1 convolutions of a block of R3GAN, its layers 1 and 3."""
  return f'{block}.LinearLayer{2 * i + 1}.Layer'


def r3gan(blocks: int = 2) -> Names:
  """Of R3GAN's generators, so many blocks a stage."""
  block = lambda k: f'MainLayers.{k // blocks}.Layers.{k % blocks + 1}'
  first = 'MainLayers.0.Layers.0'
  return by_rules(
      (r'Block_(\d+)\.Conv_(\d+)', lambda k, i: inner(block(k), i), kernel),
      (r'Block_(\d+)', block, kernel), (r'', lambda: first, channels_last),
      (r'Dense_0', lambda: f'{first}.LinearLayer', kernel),
      (r'transition(\d+)', lambda i: f'MainLayers.{i}.Layers.0.LinearLayer.Layer', kernel),
      (r'to_image', lambda: 'AggregationLayer.Layer', kernel),
      (r'embedding', lambda: 'EmbeddingLayer', kernel), leaves=R3GAN)


def r3gan_discriminator(stages: int, blocks: int = 2) -> Names:
  """Of R3GAN's discriminators, of so many stages."""
  block = lambda k: f'MainLayers.{k // blocks}.Layers.{k % blocks}'
  last = f'MainLayers.{stages - 1}.Layers.{blocks}'
  return by_rules(
      (r'Block_(\d+)\.Conv_(\d+)', lambda k, i: inner(block(k), i), kernel),
      (r'Block_(\d+)', block, kernel), (r'', lambda: last, channels_last),
      (r'Dense_0', lambda: f'{last}.LinearLayer', kernel),
      (r'transition(\d+)',
       lambda i: f'MainLayers.{i}.Layers.{blocks}.LinearLayer.Layer', kernel),
      (r'from_image', lambda: 'ExtractionLayer.Layer', kernel),
      (r'embedding', lambda: 'EmbeddingLayer', kernel),
      leaves=R3GAN | {'basis': 'Basis.weight'})
