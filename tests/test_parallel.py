"""One run, whatever it is sharded over."""
import dataclasses
import unittest.mock

import jax
import numpy as np
import optax
import pytest
import tiny
from jax.sharding import PartitionSpec as P

from jaxgan import axis, parallel, rng
from jaxgan import gan as game
from jaxgan.io.errors import Failure
from jaxgan.losses import adversarial, penalties
from jaxgan.losses.base import Loss
from jaxgan.nets import layers, mlp

ONE, FOUR = slice(1), slice(4)


@pytest.mark.parametrize('order', [game.alternating, game.simultaneous])
@pytest.mark.parametrize('name', tiny.GANS)
def test_one_and_four_devices_agree(name, order):
  """With SGD, for Adam would make steps of what is only rounding."""
  gan = tiny.GANS[name](order=order)
  one, four = (tiny.trained(gan, jax.devices()[n]) for n in (ONE, FOUR))
  assert tiny.furthest(one, four) < 1e-6


@pytest.mark.parametrize('name', tiny.GANS)
def test_pmap_gives_the_bits_of_shard_map(name):
  gan = tiny.GANS[name](g_tx=optax.adam(1e-3), d_tx=optax.adam(1e-3))
  a, b = (tiny.trained(gan, jax.devices(), kind=kind) for kind in ('shard_map', 'pmap'))
  assert tiny.same(a, b)


def collectives(gan):
  """How often devices talk in a compiled step, by kind."""
  args = (tiny.initial(gan, jax.devices()), tiny.batches(1, gan.d_steps), np.int32(1),
          rng.root(0))
  text = tiny.steps(gan, jax.devices()).lower(*args).compile().as_text()
  return {kind: text.count(f' {kind}(') for kind in ('all-reduce', 'all-gather',
                                                     'reduce-scatter', 'all-to-all')}


@pytest.mark.parametrize('changes,moves', [
    ({}, 2), ({'d_steps': 3}, 4), ({'order': game.simultaneous}, 1),
    ({'loss': adversarial.relativistic() + penalties.r1(1.) + penalties.r2(1.)}, 2)])
def test_one_all_reduce_a_move(changes, moves):
  """Whatever the number of parameters, second derivatives or not."""
  deep = dict(generator=mlp.Generator((8, 8, 8), tiny.SHAPE),
              discriminator=mlp.Discriminator((8, 8, 8), layers.leaky_relu(.2)))
  for more in ({}, deep):
    found = collectives(dataclasses.replace(tiny.mlp_gan(**changes), **more))
    assert found == {'all-reduce': moves, 'all-gather': 0, 'reduce-scatter': 0,
                     'all-to-all': 0}


def test_one_exchange_a_batch_norm():
  """And one on the way back. G has two: in D's move they are passed by the fakes, in its own
  there and back; D has one: in its move passed there and back by reals and fakes, in G's by
  fakes."""
  there, back = 2 + 2 + 2 + 1, 2 + 2 + 1
  assert collectives(tiny.conv_gan()) == {'all-reduce': 2, 'all-gather': there,
                                          'reduce-scatter': back, 'all-to-all': 0}


def test_penalty_gradients_do_not_grow_with_devices():
  """Second derivatives through the networks are averaged once, too."""
  def slope(r, memory):
    grad = jax.grad(lambda x: r.D(x, r.real.c)[0].sum())(r.real.x)
    return {'slope': (grad**2).sum() / len(grad)}, memory
  gan = tiny.conv_gan()
  gan = tiny.conv_gan(loss=gan.loss + Loss(d=slope))
  one, four = (tiny.updated(gan, 'd', jax.devices()[n])[1] for n in (ONE, FOUR))
  assert tiny.furthest(one, four) < 1e-6


def test_noise_differs_between_examples_and_not_with_devices():
  def draw(key):
    keys = rng.per_example(key, axis.example_ids(8 // jax.lax.axis_size(axis.NAME)))
    mine = jax.vmap(jax.random.normal)(keys)
    return jax.lax.all_gather(mine, axis.NAME, tiled=True)
  draws = []
  for kind in (ONE, FOUR):
    mesh = parallel.mesh(jax.devices()[kind])
    mapped = jax.shard_map(draw, mesh=mesh, in_specs=P(), out_specs=P(), check_vma=False)
    draws.append(np.asarray(jax.jit(mapped)(rng.root(0))))
  np.testing.assert_array_equal(*draws)
  assert len(set(draws[0])) == 8


def test_an_unsynchronised_average_is_found_at_trace_time():
  local = lambda x: x.mean()
  with pytest.raises(ValueError, match='replicat'):
    parallel.device_map(local, parallel.mesh(), (P('data'),))(np.ones(8, np.float32))


@pytest.mark.parametrize('batch,near', [(6, '--batch=4 or --batch=8'),
                                        (7, '--batch=4 or --batch=8'), (1, '--batch=4')])
def test_batch_that_does_not_divide(batch, near):
  with pytest.raises(Failure, match=f'batch {batch} does not divide over 4 devices.*{near}'):
    parallel.check_batch(batch)
  parallel.check_batch(8)


def test_launchers_are_recognised():
  assert parallel.launched_together({'SLURM_STEP_NUM_TASKS': '2',
                                     'SLURM_STEP_NODELIST': 'n[1-2]'})
  assert parallel.launched_together({'OMPI_COMM_WORLD_SIZE': '4'})
  assert parallel.launched_together({'TPU_WORKER_HOSTNAMES': 'a,b'})
  assert parallel.launched_together({'MEGASCALE_NUM_SLICES': '2'})
  assert parallel.launched_together({'TPU_PROCESS_ADDRESSES': 'a:1,b:1'})
  assert not parallel.launched_together({'SLURM_NTASKS': '2'})  # sbatch without srun
  assert not parallel.launched_together({'OMPI_COMM_WORLD_SIZE': '1'})
  assert not parallel.launched_together({'TPU_WORKER_HOSTNAMES': 'localhost'})


@pytest.mark.parametrize('flags', [('a:1', None, None), (None, 0, 2), ('a:1', 2, 2)])
def test_incomplete_addresses_are_refused(flags):
  with pytest.raises(Failure):
    parallel.initialize(*flags)


def test_processes_speak_as_soon_as_they_have_found_each_other(monkeypatch):
  """Gloo gives up half a minute after the first who does; process 0 may train a classifier."""
  said = []
  monkeypatch.setattr(jax.distributed, 'initialize', lambda *args, **kw: said.append('found'))
  monkeypatch.setattr(parallel, 'highest', lambda values: said.append('spoken'))
  monkeypatch.setattr(parallel.ctypes, 'CDLL', unittest.mock.Mock())
  parallel.initialize('localhost:1', 0, 2)
  assert said == ['found', 'spoken']
