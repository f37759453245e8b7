"""The tutorial's networks, to the parameter."""
import jax
import jax.numpy as jnp
import pytest

from jaxgan.nets import dcgan, layers, mlp


def count(net, *args):
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  return sum(a.size for a in jax.tree.leaves(shapes['params']))


def test_parameter_counts_are_the_tutorials():
  """2,330,944 with batch norm's 25,472 averages, and 212,865, as Keras prints them."""
  assert count(dcgan.Generator((28, 28, 1)), jnp.zeros((1, 100))) == 2_330_944 - 25_472
  assert count(dcgan.Discriminator(), jnp.zeros((1, 28, 28, 1))) == 212_865


def test_mlp_parameter_counts():
  dense = lambda *w: sum(a * b + b for a, b in zip(w, w[1:]))
  assert count(mlp.Generator((256, 512), (28, 28, 1)), jnp.zeros((1, 100))) == dense(
      100, 256, 512, 784)
  judge = mlp.Discriminator((512, 256), layers.leaky_relu(.2))
  assert count(judge, jnp.zeros((1, 28, 28, 1))) == dense(784, 512, 256, 1)


@pytest.mark.parametrize('shape', [(8, 8, 1), (28, 28, 3), (32, 16, 3)])
def test_shapes_and_ranges(shape):
  widths = (8, 8, 4) if shape[0] > 8 else (8, 4)
  x, _ = dcgan.Generator(shape, widths).init_with_output(
      jax.random.key(0), 9 * jnp.ones((3, 5)), train=False)
  assert x.shape == (3, *shape) and abs(x).max() <= 1
  (logits, out), _ = dcgan.Discriminator((4,)).init_with_output(
      jax.random.key(0), x, train=False)
  assert logits.shape == (3,) and out.keys() == {'features'}


def test_half_precision_inside_and_float32_outside():
  """Near the float32 networks, with parameters and outputs in float32."""
  z = jax.random.normal(jax.random.key(1), (3, 5))
  for low, full, x in ((dcgan.Generator((8, 8, 1), (8, 4), dtype=jnp.bfloat16),
                        dcgan.Generator((8, 8, 1), (8, 4)), z),
                       (dcgan.Discriminator((8, 4), dtype=jnp.bfloat16),
                        dcgan.Discriminator((8, 4)), jnp.tanh(z[:, :1, None, None]
                                                              * jnp.ones((1, 8, 8, 1))))):
    variables = full.init(jax.random.key(0), x, train=False)
    assert jax.tree.all(jax.tree.map(lambda a: a.dtype == jnp.float32,
                                     low.init(jax.random.key(0), x, train=False)))
    out = [net.apply(variables, x, train=False) for net in (low, full)]
    a, b = (o if isinstance(o, jax.Array) else o[0] for o in out)
    assert a.dtype == jnp.float32 and 0 < abs(a - b).max() < .03
    shown = jax.make_jaxpr(lambda v: low.apply(v, x, train=False))(variables)
    assert 'bf16' in str(shown)
