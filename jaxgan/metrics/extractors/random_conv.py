"""A random convolutional network: features without data or weights, for tests and first looks.

Distances in random features order sets of images by how far apart they are (Naeem et al.,
2020, arXiv:2002.09797, use a random VGG16), but are comparable to nothing else: the seed and
this file are the network's identity.
"""
import jax
import jax.numpy as jnp
from jax import lax

from jaxgan.io import trees
from jaxgan.metrics.extractors.base import Extractor
from jaxgan.types import Array, PyTree

WIDTHS = (3, 32, 64, 128)


def extractor(seed: int = 0) -> Extractor:
  """He-normal 3x3 kernels, ReLU, stride 2; mean and largest value of each last map: [256]."""
  keys = jax.random.split(jax.random.key(seed), len(WIDTHS) - 1)
  params = {f'conv{i}': jax.random.normal(key, (3, 3, n, m)) * (2 / (9 * n)) ** .5
            for i, (key, n, m) in enumerate(zip(keys, WIDTHS, WIDTHS[1:]))}
  name = 'rand-conv' if seed == 0 else f'rand-conv-s{seed}'
  return Extractor(name, trees.digest(trees.leaves(params))['digest'], params, apply)


def apply(params: PyTree, x: Array) -> tuple[Array, None]:
  """Pixels 0..255 [B, H, W, 1 or 3] -> (features [B, 256], None)."""
  x = jnp.broadcast_to(x.astype(jnp.float32), (*x.shape[:3], 3)) / 127.5 - 1
  for w in params.values():
    x = jax.nn.relu(lax.conv_general_dilated(
        x, w, (2, 2), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
        precision='highest'))
  return jnp.concatenate([x.mean((1, 2)), x.max((1, 2))], axis=1), None
