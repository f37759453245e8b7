"""The only place that maps over devices and talks to other processes."""
import contextlib
import ctypes
import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgan import axis
from jaxgan.io.errors import LOST, Failure
from jaxgan.types import PyTree

SILENCE = 20  # seconds after which a process that says nothing is lost
SIGNS = ('Gloo', 'Connection reset', 'Connection closed', 'Broken pipe', 'heartbeat',
         'UNAVAILABLE', 'remote process', 'ncclRemoteError')  # of a lost process, in errors
MISSED = ('another process was lost, or JAX gave up (what it said is above): start all again, '
          'on as many as there are, and the run goes on from its last checkpoint')
BATCHES = P(None, None, axis.NAME)  # [K, batches, B, ...], B sharded over the devices


def mesh(devices: Sequence[jax.Device] | None = None) -> Mesh:
  """These devices (default: all) in a row, process by process: a process's share is a slice."""
  row = np.asarray(sorted(devices or jax.devices(), key=lambda d: (d.process_index, d.id)))
  return Mesh(row, (axis.NAME,), axis_types=(AxisType.Auto,))


def device_map(f: Callable, mesh: Mesh, in_specs: tuple[PyTree, ...], kind: str = 'shard_map',
               donate: tuple[int, ...] = (), out_specs: PyTree = P()) -> Callable:
  """Compiles per-device code; inputs are sharded as `in_specs` says, outputs are shared, or,
  under 'shard_map', sharded as `out_specs` says.

  Both kinds give the same bits. `check_vma` stays on under 'shard_map': it finds an
  average forgotten in `f` at trace time, which 'pmap' accepts silently.
  """
  if kind == 'shard_map':
    mapped = jax.shard_map(f, mesh=mesh, in_specs=in_specs, out_specs=out_specs)
    return jax.jit(mapped, donate_argnums=donate)
  axes = tuple(spec.index(axis.NAME) if axis.NAME in spec else None for spec in in_specs)
  mapped = jax.pmap(f, axis.NAME, in_axes=axes, out_axes=None, donate_argnums=donate)

  def call(*args):
    return mapped(*(split(arg, i) for arg, i in zip(args, axes, strict=True)))

  def split(tree, i):  # [.., b N, ..] -> [.., N, b, ..], as pmap wants it
    if i is None:
      return tree
    n = jax.local_device_count()
    return jax.tree.map(lambda a: a.reshape(*a.shape[:i], n, -1, *a.shape[i + 1:]), tree)

  return call


def put(batches: PyTree, mesh: Mesh, kind: str, spec: P = BATCHES) -> PyTree:
  """This process's share of batches [K, batches, B, ...], where `device_map` wants it.

  `pmap` moves host arrays itself.
  """
  if kind == 'pmap':
    return batches
  sharding = NamedSharding(mesh, spec)
  return jax.tree.map(
      lambda a: jax.make_array_from_process_local_data(sharding, a), batches)


def everywhere(mesh: Mesh) -> NamedSharding:
  """Arrays that every device has whole."""
  return NamedSharding(mesh, P())


def sharded(mesh: Mesh) -> NamedSharding:
  """Arrays [B, ...], B sharded over the devices."""
  return NamedSharding(mesh, P(axis.NAME))


def replicate(tree: PyTree, mesh: Mesh) -> PyTree:
  """Host arrays, the same in every process, as arrays on every device."""
  return place(tree, mesh, jax.tree.map(lambda a: P(), tree))


def place(tree: PyTree, mesh: Mesh, specs: PyTree) -> PyTree:
  """Host arrays, the same in every process, on the devices as the specs say."""
  def put(a, spec):
    a = np.asarray(a)
    return jax.make_array_from_callback(a.shape, NamedSharding(mesh, spec), lambda at: a[at])
  return jax.tree.map(put, tree, specs)


def collected(tree: PyTree, mesh: Mesh) -> PyTree:
  """Arrays on devices, whole, as NumPy: one after the other, for devices may not have room for
  all. All processes must call it."""
  return jax.tree.map(lambda a: local(gatherer(mesh)(a)), tree)


@functools.cache
def gatherer(mesh: Mesh) -> Callable:
  return jax.jit(lambda a: a, out_shardings=everywhere(mesh))


def local(tree: PyTree) -> PyTree:
  """Replicated arrays as NumPy; what is there already stays."""
  jax.block_until_ready(tree)  # raises what np.asarray would wait for without end
  here = lambda a: np.asarray(a.addressable_data(0)) if isinstance(a, jax.Array) else a
  return jax.tree.map(here, tree)


