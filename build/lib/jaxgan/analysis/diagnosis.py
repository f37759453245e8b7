"""How a game stands: what D knows and how steep it is, what G makes of z, whether gradients
agree. `--mode=diagnose` shows all of it.

What takes a Round is code for one device of `parallel.device_map`.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree

from jaxgan import axis
from jaxgan.analysis.dynamics import pushforward
from jaxgan.losses import penalties
from jaxgan.types import Array, PyTree, Round

BINS = 10  # even, so that one edge is where D is undecided


def judgements(r: Round) -> Array:
  """D's judgements by its probability sigmoid(logit) that the example is real, in BINS equal
  bins: [BINS, 3], how many, the sum of the probabilities, how many are real.

  Every element of the logits counts as one. Tables of batches add.
  """
  real, fake = (ravel_pytree(logits)[0] for logits in (r.on_real[0], r.on_fake[0]))
  p = jax.nn.sigmoid(jnp.concatenate([real, fake]).astype(jnp.float32))
  is_real = jnp.concatenate([jnp.ones_like(p[:real.size]), jnp.zeros_like(p[real.size:])])
  bins = jnp.minimum((p * BINS).astype(jnp.int32), BINS - 1)
  rows = jnp.stack([jnp.ones_like(p), p, is_real], 1)
  return lax.psum(jax.ops.segment_sum(rows, bins, BINS), axis.NAME)


def calibration(table: np.ndarray) -> dict[str, float]:
  """From `judgements`: the shares of 'real' and of 'fake' that D is right about, and 'ece',
  the expected calibration error: how far, over the bins, the share of real examples is from
  the mean probability (Guo et al., 2017, arXiv:1706.04599, eq. 3, of one class).

  It is an error of losses whose logits are log-odds, the minimax and the non-saturating.
  """
  count, p, real = np.asarray(table, np.float64).T
  fake, half = count - real, BINS // 2
  return {'real': real[half:].sum() / real.sum(), 'fake': fake[:half].sum() / fake.sum(),
          'ece': np.abs(real - p).sum() / count.sum()}


def steepness(r: Round) -> dict[str, Array]:
  """D's largest slope at 'real' examples, at 'fake' ones and 'between' (where WGAN-GP looks):
  each is a lower bound of its Lipschitz constant, augmentation included."""
  where = {'real': r.real, 'fake': r.fake, 'between': penalties.between(r)}
  slopes = {name: penalties.norm(penalties.slope(r.D, at)) for name, at in where.items()}
  return {name: lax.pmax(norm.max(), axis.NAME) for name, norm in slopes.items()}


def singular_values(G: Callable[[PyTree], PyTree], z: PyTree) -> Array:
  """Of dG/dz at one z of Z elements, descending: float32 [min(Z, elements of x)].

  Their spread goes with the quality of a GAN (Odena et al., 2018, arXiv:1802.08768).
  """
  flat, unravel = ravel_pytree(z)
  push = pushforward(lambda u: ravel_pytree(G(unravel(u)))[0], flat)
  return jnp.linalg.svd(jax.vmap(push)(jnp.eye(flat.size)), compute_uv=False)


def agreement(gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Of gradients [N, n] on N batches: norms [N], and cosines [N - 1] of each and the next."""
  norms = np.linalg.norm(gradients, axis=1)
  dots = (gradients[:-1] * gradients[1:]).sum(1)
  return norms, dots / np.maximum(norms[:-1] * norms[1:], np.finfo(np.float32).tiny)
