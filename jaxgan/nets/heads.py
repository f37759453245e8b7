"""What D says at its end, of features h [B, F] and the class c, int [B]: (logits [B], out).

Each is called inside a network; `dense(n)` there makes a dense layer of n outputs, with
that network's initialiser and spectral norm; `dense(n, use_bias=False)`, an embedding, when it
is given one-hot vectors.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

from jaxgan.types import Array

Dense = Callable[..., Callable[[Array], Array]]
Head = Callable[[Array, Array | None, Dense], tuple[Array, dict]]


def linear(h: Array, c: Array | None, dense: Dense) -> tuple[Array, dict]:
  """Is it real?"""
  return dense(1)(h)[:, 0], {}


def projection(classes: int) -> Head:
  """Is it real, and of this class? The linear logit + <h, a vector of class c> (Miyato &
  Koyama, 2018, arXiv:1802.05637, eq. 3)."""
  def head(h, c, dense):
    embedding = dense(h.shape[1], use_bias=False)(jax.nn.one_hot(c, classes))
    return dense(1)(h)[:, 0] + (h * embedding).sum(1), {}
  return head


def classifier(classes: int) -> Head:
  """Is it real, and of which class? out['classes'], logits [B, K] (AC-GAN)."""
  return lambda h, c, dense: (dense(1)(h)[:, 0], {'classes': dense(classes)(h)})


def with_fake_class(classes: int) -> Head:
  """Which class is it, or is it fake? K logits l, out['classes'], and the fake one fixed at
  0, so that D's logit is logsumexp(l) (Salimans et al., 2016, arXiv:1606.03498, section 5)."""
  def head(h, c, dense):
    logits = dense(classes)(h)
    return logsumexp(logits, axis=1), {'classes': logits}
  return head


def multi_hinge(classes: int) -> Head:
  """The same with K + 1 free logits, out['classes'], the last for fakes; D's logit is class
  c's less the fake one's (Kavalerov et al., 2021, arXiv:1912.04216)."""
  def head(h, c, dense):
    logits = dense(classes + 1)(h)
    own = jnp.take_along_axis(logits, c[:, None], axis=1)[:, 0]
    return own - logits[:, -1], {'classes': logits}
  return head


def codes(categories: int, continuous: int, width: int = 128) -> Head:
  """Is it real, and which codes made it? out['category'], logits [B, K], and
  out['continuous'], means [B, M] (InfoGAN: Chen et al., 2016, arXiv:1606.03657)."""
  def head(h, c, dense):
    q = jax.nn.leaky_relu(dense(width)(h), .1)
    return dense(1)(h)[:, 0], {'category': dense(categories)(q),
                               'continuous': dense(continuous)(q)}
  return head


def embedding(classes: int, width: int) -> Head:
  """The projection's logit, and unit vectors [B, E] of the image, out['embedding'], and of
  its class c, out['proxy'], which contrastive losses pull together (Kang & Park, 2020,
  arXiv:2006.12681)."""
  unit = lambda a: a / jnp.sqrt((a ** 2).sum(1, keepdims=True) + 1e-12)

  def head(h, c, dense):
    hot = jax.nn.one_hot(c, classes)
    logits, _ = projection(classes)(h, c, dense)
    proxy = unit(dense(width, use_bias=False)(hot))
    return logits, {'embedding': unit(dense(width)(h)), 'proxy': proxy}
  return head
