"""What D says at its end, by hand from its parameters."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp

from jaxgan.nets import heads, layers, mlp

C = np.array([2, 0, 1])
X = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)


def applied(head):
  net = mlp.Discriminator((4,), layers.leaky_relu(.2), head=head)
  variables = net.init(jax.random.key(0), X, C, train=False)
  (logits, out), params = net.apply(variables, X, C, train=False), variables['params']

  def dense(i, h):  # an embedding has no bias
    layer = params[f'Dense_{i}']
    return h @ layer['kernel'] + layer.get('bias', np.zeros(1))[None]
  return np.asarray(logits), out, dense, out['features']


def test_linear():
  logits, out, dense, h = applied(heads.linear)
  np.testing.assert_allclose(logits, dense(1, h)[:, 0], rtol=1e-5)
  assert out.keys() == {'features'}


def test_projection():
  logits, _, dense, h = applied(heads.projection(3))
  told = dense(1, np.eye(3, dtype=np.float32)[C])
  np.testing.assert_allclose(logits, dense(2, h)[:, 0] + (h * told).sum(1), rtol=1e-5)


def test_with_fake_class():
  """D's logit is the log-odds of all real classes against the fake one, of logit 0."""
  logits, out, dense, h = applied(heads.with_fake_class(3))
  np.testing.assert_allclose(logits, logsumexp(dense(1, h), axis=1), rtol=1e-5)
  p_fake = 1 / (1 + np.exp(out['classes']).sum(1))
  np.testing.assert_allclose(1 / (1 + np.exp(-logits)), 1 - p_fake, rtol=1e-5)


def test_multi_hinge():
  logits, out, *_ = applied(heads.multi_hinge(3))
  assert out['classes'].shape == (3, 4)
  np.testing.assert_allclose(logits, out['classes'][np.arange(3), C] - out['classes'][:, 3],
                             rtol=1e-5)


@pytest.mark.parametrize('head,shapes', [
    (heads.classifier(3), {'classes': (3, 3)}),
    (heads.codes(5, 2), {'category': (3, 5), 'continuous': (3, 2)}),
    (heads.embedding(3, 7), {'embedding': (3, 7), 'proxy': (3, 7)})])
def test_shapes(head, shapes):
  logits, out, *_ = applied(head)
  assert logits.shape == (3,)
  assert {name: a.shape for name, a in out.items() if name != 'features'} == shapes
  if 'proxy' in out:
    np.testing.assert_allclose(jnp.linalg.norm(out['embedding'], axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(out['proxy'], axis=1), 1, rtol=1e-5)


def test_heads_are_spectrally_normalised_with_the_network():
  net = mlp.Discriminator((4,), layers.leaky_relu(.2), weights=layers.spectral,
                          head=heads.projection(3))
  stats = net.init(jax.random.key(0), X, C, train=False)['spectral']
  assert len(jax.tree.leaves(stats)) == 2 * 3, 'u and sigma of three dense layers'
