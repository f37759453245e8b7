"""StarGAN: sizes as published, what a look changes, its losses by hand, its data."""
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rounds

from jaxgan.data import looks, source
from jaxgan.losses import looks as losses
from jaxgan.nets import stargan
from jaxgan.types import Batch


def given(size, count, to=1):
  image = jax.random.normal(jax.random.key(0), (2, size, size, 3))
  look = lambda i: jax.nn.one_hot(jnp.full(2, i), count)
  return {'image': image, 'look': look(0), 'to': look(to)}


def count(net, *args):
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  return sum(a.size for a in jax.tree.leaves(shapes['params']))


def test_a_logit_for_each_look_by_hand():
  """A real image counts by its own look's, a fake by the one that it is asked to have."""
  logits = np.float32([[.5, 2.], [-1., 3.]])
  look, to = np.float32([[1, 0], [0, 1]]), np.float32([[0, 1], [1, 0]])
  c = {'look': look, 'to': to}
  how = dict(real=Batch(look, c), fake=Batch(look, c), on_real=(None, {'looks': logits}),
             on_fake=(None, {'looks': logits}))
  loss = losses.branches(2.)
  d, g = (rounds.terms(getattr(loss, role), (), **how)[0]['looks'] for role in 'dg')
  assert d == pytest.approx(2 * ((.25 + 4) / 2 + (4 + 1) / 2))
  assert g == pytest.approx(2 * (1 + 4) / 2)


def test_parameters_of_the_original():
  """yunjey's, of CelebA's five attributes at 128 pixels."""
  assert count(stargan.Generator(), None, given(32, 5)) == 8_430_528
  assert count(stargan.Discriminator(5), jnp.zeros((1, 128, 128, 3))) == 44_762_048


def test_the_wanted_look_matters_and_the_given_one_does_not():
  net, c = stargan.Generator(3, 4, 1), given(16, 3)
  x, variables = net.init_with_output(jax.random.key(0), None, c, train=False)
  assert x.shape == (2, 16, 16, 3) and abs(x).max() < 1
  again = lambda c: net.apply(variables, None, c, train=False)
  assert abs(again(given(16, 3, to=2)) - x).max() > 1e-3
  np.testing.assert_array_equal(again(c | {'look': c['to']}), x)
  (logits, out), _ = stargan.Discriminator(3, (4, 8)).init_with_output(
      jax.random.key(0), c['image'], c, train=False)
  assert logits.shape == (2, 4, 4) and out['looks'].shape == (2, 3)


def test_losses_by_hand():
  """G adds the wanted look's number to the image."""
  number = lambda look: (look * np.arange(3.)[None]).sum(1)[:, None, None, None]
  G = lambda z, c: c['image'] + number(c['to'])
  one = np.eye(3, dtype=np.float32)[[1, 1]]
  c = jax.tree.map(np.asarray, given(2, 3, to=2)) | {'look': one}
  fake, logits = Batch(G(None, c), c), np.log(np.float32([[.2, .3, .5]] * 2))
  how = dict(real=Batch(c['image'], c), fake=fake, on_real=(None, {'looks': logits}),
             on_fake=(None, {'looks': logits}))
  kind = losses.classification(2.)
  d, g = (rounds.terms(getattr(kind, role), (), **how)[0]['looks'] for role in 'dg')
  assert (d, g) == (pytest.approx(-2 * np.log(.3)), pytest.approx(-2 * np.log(.5)))
  back = rounds.terms(losses.reconstruction(10.).g, (), G=G, **how)[0]
  assert back['reconstruction'] == pytest.approx(10 * 3)  # + 2 and + 1 more


DIGITS = source.Arrays(Batch(np.random.default_rng(0).integers(
    0, 256, (200, 28, 28, 1)).astype(np.uint8)))


def test_each_digit_has_one_look_and_is_asked_for_in_any():
  data = looks.Looks(DIGITS, answers=False)
  ids = np.arange(200)
  one, other = data.drawn(ids, ids, 1), data.drawn(ids, ids + 200, 1)
  np.testing.assert_array_equal(one.x, other.x)
  np.testing.assert_array_equal(one.x, one.c['image'])
  assert .15 < (one.c['to'] == other.c['to']).mean() < .35
  assert np.bincount(one.c['look']).min() > 35 < np.bincount(one.c['to']).min()
  plain = one.c['look'] == 0
  np.testing.assert_array_equal(one.x[plain], DIGITS.batch.x[plain].repeat(3, -1))
  np.testing.assert_array_equal(one.x[one.c['look'] == 1],
                                255 - DIGITS.batch.x[one.c['look'] == 1].repeat(3, -1))


def test_the_answer_is_the_same_digit_in_the_wanted_look():
  batch = looks.Looks(DIGITS, answers=True)[np.arange(200)]
  same = batch.c['look'] == batch.c['to']
  np.testing.assert_array_equal(batch.x[same], batch.c['image'][same])
  inverted = batch.c['to'] == 1
  np.testing.assert_array_equal(batch.x[inverted], 255 - DIGITS.batch.x[inverted].repeat(3, -1))
  assert looks.show(batch.x, batch.c, batch.x).shape[2] == 3
