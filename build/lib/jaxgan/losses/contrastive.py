"""Contrastive conditioning: an image near its class's vector, far from other images.

D's out has unit vectors [B, E], 'embedding' of the image and 'proxy' of its class, by
`nets.heads.embedding`. Images are compared over all devices.
"""
import jax.numpy as jnp
from jax.scipy.special import logsumexp

from jaxgan import axis
from jaxgan.losses.adversarial import f32
from jaxgan.losses.base import Loss
from jaxgan.types import Array


def contrastive_2c(d_weight: float = 1., g_weight: float = 1.,
                   temperature: float = 1.) -> Loss:
  """ContraGAN's conditional contrastive loss: what attracts is the class's vector and other
  images of the class, what repels every other image (Kang & Park, 2020, arXiv:2006.12681, eq.
  8). D by real images, G by its own.
  """
  def value(out, c):
    proxy, others, same = similarities(out, c)
    proxy, others = proxy / temperature, others / temperature
    attract = jnp.concatenate([proxy[:, None], jnp.where(same, others, -jnp.inf)], 1)
    every = jnp.concatenate([proxy[:, None], others], 1)
    return (logsumexp(every, axis=1) - logsumexp(attract, axis=1)).mean()
  return conditional('contrastive', value, d_weight, g_weight)


def data_to_data(d_weight: float = 1., g_weight: float = 1., temperature: float = .5,
                 positive: float = .98, negative: float = .02) -> Loss:
  """ReACGAN's D2D-CE: the class's vector against images of *other* classes, and only while
  nearer, or less near, than the margins ask (Kang et al., 2021, arXiv:2111.01118, eq. 6; the
  margins as their program has them, m and 1 - m)."""
  def value(out, c):
    proxy, others, same = similarities(out, c)
    attract = jnp.minimum(proxy - positive, 0) / temperature
    repel = jnp.maximum(others - negative, 0) / temperature
    repel = jnp.where(same, -jnp.inf, repel)
    every = jnp.concatenate([attract[:, None], repel], 1)
    return (logsumexp(every, axis=1) - attract).mean()
  return conditional('contrastive', value, d_weight, g_weight)


def conditional(name: str, value, d_weight: float, g_weight: float) -> Loss:
  """A loss of D's (out, c) on real images for D, and on its own for G."""
  return Loss(
      d=lambda r, memory: ({name: d_weight * value(r.on_real[1], r.real.c)}, memory),
      g=lambda r, memory: ({name: g_weight * value(r.on_fake[1], r.fake.c)}, memory))


def similarities(out: dict, c: Array) -> tuple[Array, Array, Array]:
  """Cosines of this device's images to their class's vectors [b], and to all images [b, B],
  -inf to themselves; and whether these are of the same class, bool [b, B]."""
  embedding = f32(out['embedding'])
  everyone, classes = axis.gather(embedding), axis.gather(c)
  own = axis.example_ids(len(c))[:, None] == jnp.arange(len(classes))[None]
  cosines = embedding @ everyone.T
  same = c[:, None] == classes[None]
  return (embedding * f32(out['proxy'])).sum(1), jnp.where(own, -jnp.inf, cosines), same
