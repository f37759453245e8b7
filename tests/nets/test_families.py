"""What holds of every family of networks: sizes, devices, half precision, parameter counts."""
import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from benchmarks.parameters import ORIGINALS, count
from jaxgan import gan as game
from jaxgan import parallel, priors, rng
from jaxgan.losses import adversarial, penalties
from jaxgan.nets import biggan, deep_conv, heads, layers, progressive, r3gan, resnet, stylegan2
from jaxgan.types import Batch

K, SHAPE = 3, (8, 8, 3)
PROJECTION = heads.projection(K)
STYLE = dict(channel_base=64, channel_max=8)
FAMILIES = {  # generator, discriminator, at 8x8
    'deep_conv': (deep_conv.Generator(SHAPE, (8, 4)), deep_conv.Discriminator((4, 8))),
    'sngan': (resnet.Generator(SHAPE, (8, 8)), resnet.Discriminator((8, 8), 1)),
    'sagan': (
        resnet.Generator(SHAPE, (8, 8), resnet.by_class(K), 8, layers.spectral),
        resnet.Discriminator((8, 8), 1, 4, head=PROJECTION)),
    'biggan': (
        resnet.Generator(SHAPE, (8, 8), biggan.chunks(K, 4), 8, layers.spectral),
        resnet.Discriminator((8, 8), 1, 4, head=PROJECTION)),
    'biggan_deep': (
        resnet.Generator(SHAPE, (8, 8), biggan.whole(K, 4), 8, layers.spectral,
                         functools.partial(biggan.DeepUp, depth=1)),
        biggan.DeepDiscriminator((8, 8), 1, 1, 4, head=PROJECTION)),
    'progressive': (
        progressive.Generator(SHAPE, 4, **STYLE), progressive.Discriminator(4, **STYLE)),
    'stylegan2': (
        stylegan2.Generator(SHAPE, K, 8, 2, **STYLE),
        stylegan2.Discriminator(K, 2, **STYLE)),
    'stylegan2_resnet': (
        stylegan2.Generator(SHAPE, K, 8, 2, architecture='resnet', **STYLE),
        stylegan2.Discriminator(K, 2, architecture='skip', **STYLE)),
    'r3gan': (
        r3gan.Generator(SHAPE, (16, 8), 1, classes=K, embedding=4),
        r3gan.Discriminator((8, 16), 1, classes=K))}
BATCH = Batch(tiny.batches(1, shape=SHAPE).x[0, 0], np.arange(8, dtype=np.int32) % K)


def gan(g, d):
  return game.GAN(g, d, priors.normal(8), adversarial.relativistic() + penalties.r1(.1),
                  optax.sgd(.02), optax.sgd(.02), ema=lambda step: .9)


def started(gan):
  init = parallel.device_map(lambda key: game.init(gan, BATCH, key),
                             parallel.mesh(jax.devices()[:1]), (P(),))
  return jax.tree.map(np.asarray, init(rng.root(1)))


def moved(gan, before, devices):
  """The state after D's and then G's move, with the terms of both."""
  def f(before, batch, key):
    state, d = game.update(gan, before, batch, key, 'd')
    state, g = game.update(gan, state, batch, key, 'g')
    return state, d | g
  mapped = parallel.device_map(f, parallel.mesh(devices), (P(), P('data'), P()))
  return jax.tree.map(np.asarray, mapped(before, BATCH, rng.root(1)))


QUICK = ['deep_conv']


@pytest.mark.parametrize('name', tiny.slow_but(QUICK, FAMILIES))
def test_one_and_four_devices_agree(name):
  """With a gradient penalty: first and second derivatives, noise and batch statistics."""
  family = gan(*FAMILIES[name])
  before = started(family)
  one, four = (moved(family, before, jax.devices()[:n]) for n in (1, 4))
  for a, b in zip(*map(jax.tree.leaves, (one, four))):
    np.testing.assert_allclose(a, b, atol=3e-5 * max(1, abs(a).max(initial=0)))
  state, terms = one
  assert all(np.isfinite(value) for value in terms.values()), terms
  for role in 'gd':
    assert tiny.furthest(getattr(before, role).params, getattr(state, role).params) > 1e-6


