"""Unpaired translation: what is translated there and back is what it was (Zhu et al., 2017,
arXiv:1703.10593).

x and c are {'a': an image of one kind, 'b': one of the other}; G translates both ways,
x['a'] from c['b'] and x['b'] from c['a'] (`nets.translator.Both`).
"""
import jax.numpy as jnp

from jaxgan.losses.base import Loss
from jaxgan.losses.paired import distance


def cycle(weight: float) -> Loss:
  """weight (E |G(G(a)) - a| + E |G(G(b)) - b|), eq. 2: G's images are its input once more."""
  def g(r, memory):
    back = r.G(r.z, r.fake.x)
    return {'cycle': weight * distance(jnp.abs, r.fake.c, back)}, memory
  return Loss(g=g)


def identity(weight: float) -> Loss:
  """weight (E |to_a(a) - a| + E |to_b(b) - b|), section 5.2: an image of the kind asked for
  stays as it is, which keeps colours. Both kinds must have one number of channels."""
  def g(r, memory):
    c = r.fake.c
    same = r.G(r.z, {'a': c['b'], 'b': c['a']})
    return {'identity': weight * distance(jnp.abs, c, same)}, memory
  return Loss(g=g)
