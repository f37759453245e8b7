"""Where the generator's input comes from: z from one key an example, c from the data."""
import jax

from jaxgan.types import Batch, Key, Prior


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