def from_first(value: PyTree) -> PyTree:
  """Process 0's arrays, in every process, to the bit; one after the other, as `collected`.

  They travel as bytes: JAX broadcasts by adding zeros, which makes -0.0 a +0.0.
  """
  if jax.process_count() == 1:
    return value

  def sent(a):
    a = np.asarray(a)
    raw = multihost_utils.broadcast_one_to_all(np.frombuffer(a.tobytes(), np.uint8))
    return np.frombuffer(np.asarray(raw).tobytes(), a.dtype).reshape(a.shape)
  return jax.tree.map(sent, value)


def highest(values: Sequence[int]) -> list[int]:
  """The highest of the processes' values, one by one, in every process."""
  if jax.process_count() == 1:
    return [int(value) for value in values]
  gathered = multihost_utils.process_allgather(np.asarray(values, np.int32))
  return [int(value) for value in np.max(gathered, axis=0)]


def together(f: Callable[[], Any]) -> Any:
  """f(), in every process; a Failure in one is raised in all, so that none waits for it."""
  found, error = None, None
  try:
    found = f()
  except Failure as e:
    error = e
  code = highest([error.code if error else 0])[0]
  if code:
    raise error or Failure('another process has failed: its message says why', code)
  return found


def check_alone(mode: str) -> None:
  """Raises Failure if there are several processes."""
  if jax.process_count() > 1:
    raise Failure(f'--mode={mode} is for one process, not {jax.process_count()}: start it '
                  'without srun, mpirun or --num_processes')


def check_batch(batch: int) -> None:
  """Raises Failure unless the batch divides over the devices."""
  n = jax.device_count()
  if batch % n:
    near = sorted({max(batch // n, 1) * n, (batch // n + 1) * n})
    raise Failure(f'batch {batch} does not divide over {n} devices: try '
                  + ' or '.join(f'--batch={b}' for b in near))


def initialize(address: str | None, process_id: int | None, processes: int | None) -> None:
  """Joins the other processes, if the flags or the launcher's environment name any.

  SLURM, Open MPI and TPU pods tell JAX all it needs. Raises Failure if the flags are not
  given together, or the processes do not find each other.
  """
  given = [value is not None for value in (address, process_id, processes)]
  if any(given) and not all(given):
    raise Failure('--coordinator_address, --process_id and --num_processes go together: '
                  'give all three, or none under SLURM, Open MPI or on a TPU pod')
  if all(given) and not 0 <= process_id < processes:
    raise Failure(f'--process_id={process_id} is not one of 0 to {processes - 1}, as '
                  f'--num_processes={processes} has it')
  if not any(given) and not launched_together(os.environ):
    return
  try:
    jax.distributed.initialize(address, processes, process_id,
                               heartbeat_timeout_seconds=SILENCE)
  except Exception as e:
    where = address or 'the address that the launcher gave'
    raise Failure(f'the processes did not find each other at {where}: '
                  f'{str(e).splitlines()[0]}', LOST)
  ctypes.CDLL(None).signal(signal.SIGABRT, abandoned)
  with missing_nobody():
    highest([0])  # now, for they wait but half a minute for a first word of each other


@ctypes.CFUNCTYPE(None, ctypes.c_int)
def abandoned(signum: int) -> None:
  """What JAX's abort() comes to, in a thread of its own, when it misses another process: no
  exception could be caught."""
  os.write(2, f'\njaxgan: {MISSED}\n'.encode())
  os._exit(LOST)


@contextlib.contextmanager
def missing_nobody():
  """Raises Failure (6) where JAX says that another process does not answer."""
  try:
    yield
  except jax.errors.JaxRuntimeError as e:
    if several() and any(sign in str(e) for sign in SIGNS):
      raise Failure(f'{MISSED} ({str(e).splitlines()[0]})', LOST) from e
    raise


def several() -> bool:
  """Whether this process is one of several."""
  return jax.distributed.is_initialized()


def leave(code: int) -> None:
  """Ends this process at once: at exit JAX waits for the others, which may wait for it."""
  for stream in (sys.stdout, sys.stderr):
    with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, full, or none
      stream.flush()
  os._exit(code)


def launched_together(env: Any) -> bool:
  """Whether a launcher that JAX recognises started more than one process."""
  counts = [env.get('SLURM_STEP_NUM_TASKS') if 'SLURM_STEP_NODELIST' in env else None,
            env.get('OMPI_COMM_WORLD_SIZE'), env.get('MEGASCALE_NUM_SLICES')]
  workers = [env.get(name, '').split(',')
             for name in ('TPU_WORKER_HOSTNAMES', 'TPU_PROCESS_ADDRESSES')]
  return any(int(count or 1) > 1 for count in counts) or any(len(w) > 1 for w in workers)
