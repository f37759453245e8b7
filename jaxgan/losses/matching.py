"""Whether an image and what it was asked to show belong together (Reed et al., 2016,
arXiv:1605.05396; Tao et al., 2022, arXiv:2008.05865). For data with partners
(`data.derived.partnered`, `data.captions.mismatched`): round.real.c is {'c': c, 'partner':
another example}."""
import jax
from jax.nn import relu, softplus

from jaxgan.losses.adversarial import adversarial, f32
from jaxgan.losses.base import Loss
from jaxgan.losses.penalties import squared
from jaxgan.types import Array, Round


def hinge() -> Loss:
  """Hinge, for one logit [B] an example: D's fakes are, half and half, G's images and real ones
  with a condition that is another's (eq. 2)."""
  def d(r, memory):
    return {'mismatched': relu(1 + mismatched(r)).mean() / 2}, memory
  return adversarial(d=lambda real, fake: relu(1 - real) + relu(1 + fake) / 2,
                     g=lambda real, fake: -fake) + Loss(d=d)


def non_saturating() -> Loss:
  """The same, with the logistic loss (GAN-CLS: Reed et al., algorithm 1)."""
  def d(r, memory):
    return {'mismatched': softplus(mismatched(r)).mean() / 2}, memory
  return adversarial(d=lambda real, fake: softplus(-real) + softplus(fake) / 2,
                     g=lambda real, fake: softplus(-fake)) + Loss(d=d)


def mismatched(r: Round) -> Array:
  """D's logits [B] of the real images with their partners' conditions."""
  return f32(r.D(r.real.x, dict(r.real.c, c=r.real.c['partner'].c), 'real')[0])


def gradient_penalty(weight: float = 2., power: float = 6., scale: float = 1.) -> Loss:
  """weight E |dD/d(x, c)|^power on real images with their own conditions (Tao et al., eq. 3),
  which must be floats: one-hot words. `scale` is what a slope in c counts: two one-hot words
  are near each other, and D, not to be steep in them, would hardly tell them apart."""
  def d(r, memory):
    def total(x, c):
      return f32(r.D(x, dict(r.real.c, c=c), 'real')[0]).sum()
    in_x, in_c = jax.grad(total, (0, 1))(r.real.x, r.real.c['c'])
    slopes = in_x, scale * in_c
    return {'matching_gradient': weight * (squared(slopes) ** (power / 2)).mean()}, memory
  return Loss(d=d)
