"""Path length regularisation of G: equal steps in its input make equal steps in the image.

Karras et al., 2020, arXiv:1912.04958, section 3.2.
"""
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxgan import axis, rng
from jaxgan.losses.base import Loss
from jaxgan.losses.penalties import norm
from jaxgan.types import Array, PyTree, Round


def path_length(weight: float, decay: float = .01, one_in: int = 1,
                inputs: Callable[[Round], Array] = lambda r: r.z,
                draw: Callable[[Round, Array, PyTree], Array] = lambda r, w, c: r.G(w, c),
                ) -> Loss:
  """weight (|J^T y| - a)^2, y ~ N(0, I / pixels), J the slope of the image in w (eq. 4); the
  average a of |J^T y| is remembered, a += decay (|J^T y| - a), before it is used.

  w = inputs(r) is [B, W], or [B, layers, W], of whose squared lengths the mean is taken, as
  NVIDIA's program does; images draw(r, w, c) are [B, H, W, C], pixels being H W. Only one
  example in `one_in` is looked at.
  """
  def g(r: Round, a):
    w, c = jax.tree.map(lambda a: a[::one_in], (inputs(r), r.fake.c))
    keys = rng.per_example(rng.named(r.key, 'path length'), axis.example_ids(len(w)))

    def along(w):
      x = draw(r, w, c)
      y = jax.vmap(lambda key: jax.random.normal(key, x.shape[1:]))(keys)
      return (x.astype(jnp.float32) * y).sum() / jnp.sqrt(x.shape[1] * x.shape[2])
    lengths = norm(jax.grad(along)(w)) / math.sqrt(math.prod(w.shape[1:-1]))
    a = a + decay * (axis.mean(lengths.mean()) - a)
    return {'path_length': weight * ((lengths - jax.lax.stop_gradient(a)) ** 2).mean()}, a
  return Loss(g=g, init=lambda: jnp.zeros(()))
