"""Where the generator's input comes from: z from one key an example, c from the data."""
import jax
import jax.numpy as jnp

from jaxgan import rng
from jaxgan.types import Batch, Key, Prior


def nothing(keys: Key, batch: Batch):
  """z is None: a generator whose input is the real batch's conditions, and no noise, or the
  noise of its dropout. Itself the prior: `prior=priors.nothing`."""
  return None, batch.c


def normal(dim: int) -> Prior:
  """z ~ N(0, I), float32 [B, dim]; fakes take the real batch's conditions."""
  def draw(keys: Key, batch: Batch):
    return jax.vmap(lambda key: jax.random.normal(key, (dim,)))(keys), batch.c
  return draw


def uniform(dim: int) -> Prior:
  """z ~ U[-1, 1)^dim, float32 [B, dim]; fakes take the real batch's conditions."""
  def draw(keys: Key, batch: Batch):
    sample = lambda key: jax.random.uniform(key, (dim,), minval=-1.)
    return jax.vmap(sample)(keys), batch.c
  return draw


def codes(categories: int, continuous: int, noise: int) -> Prior:
  """z [B, K + M + N]: a category one-hot, continuous codes ~ U[-1, 1), noise ~ N(0, I)
  (InfoGAN: Chen et al., 2016, arXiv:1606.03657, appendix C.1)."""
  def one(key):
    at = lambda name: rng.named(key, name)
    category = jax.random.randint(at('category'), (), 0, categories)
    return jnp.concatenate([
        jax.nn.one_hot(category, categories),
        jax.random.uniform(at('continuous'), (continuous,), minval=-1.),
        jax.random.normal(at('noise'), (noise,))])

  def draw(keys: Key, batch: Batch):
    return jax.vmap(one)(keys), batch.c
  return draw
