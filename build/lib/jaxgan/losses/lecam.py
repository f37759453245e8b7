"""LeCam regularisation: D's logits are kept near the averages of the other kind's.

Tseng et al., 2021, arXiv:2104.03310: for training sets of a few thousand images.
"""
import jax
import jax.numpy as jnp

from jaxgan.losses.adversarial import f32, tree_mean, tree_sum
from jaxgan.losses.base import Loss


def lecam(weight: float, decay: float = .99) -> Loss:
  """weight (|D(x) - a_F|^2 + |D(G(z)) - a_R|^2), a_R and a_F being moving averages of D's
  logits on real and fake (eq. 4; D's own moves only, from 0). Of logits that are a pytree, the
  means of leaves are added, and there is one average for all."""
  def d(round, memory):
    real, fake = round.on_real[0], round.on_fake[0]
    a_real, a_fake = memory
    near = lambda logits, a: tree_sum(jax.tree.map(lambda leaf: (f32(leaf) - a) ** 2, logits))
    after = tuple(decay * a + (1 - decay) * tree_mean(lambda leaf: leaf, logits)
                  for a, logits in zip(memory, (real, fake)))  # averaged over devices later
    return {'lecam': weight * (near(real, a_fake) + near(fake, a_real))}, after
  return Loss(d=d, init=lambda: (jnp.zeros(()), jnp.zeros(())))
