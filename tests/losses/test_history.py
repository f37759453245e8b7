"""The history of fakes: it fills, exchanges half, keeps what it was given, on any devices."""
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rounds
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan.losses import history
from jaxgan.losses.base import Loss
from jaxgan.types import Batch

SIZE, B = 16, 8
ONE = Batch(jax.ShapeDtypeStruct((), jnp.float32), jax.ShapeDtypeStruct((), jnp.int32))
SEEN = Loss(d=lambda round, memory: ({'x': axis.gather(round.fake.x), 'c': axis.gather(
    round.fake.c), 'logits': axis.gather(round.on_fake[0])}, memory + 1),
            g=lambda round, memory: ({'g': memory}, memory), init=lambda: jnp.zeros(()))
LOSS = history.pooled(SEEN, SIZE, ONE)


def played(steps, devices=1):
  """What D is shown in steps whose fakes are numbered 1, 2, ..; c is the number too."""
  numbers = 1 + np.arange(steps * B).reshape(steps, B)
  fakes = Batch(numbers.astype(np.float32), numbers.astype(np.int32))

  def on_device(fakes, memory):
    def step(memory, at):
      i, fake = at
      round = rounds.of(fake=fake, key=jax.random.fold_in(rng.root(0), i),
                        D=lambda x, c, draws: (10. * x, {}))
      terms, memory = LOSS.d(round, memory)
      return axis.mean(memory), terms
    memory, shown = jax.lax.scan(step, axis.mean(memory), (jnp.arange(steps), fakes))
    return axis.mean(shown), memory
  mesh = parallel.mesh(jax.devices()[:devices])
  mapped = parallel.device_map(on_device, mesh, (P(None, 'data'), P()))
  shown, memory = jax.tree.map(np.asarray, mapped(fakes, LOSS.init()))
  return [jax.tree.map(lambda a: a[i], shown) for i in range(steps)], memory


@functools.cache
def run(devices):
  return played(200, devices)


def test_the_first_fakes_fill_the_pool_and_are_judged_as_they_are():
  shown, memory = played(2)
  np.testing.assert_array_equal(np.concatenate([s['x'] for s in shown]), np.arange(1, 17))
  np.testing.assert_array_equal(memory['pool'].x, np.arange(1, 17))
  assert memory['filled'] == SIZE and memory['loss'] == 2  # the loss's own goes on


def test_half_are_of_earlier_steps_and_none_twice():
  """A fake that went into the pool comes out at most once: it changed places."""
  shown, memory = run(1)
  x = np.stack([s['x'] for s in shown])
  fresh = np.arange(1, x.size + 1).reshape(x.shape)
  assert set(x[2:][x[2:] == fresh[2:]]).isdisjoint(memory['pool'].x)
  earlier = (x != fresh)[2:].mean()
  assert earlier == pytest.approx(.5, abs=.05)
  assert (x <= fresh.max(1, keepdims=True)).all()
  later = x[2:].ravel()
  assert len(set(later)) == later.size
  # a fake stays for a geometric number of steps: each place is taken with B / SIZE / 2
  age = (fresh[2:] - x[2:])[x[2:] != fresh[2:]] / B
  assert 2 < age.mean() < 6


def test_conditions_and_logits_are_those_of_the_fakes():
  shown, memory = run(1)
  for s in shown:
    np.testing.assert_array_equal(s['x'], s['c'])
    np.testing.assert_array_equal(10 * s['x'], s['logits'])
  np.testing.assert_array_equal(memory['pool'].x, memory['pool'].c)


def test_devices_share_one_pool():
  for a, b in zip(jax.tree.leaves(played(12, 1)), jax.tree.leaves(played(12, 4))):
    np.testing.assert_array_equal(a, b)


def test_the_loss_of_g_is_as_it_was():
  memory = LOSS.init()
  terms, after = LOSS.g(rounds.of(), memory)
  assert terms == {'g': 0} and jax.tree.all(jax.tree.map(np.array_equal, after, memory))


def test_a_batch_larger_than_the_pool():
  loss = history.pooled(SEEN, B - 1, ONE)
  with pytest.raises(ValueError, match='history of 7 fakes is smaller than the batch of 8'):
    rounds.terms(loss.d, loss.init(), fake=Batch(np.zeros(B, np.float32), np.arange(B)))
