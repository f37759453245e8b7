"""State sharded over the devices: of optimisers' states and averages each keeps only the part
that it updates (ZeRO, stage 1: Rajbhandari et al., 2020, arXiv:1910.02054).

Gradients are averaged as ever; each device then finds the moves of its part of the parameters,
and all gather them. A checkpoint holds whole arrays, and knows nothing of it.
"""
import jax
import optax
from jax import lax
from jax.sharding import PartitionSpec as P

from jaxgan import axis
from jaxgan.types import PyTree, TrainState

MIXING = ('reduce_sum', 'reduce_max', 'reduce_min', 'dot_general', 'conv_', 'sort', 'cum', 'qr',
          'random', 'threefry')


def dimension(shape: tuple[int, ...], n: int) -> int | None:
  """Where an array is cut into n parts: the longest dimension that n divides, the first of
  those; None if there is none, and it stays whole."""
  fits = [i for i, size in enumerate(shape) if size and size % n == 0]
  return max(fits, key=lambda i: (shape[i], -i), default=None) if n > 1 else None


def shard(tree: PyTree) -> PyTree:
  """This device's parts of arrays that all devices have."""
  def cut(a):
    i = dimension(a.shape, axis.size())
    if i is None:
      return a
    size = a.shape[i] // axis.size()
    return lax.dynamic_slice_in_dim(a, lax.axis_index(axis.NAME) * size, size, i)
  return jax.tree.map(cut, tree)


def whole(parts: PyTree, like: PyTree) -> PyTree:
  """The arrays, of the shapes of `like`, that these are parts of."""
  def join(a, b):
    i = dimension(b.shape, axis.size())
    return a if i is None else lax.all_gather(a, axis.NAME, axis=i, tiled=True, to='invarying')
  return jax.tree.map(join, parts, like)


def moves(tx: optax.GradientTransformation) -> optax.GradientTransformation:
  """An optimiser, its state sharded: from whole gradients and parameters to whole moves."""
  def update(grads, state, params):
    updates, state = tx.update(shard(grads), state, shard(params))
    return whole(updates, grads), state
  return optax.GradientTransformation(tx.init, update)


def specs(state: TrainState, n: int) -> TrainState:
  """How each array of a state, given by its shape, lies on n devices."""
  spec = lambda i: P() if i is None else P(*[None] * i, axis.NAME)
  sharded = lambda tree: jax.tree.map(lambda a: spec(dimension(a.shape, n)), tree)
  everywhere = jax.tree.map(lambda a: P(), state)
  players = {role: getattr(everywhere, role).replace(opt=sharded(getattr(state, role).opt))
             for role in 'gd'}
  return everywhere.replace(ema=sharded(state.ema), **players)


def mixing(tx: optax.GradientTransformation, params: PyTree) -> list[str]:
  """The operations of an optimiser that mix the numbers of an array, as the norm of a gradient
  does, or draw them: they would do so for a part alone."""
  def names(jaxpr):
    for operation in jaxpr.eqns:
      yield operation.primitive.name
      for inner in jax.tree.leaves(list(operation.params.values()), is_leaf=is_program):
        if is_program(inner):
          yield from names(getattr(inner, 'jaxpr', inner))
  is_program = lambda a: hasattr(a, 'eqns') or hasattr(a, 'jaxpr')
  program = jax.make_jaxpr(lambda p: tx.update(p, tx.init(p), p))(params)
  return sorted({name for name in names(program.jaxpr) if name.startswith(MIXING)})
