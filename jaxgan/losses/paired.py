"""What a pair says: the real example that has the condition, beside the fake made from it.

x may be a pytree of arrays [B, ..]; means are over all elements of a leaf, sums over leaves.
"""
import jax
import jax.numpy as jnp

from jaxgan.losses.adversarial import f32
from jaxgan.losses.base import Loss
from jaxgan.types import Array, PyTree


def l1(weight: float) -> Loss:
  """weight E |x - G(z, c)| (Isola et al., 2017, arXiv:1611.07004, eq. 3)."""
  return Loss(g=lambda r, memory: (
      {'l1': weight * distance(jnp.abs, r.real.x, r.fake.x)}, memory))


def l2(weight: float) -> Loss:
  """weight E (x - G(z, c))^2."""
  return Loss(g=lambda r, memory: (
      {'l2': weight * distance(jnp.square, r.real.x, r.fake.x)}, memory))


def features(weight: float) -> Loss:
  """weight times the mean, over the maps that D gives as out['maps'], of E |map(x) - map(G(z,
  c))| (Wang et al., 2018, arXiv:1711.11585, eq. 4). The maps of x are a target."""
  def g(r, memory):
    real, fake = jax.lax.stop_gradient(r.on_real[1]['maps']), r.on_fake[1]['maps']
    count = len(jax.tree.leaves(fake))
    return {'maps': weight * distance(jnp.abs, real, fake) / count}, memory
  return Loss(g=g)


def distance(size, real: PyTree, fake: PyTree) -> Array:
  """The mean of size(real - fake), summed over leaves."""
  each = jax.tree.map(lambda a, b: size(f32(a) - f32(b)).mean(), real, fake)
  return sum(jax.tree.leaves(each))
