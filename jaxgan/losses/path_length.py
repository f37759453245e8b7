"""Path length regularisation of G: equal steps in its input make equal steps in the image.

Karras et al., 2020, arXiv:1912.04958, section 3.2.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan import axis, rng
from jaxgan.losses.base import Loss
from jaxgan.losses.penalties import norm
from jaxgan.types import PyTree, Round


def path_length(weight: float, decay: float = .01,
                inputs: Callable[[Round], PyTree] = lambda r: r.z,
                draw: Callable[[Round, PyTree], PyTree] = lambda r, w: r.G(w, r.fake.c),
                ) -> Loss:
  """weight (|J^T y| - a)^2, y ~ N(0, I / pixels), J the slope of the image in w (eq. 4); the
  average a of |J^T y| is remembered, a += decay (|J^T y| - a), before it is used.

  w = inputs(r) is [B, ...]; images draw(r, w) are [B, H, W, C], pixels being H W.
  """
  def g(r: Round, a):
    w = inputs(r)
    n = jax.tree.leaves(w)[0].shape[0]
    keys = rng.per_example(rng.named(r.key, 'path length'), axis.example_ids(n))

    def along(w):
      x = draw(r, w)
      y = jax.vmap(lambda key: jax.random.normal(key, x.shape[1:]))(keys)
      return (x.astype(jnp.float32) * y).sum() / jnp.sqrt(x.shape[1] * x.shape[2])
    lengths = norm(jax.grad(along)(w))
    a = a + decay * (axis.mean(lengths.mean()) - a)
    return {'path_length': weight * ((lengths - jax.lax.stop_gradient(a)) ** 2).mean()}, a
  return Loss(g=g, init=lambda: jnp.zeros(()))