AGAIN = {'sngan': (resnet.Up, resnet.Down), 'r3gan': (r3gan.Block, r3gan.Block)}


@pytest.mark.slow
@pytest.mark.parametrize('name', AGAIN)
def test_recomputed_blocks_change_nothing(name):
  """Names, moves and statistics are the same, through a gradient penalty too."""
  nets = [dataclasses.replace(net, block=layers.recomputed(block))
          for net, block in zip(FAMILIES[name], AGAIN[name])]
  before = started(gan(*FAMILIES[name]))
  kept, again = (moved(gan(*each), before, jax.devices()[:1])
                 for each in (FAMILIES[name], nets))
  assert jax.tree.structure(kept) == jax.tree.structure(again)
  for a, b in zip(*map(jax.tree.leaves, (kept, again))):
    np.testing.assert_allclose(a, b, atol=3e-5 * max(1, abs(a).max(initial=0)))


def test_recomputed_blocks_keep_less_for_the_backward_pass():
  """Counted before the compiler: some XLA:CPU merge what is computed again with the first."""
  def bytes_kept(block):
    net = resnet.Discriminator((16,) * 8, 0, block=block, weights=layers.plain)
    x = jnp.zeros((16, 16, 16, 3))
    variables = jax.eval_shape(lambda: net.init(jax.random.key(0), x, train=True))
    backward = lambda v, x: jax.vjp(lambda v: net.apply(v, x, train=True)[0].sum(), v)[1]
    return sum(kept.size * kept.dtype.itemsize
               for kept in jax.tree.leaves(jax.eval_shape(backward, variables, x)))
  assert bytes_kept(layers.recomputed(resnet.Down)) < .5 * bytes_kept(resnet.Down)


@pytest.mark.parametrize('name', FAMILIES)
def test_shapes(name):
  g, d = FAMILIES[name]
  made = lambda net, x: jax.eval_shape(lambda: net.init_with_output(
      jax.random.key(0), jnp.zeros(x), jnp.arange(3), train=False))[0]
  x, (logits, out) = made(g, (3, 8)), made(d, (3, *SHAPE))
  assert x.shape == (3, *SHAPE) and x.dtype == jnp.float32
  assert logits.shape == (3,) and out['features'].shape[0] == 3


@pytest.mark.parametrize('name', tiny.slow_but(['stylegan2', 'r3gan'], FAMILIES))
def test_half_precision_is_near(name):
  """Where a family computes in bfloat16, as its original does in its half precision."""
  z, c = jax.random.normal(jax.random.key(0), (4, 8)), jnp.arange(4) % K
  for net, x in zip(FAMILIES[name], (z, .3 * z[:, :4, None, None] * jnp.ones((1, 1, 8, 3)))):
    x = x if net is FAMILIES[name][0] else jnp.repeat(x, 2, 1)
    fields = {field.name for field in dataclasses.fields(net)}
    half = {'dtype': jnp.bfloat16} if 'dtype' in fields else {'half': 2}
    if not fields & {'dtype', 'half'}:
      pytest.skip('the original computes in float32')
    low = dataclasses.replace(net, **half)
    init = jax.jit(lambda key: net.init(key, x, c, train=False))
    variables = jax.tree.map(lambda a: a + .1, init(jax.random.key(0)))
    a, b = (jax.tree.leaves(jax.jit(lambda v: n.apply(v, x, c, train=False))(variables))[0]
            for n in (net, low))
    assert a.dtype == b.dtype == jnp.float32
    assert 0 < abs(a - b).max() < .05 * abs(a).max() + .02
    text = str(jax.make_jaxpr(lambda v: low.apply(v, x, c, train=False))(variables))
    assert 'bf16' in text


@pytest.mark.parametrize('name', ORIGINALS)
def test_parameters_are_as_many_as_the_originals(name):
  g, z, g_count, d, size, d_count = ORIGINALS[name]
  c = jnp.zeros((2,), int)
  assert count(g, jnp.zeros((2, z)), c) == g_count
  assert count(d, jnp.zeros((2, size, size, 3)), c) == d_count
