"""Translation among several looks (Choi et al., 2018, arXiv:1711.09020): D tells looks, and an
image comes back from another look. For `data.looks` and `nets.stargan`."""
import jax.numpy as jnp
import optax

from jaxgan.losses.adversarial import f32
from jaxgan.losses.base import Loss
from jaxgan.losses.paired import distance


def classification(weight: float = 1.) -> Loss:
  """weight times the cross entropy: of D, of a real image's look; of G, of the look that a fake
  is asked to have (eq. 2 and 3)."""
  def entropy(out, look):
    return weight * optax.softmax_cross_entropy(f32(out['looks']), look).mean()
  return Loss(d=lambda r, memory: (
                  {'looks': entropy(r.on_real[1], r.real.c['look'])}, memory),
              g=lambda r, memory: ({'looks': entropy(r.on_fake[1], r.fake.c['to'])}, memory))


def branches(weight: float = 1.) -> Loss:
  """weight times least squares on a logit for each look: of D, that a real image is real as its
  own look and a fake is fake as the one it is asked to have; of G, that it is real as that
  (StarGAN v2: Choi et al., 2020, arXiv:1912.01865, eq. 1, with the squares of LSGAN). A
  classifier that sees real images alone, as `classification`, can be fooled; here D learns from
  G's tricks."""
  def error(out, look, goal):
    return weight * (((f32(out['looks']) * look).sum(1) - goal) ** 2).mean()
  return Loss(d=lambda r, memory: ({'looks': (error(r.on_real[1], r.real.c['look'], 1.)
                                              + error(r.on_fake[1], r.fake.c['to'], 0.))},
                                   memory),
              g=lambda r, memory: ({'looks': error(r.on_fake[1], r.fake.c['to'], 1.)}, memory))


def reconstruction(weight: float = 10.) -> Loss:
  """weight E |image - G(G(image, to), look)| (eq. 4)."""
  def g(r, memory):
    c = r.fake.c
    back = r.G(r.z, {'image': r.fake.x, 'look': c['to'], 'to': c['look']})
    return {'reconstruction': weight * distance(jnp.abs, c['image'], back)}, memory
  return Loss(g=g)
