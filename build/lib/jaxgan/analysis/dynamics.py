"""The game as a dynamical system: its vector field, and that field's Jacobian.

Two players who move at once, each down its own loss, follow v(theta) = (-dL_g/dg, -dL_d/dd),
theta = (g, d) (Mescheder et al., 2017, arXiv:1705.10461). At rest, v = 0, the eigenvalues of
v' decide: steps of size h draw in what has |1 + h eigenvalue| < 1, which needs negative real
parts, and steps the smaller the larger the imaginary ones, for v' turns (ibid., section 3;
2018, arXiv:1801.04406). Elsewhere they tell how the game bends there (Berard et al., 2020,
arXiv:1906.04848).

The functions of a GAN are code for one device of `parallel.device_map`. They differentiate
in reverse only, for the convolutions of `nets/conv.py` have no forward mode.
"""
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from jaxgan import axis
from jaxgan import gan as game
from jaxgan.types import Array, Batch, Key, PyTree, TrainState


def players(state: TrainState) -> PyTree:
  """theta: {'g', 'd'}, which flattens to d's parameters and then g's, the order of names."""
  return {'g': state.g.params, 'd': state.d.params}


def field(gan: game.GAN, state: TrainState, batch: Batch, key: Key) -> PyTree:
  """v, like `players`: what `gan.simultaneous` takes a step of, for optimisers that are SGD."""
  v, theta = share(gan, state, batch, key)
  return ravel_pytree(players(state))[1](axis.mean(v(theta)))


def product(gan: game.GAN, state: TrainState, batch: Batch, key: Key, u: Array) -> Array:
  """v' u, for u [n] over the flattened players; twice to thrice the work of v."""
  v, theta = share(gan, state, batch, key)
  return axis.mean(pushforward(v, theta)(axis.vary(u)))


def jacobian(gan: game.GAN, state: TrainState, batch: Batch, key: Key) -> Array:
  """v' itself, [n, n]: for games of up to some thousand parameters."""
  v, theta = share(gan, state, batch, key)
  return axis.mean(jax.jacrev(v)(theta))


def share(gan: game.GAN, state: TrainState, batch: Batch, key: Key) -> tuple[Callable, Array]:
  """-> (this device's part of v as a function of theta [n], theta here); v is the parts' mean.

  A batch norm makes each part depend on every device's theta, and reverse mode adds all
  that up: the mean of what any derivative of the parts gives is that derivative of v.
  """
  here = axis.vary(state)
  theta, unravel = ravel_pytree(players(here))

  def losses(params):
    round, _ = gan.play(gan, game.with_params(here, **params), batch, key)
    d_terms, memory = gan.loss.d(round, here.memory['loss'])
    g_terms, _ = gan.loss.g(round, memory)
    return {'g': game.total(g_terms), 'd': game.total(d_terms)}

  def v(theta):
    _, pull = jax.vjp(losses, unravel(theta))
    down = lambda role: axis.vary({r: jnp.float32(-(r == role)) for r in 'gd'})
    return ravel_pytree({role: pull(down(role))[0][role] for role in 'gd'})[0]

  return v, theta


def pushforward(f: Callable, at: PyTree) -> Callable:
  """u -> f'(at) u by reverse mode: w -> f'(at)^T w is linear, so its transpose, which is what
  reverse mode makes of it, is f'(at) (Townsend, 2017, "A new trick for calculating Jacobian
  vector products")."""
  out, pull = jax.vjp(f, at)
  _, push = jax.vjp(lambda w: pull(w)[0], out)
  return lambda u: push(u)[0]


def arnoldi(A: Callable, n: int, steps: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
  """The outermost eigenvalues of a linear map u [n] -> A(u), from `steps` products
  -> (values, complex [k], largest first; bounds [k]: |A y - value y| for its unit vector y).

  All of them if steps = n; a repeated one once. Arnoldi's method with each vector made
  orthogonal twice (Saad, 2011, Numerical Methods for Large Eigenvalue Problems, section 6.2).
  """
  draw = np.random.default_rng(seed).normal(size=n).astype(np.float32)
  basis, H = np.zeros((steps + 1, n), np.float32), np.zeros((steps + 1, steps))
  basis[0] = draw / np.linalg.norm(draw)
  for j in range(steps):
    k, u = j + 1, np.array(A(basis[j]))
    for _ in range(2):
      along = basis[:k] @ u
      u -= along @ basis[:k]
      H[:k, j] += along
    H[k, j] = np.linalg.norm(u)
    if H[k, j] <= 1e-6 * np.abs(H).max():  # the rest is rounding: A stays in this subspace
      break
    basis[k] = u / H[k, j]
  values, vectors = np.linalg.eig(H[:k, :k])
  order = np.argsort(-np.abs(values))
  return values[order].astype(complex), (H[k, k - 1] * np.abs(vectors[-1]))[order]


def summary(values: np.ndarray) -> dict[str, float]:
  """What eigenvalues say of convergence: 'max_real', above 0 where something runs away, and
  'max_imag_over_real', the turning that small steps must undo; values a thousandth of the
  largest are rounding, and left out."""
  kept = values[np.abs(values) >= 1e-3 * np.abs(values).max()]
  with np.errstate(divide='ignore', invalid='ignore'):
    turn = np.abs(kept.imag / kept.real)
  return {'max_real': float(kept.real.max()), 'max_imag_over_real': float(turn.max())}
