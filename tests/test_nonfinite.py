"""Numbers that are not finite: the update is left out, counted, and at last the run ends."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny

from jaxgan import checkpoint, experiment, log, train
from jaxgan import gan as game
from jaxgan.data import digits
from jaxgan.errors import Failure
from jaxgan.losses.base import Loss
from jaxgan.types import Places


def bomb(role, kind='value', last=100):
  """A term that is not finite, or has no finite gradient, in steps 1 to `last`."""
  def term(r, memory):
    bad = (r.step >= 1) & (r.step <= last)
    x = r.on_fake[0].mean()
    if kind == 'value':
      return {'bomb': jnp.where(bad, jnp.nan, 0.) + 0 * x}, memory
    return {'bomb': 0 * jnp.sqrt(jnp.where(bad, x * 0, x ** 2 + 1))}, memory
  return Loss(**{role: term})


@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
@pytest.mark.parametrize('kind', ['value', 'gradient'])
@pytest.mark.parametrize('role,rival', ['dg', 'gd'])
def test_the_update_is_left_out(role, rival, kind, order):
  """Nothing of the player moves, nor G's average with G; the rival goes on, unless both
  pull on one shared backward pass, where 0 times NaN reaches it too."""
  plain = tiny.conv_gan(d_tx=optax.adam(1e-2), g_tx=optax.adam(1e-2), order=order)
  gan = tiny.conv_gan(d_tx=plain.d_tx, g_tx=plain.g_tx, order=order,
                      loss=plain.loss + bomb(role, kind))
  one, _ = tiny.trained(gan, jax.devices()[:1], n=1)
  three, terms = tiny.trained(gan, jax.devices()[:1], n=3)
  assert tiny.same(getattr(one, role), getattr(three, role))
  assert (terms[f'{role}/skipped'], terms[f'{role}/skipped_in_a_row']) == (2, 2)
  if kind == 'value' or order is game.alternating:
    assert not tiny.same(getattr(one, rival).params, getattr(three, rival).params)
    assert tiny.same(one.ema, three.ema) == (role == 'g')
    assert terms[f'{rival}/skipped'] == 0 and three.step == 3
  assert all(np.isfinite(a).all() for a in jax.tree.leaves(three))


def test_the_count_of_a_row_ends_with_it():
  gan = tiny.mlp_gan(loss=tiny.mlp_gan().loss + bomb('d', last=2))
  _, terms = tiny.trained(gan, jax.devices(), n=5)
  assert (terms['d/skipped'], terms['d/skipped_in_a_row']) == (2, 0)


def run(**changes):
  loss = tiny.mlp_gan().loss + bomb('g', last=10**6)
  one = experiment.Experiment(
      tiny.mlp_gan(loss=loss), digits.load(), batch=8, steps=1000, log_every=5, save_every=5,
      eval_every=0, sample_every=0, **changes)
  return experiment.Run('digits', {}, one)


def test_a_run_that_cannot_go_on_ends(tmp_path):
  message = r'updates of g in a row, from step 2 to .*g/bomb = nan'
  with pytest.raises(Failure, match=message) as e:
    train.train([run(max_nonfinite=20)], [tmp_path], Places(), 'shard_map')
  assert e.value.code == 3
  assert [r['g/skipped'] for r in log.read(tmp_path / 'metrics.jsonl')][:3] == [4, 9, 14]
  newest = checkpoint.steps(tmp_path / 'checkpoints')[-1]
  state = checkpoint.verified(tmp_path / 'checkpoints' / str(newest))
  assert all(np.isfinite(a).all() for a in state.values())
