"""What a generator of rows is asked for beside deceiving D."""
import jax.numpy as jnp
import numpy as np

from jaxgan.losses.base import Loss

LEAST = 1e-6  # a share, of which the logarithm is taken


def asked(places: np.ndarray, weight: float = 1.) -> Loss:
  """G's rows are to have the category that was asked for: cross entropy (Xu et al., 2019,
  arXiv:1907.00503, section 4.3). `places`: where, in a row as networks see it, each category c
  is, int [C] (`Schema.categories`)."""
  def g(round, memory):
    share = jnp.take_along_axis(round.fake.x, jnp.asarray(places)[round.fake.c][:, None], 1)
    return {'asked': -weight * jnp.log(jnp.maximum(share, LEAST)).mean()}, memory
  return Loss(g=g)
