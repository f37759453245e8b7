"""A generator's latent space: z, or the styles that it makes of z, [B, layers, W].

Generators with two halves, `map` and `draw`, as StyleGAN2's, are walked through in their
styles, which lie less crooked (Karras et al., 2019, arXiv:1812.04948, section 4).
"""
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgan import parallel, rng
from jaxgan.experiment import Experiment
from jaxgan.io.errors import Failure
from jaxgan.metrics.path_length import slerp
from jaxgan.types import Array, Batch, PyTree

CHUNK = 64  # images a call, so that any number of them needs one program


class Space(NamedTuple):
  """Latents of a generator with its (averaged) variables. Images are as stored, uint8."""
  seeded: Callable  # (n, seed, c [n] or None) -> latents [n, ..]
  draw: Callable  # (latents [n, ..], c) -> images [n, H, W, C], NumPy
  image: Callable  # (latents, c) -> what the generator says, to be differentiated
  between: Callable  # (a, b, t [n]) -> the latents at t from a to b
  centre: Array | None  # the average style, where there are styles


def space(experiment: Experiment, average: PyTree) -> Space:
  """The space of an experiment's generator. Raises Failure if z is no vector."""
  gan = experiment.gan
  variables = {'params': average['params'], **average['stats']}
  styled = hasattr(gan.generator, 'map')
  call = lambda *args, **kw: gan.generator.apply(variables, *args, train=False, **kw)

  def seeded(n, seed, c):
    keys = rng.per_example(rng.named(rng.root(seed), 'samples'), np.arange(n))
    z, _ = gan.prior(keys, Batch(None, c))
    if not isinstance(z, jax.Array) or z.ndim != 2:
      raise Failure(f'the generator of this run starts from {jax.tree.map(jnp.shape, z)}, not '
                    'from one vector an image: there is no latent space to walk through')
    return call(z, c, method='map') if styled else z

  image = lambda w, c: call(w, c, method='draw') if styled else call(w, c)
  chunk = jax.jit(lambda w, c: experiment.data.encode(image(w, c)))

  def draw(latents, c=None):
    found = []
    for start in range(0, len(latents), CHUNK):
      ids = np.arange(start, start + CHUNK) % len(latents)
      part = chunk(jnp.asarray(latents)[ids], None if c is None else jnp.asarray(c)[ids])
      found.append(parallel.local(part))
    return np.concatenate(found)[:len(latents)]

  w_avg = jax.tree.leaves(average['stats'].get('moving', {}))
  return Space(seeded, draw, image, line if styled else slerp, w_avg[0] if w_avg else None)


def line(a: Array, b: Array, t: Array) -> Array:
  """Straight from a to b [n, ..], at t [n]."""
  return a + jnp.reshape(t, (-1, *[1] * (a.ndim - 1))) * (b - a)


def truncated(latents: Array, psi: float, centre: Array | None) -> Array:
  """Latents nearer to what is usual: styles at psi of their way from the centre; normal z
  squeezed into +-2 psi, each number keeping its rank (BigGAN resamples instead: Brock et al.,
  2019, arXiv:1809.11096, section 3.1), and then given its length back: what is far shorter than
  all that a generator was trained on it draws as nothing."""
  if centre is not None:
    centre = jnp.reshape(centre, (1,) * (latents.ndim - centre.ndim) + centre.shape)
    return centre + psi * (latents - centre)
  most = 2 * max(psi, 1e-3)
  low, high = (jax.scipy.stats.norm.cdf(end) for end in (-most, most))
  near = jax.scipy.stats.norm.ppf(low + jax.scipy.stats.norm.cdf(latents) * (high - low))
  length = lambda z: jnp.linalg.norm(z, axis=-1, keepdims=True)
  return near * (length(latents) / jnp.maximum(length(near), 1e-30))


def directions(params: PyTree, width: int) -> np.ndarray:
  """SeFa (Shen & Zhou, 2021, arXiv:2007.06600, eq. 5): the unit directions [width, width] that
  the first layers after the latent amplify most, strongest first: eigenvectors of A A^T, A
  [width, F] being the kernels that take styles, or else the first that takes z. Raises Failure.
  """
  kernels = [(jax.tree_util.keystr(path), np.asarray(leaf, np.float64))
             for path, leaf in jax.tree.leaves_with_path(params)
             if leaf.ndim == 2 and leaf.shape[0] == width]
  styles = [a for path, a in kernels if 'affine' in path]
  if not kernels:
    raise Failure(f'no layer of the generator takes its {width} latent numbers as they are')
  A = np.concatenate(styles or [kernels[0][1]], axis=1)
  values, vectors = np.linalg.eigh(A @ A.T)
  return vectors[:, ::-1].T
