"""LeCam regularisation: D's logits are kept near the averages of the other kind's.

Tseng et al., 2021, arXiv:2104.03310: for training sets of a few thousand images.
"""
import jax.numpy as jnp

from jaxgan.losses.adversarial import f32
from jaxgan.losses.base import Loss


def lecam(weight: float, decay: float = .99) -> Loss:
  """weight (|D(x) - a_F|^2 + |D(G(z)) - a_R|^2), a_R and a_F being moving averages of D's
  logits [B] on real and fake (eq. 4; D's own moves only, from 0)."""
  def d(round, memory):
    real, fake = f32(round.on_real[0]), f32(round.on_fake[0])
    a_real, a_fake = memory
    apart = ((real - a_fake) ** 2).mean() + ((fake - a_real) ** 2).mean()
    after = tuple(decay * a + (1 - decay) * logits.mean()  # averaged over the devices later
                  for a, logits in zip(memory, (real, fake)))
    return {'lecam': weight * apart}, after
  return Loss(d=d, init=lambda: (jnp.zeros(()), jnp.zeros(())))
