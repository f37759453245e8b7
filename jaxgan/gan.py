"""A GAN is two players and the rules of their game; here the game is played.

All of it is code for one device of `parallel.device_map`: batches are this device's share,
and `axis.mean` joins what the devices found. No function here knows which loss, network,
penalty or augmentation it runs.
"""
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from jax import lax
from jax.extend.core import jaxpr_as_fun

from jaxgan import axis, rng, sharded
from jaxgan.augment.base import Augment, none
from jaxgan.losses.base import Loss, merge
from jaxgan.types import (
  Array,
  Batch,
  Key,
  Player,
  Prior,
  PyTree,
  Round,
  Schedule,
  Skips,
  Terms,
  TrainState,
)


def warmed_up(decay: float) -> Schedule:
  """EMA decay that lets the first steps go: min(decay, (1 + step) / (10 + step))."""
  return lambda step: jnp.minimum(decay, (1 + step) / (10 + step))


def half_life(images: float | Schedule, batch: int, ramp: float | None = None) -> Schedule:
  """EMA decay of a half-life in images, constant or images(step); with `ramp`, of at most that
  share of the images seen so far (Karras et al., 2020, arXiv:2006.06676: 500,000 and .05)."""
  def decay(step):
    life = images(step) if callable(images) else images
    life = life if ramp is None else jnp.minimum(life, ramp * batch * step)
    return .5 ** (batch / jnp.maximum(life, 1e-8))
  return decay


def play(gan: 'GAN', state: TrainState, batch: Batch, key: Key) -> tuple[Round, dict]:
  """One round: draw z, make fakes, judge both -> (Round, each role's next stats).

  D sees the real batch, then the fakes, each a pass of its own. Its averages over data,
  'batch_stats', go on from one to the other; what follows from its parameters alone, as
  spectral norm's u, moves once a round. What a role's objective does not use is
  unreachable, and compiled away.
  """
  at = lambda name: rng.named(key, name)
  ids = axis.example_ids(jax.tree.leaves(batch)[0].shape[0])
  strength = state.memory['augment']

  def judge(player, x, c, name):
    keys = rng.per_example(at(f'augment {name}'), ids)
    seen = gan.augment.apply(keys, x, strength), gan.augment.c(keys, c, strength)
    return forward(gan.discriminator, player, *seen, key=at(f'd {name}'))

  z, c = drawn(gan, rng.per_example(at('z'), ids), batch)
  x, g_stats = forward(gan.generator, state.g, z, c, key=at('g'))
  fake = Batch(x, c)
  on_real, d_stats = judge(state.d, *batch, 'real')
  averages = {name: s for name, s in d_stats.items() if name == 'batch_stats'}
  on_fake, d_stats = judge(state.d.replace(stats=state.d.stats | averages), *fake, 'fake')
  round = Round(
      state.step, at('loss'), z, batch, fake, on_real, on_fake,
      G=lambda z, c, **kw: forward(gan.generator, state.g, z, c, key=at('g'), **kw)[0],
      D=lambda x, c, draws='again': judge(state.d, x, c, draws)[0])
  return round, {'g': g_stats, 'd': d_stats}


def drawn(gan: 'GAN', keys: Key, batch: Batch) -> tuple[PyTree, PyTree]:
  """(z, c) of the fakes. The prior sees the conditions alone, as it does in sampling, which has
  no real x. Raises ValueError for one that looks at x."""
  try:
    return gan.prior(keys, Batch(None, batch.c))
  except (AttributeError, TypeError) as e:
    if 'None' not in str(e):
      raise
    raise ValueError(f'the prior cannot do with conditions alone ({e}): batch.x is None, for '
                     'samples are drawn without real examples; what G is to see must be in c'
                     ) from e


def forward(net: nn.Module, player: Player, *args, key: Key, **kw) -> tuple[PyTree, PyTree]:
  """Applies a network in training mode -> (its output, its next stats)."""
  return net.apply({'params': player.params, **player.stats}, *args, train=True,
                   rngs={'noise': key}, mutable=list(player.stats), **kw)


class Update(NamedTuple):
  """What a player's part of a round gives: on one device, then averaged over all."""
  grads: PyTree
  stats: PyTree
  memory: PyTree
  terms: Terms  # of the objective
  read: Terms = {}  # that are only logged


def gradients(gan: 'GAN', here: TrainState, batch: Batch, key: Key, role: str) -> Update:
  """One player's part of a round, by this device's (`axis.vary`) state and examples."""
  def objective(params):
    round, stats = gan.play(gan, with_params(here, **{role: params}), batch, key)
    terms, memory = getattr(gan.loss, role)(round, here.memory['loss'])
    return total(terms), (terms, read(gan, here, round), stats[role], memory, round)

  grads, (terms, logged, stats, memory, round) = jax.grad(objective, has_aux=True)(
      getattr(here, role).params)
  memory = {'loss': memory, 'augment': here.memory['augment']}
  if role == 'd':
    memory['augment'] = gan.augment.update(memory['augment'], round.on_real[0])
  return Update(grads, stats, memory, prefixed(role, terms),
                prefixed(role, logged if role == 'd' else {}))


def read(gan: 'GAN', here: TrainState, round: Round) -> Terms:
  """What the log shows of a round beside the objectives' terms."""
  of_loss = gan.loss.read(round, here.memory['loss'])
  return merge(of_loss, gan.augment.read(here.memory['augment']))


def own(gan: 'GAN', state: TrainState) -> TrainState:
  """The state as each device's own, by `axis.vary`; what is sharded is so already."""
  if not gan.sharded:
    return axis.vary(state)
  return jax.tree.map(lambda a, at: a if axis.NAME in at else axis.vary(a), state, gan.sharded)


def update(gan: 'GAN', state: TrainState, batch: Batch, key: Key, role: str):
  """One player's move -> (state, its terms). The rival's params and stats stay put."""
  mean = axis.mean(gradients(gan, own(gan, state), batch, key, role))
  return applied(gan, state, role, mean)


def d_moves(gan: 'GAN', state: TrainState, batches: Batch, key: Key,
            update: Callable = update):
  """D's moves of a step, one on each of `batches` [n, B, ...] -> (state, D's terms,
  the last batch). Unrolled, not scanned, for n is small and XLA then sees one program.
  """
  for i in range(len(jax.tree.leaves(batches)[0])):
    batch = jax.tree.map(lambda a: a[i], batches)
    state, terms = update(gan, state, batch, rng.named(key, f'd{i}'), 'd')
  return state, terms, batch


def alternating(gan: 'GAN', state: TrainState, batches: Batch, key: Key):
  """D moves d_steps times, then G against the new D, g_steps times, on the last batches; every
  move draws fresh noise (Goodfellow et al., 2014, algorithm 1)."""
  part = lambda chosen: jax.tree.map(lambda a: a[chosen], batches)
  state, d_terms, _ = d_moves(gan, state, part(slice(gan.d_steps)), key)
  for i in range(gan.g_steps):
    key_of_move = rng.named(key, f'g{i}' if i else 'g')
    batch = part(gan.batches - gan.g_steps + i)
    state, g_terms = update(gan, state, batch, key_of_move, 'g')
  return state, d_terms | g_terms


def simultaneous(gan: 'GAN', state: TrainState, batches: Batch, key: Key):
  """Both players move from one shared forward pass, neither seeing the other's move. The
  dynamics differ from `alternating`."""
  batch = jax.tree.map(lambda a: a[0], batches)
  updates = axis.mean(both(gan, own(gan, state), batch, key))
  return applied_both(gan, state, updates)


def applied_both(gan: 'GAN', state: TrainState, updates: dict[str, Update]):
  """The state after D's and then G's part of one round. If D's is left out, G goes on, but the
  memory stays: what the round remembers is D's too."""
  old = state.memory
  state, d_terms = applied(gan, state, 'd', updates['d'])
  left_out = state.skips['d'].row > 0
  memory = jax.tree.map(functools.partial(jnp.where, left_out), old, updates['g'].memory)
  state, g_terms = applied(gan, state, 'g', updates['g']._replace(memory=memory))
  return state, d_terms | g_terms


def both(gan: 'GAN', here: TrainState, batch: Batch, key: Key) -> dict[str, Update]:
  """Both players' parts of one round: their gradients are two cotangents of one vjp."""
  def objectives(g_params, d_params):
    round, stats = gan.play(gan, with_params(here, g=g_params, d=d_params), batch, key)
    d_terms, after_d = gan.loss.d(round, here.memory['loss'])
    g_terms, after_g = gan.loss.g(round, after_d)
    terms = {'d': d_terms, 'g': g_terms}, {'d': read(gan, here, round), 'g': {}}
    memory = {'d': after_d, 'g': after_g}
    return (total(d_terms), total(g_terms)), (terms, stats, memory, round)

  _, pull, aux = jax.vjp(objectives, here.g.params, here.d.params, has_aux=True)
  (terms, logged), stats, memory, round = aux
  one, zero = axis.vary((jnp.ones(()), jnp.zeros(())))
  grads = {'g': pull((zero, one))[0], 'd': pull((one, zero))[1]}
  adapted = gan.augment.update(here.memory['augment'], round.on_real[0])
  return {role: Update(grads[role], stats[role], {'loss': memory[role], 'augment': adapted},
                       prefixed(role, terms[role]), prefixed(role, logged[role]))
          for role in 'gd'}


@dataclasses.dataclass(frozen=True)
class GAN:
  """All that a training step needs.

  Networks draw noise from the rng stream 'noise', by `nets.layers.Dropout` or
  `rng.per_example`: it then does not depend on the number of devices.

  Args:
    generator: a linen module, `G(z, c, train=) -> x`.
    discriminator: a linen module, `D(x, c, train=) -> (logits, out)`; `out` is for losses that
      look at more than logits, else {}.
    prior: (keys [B], the real batch without x) -> (z, c), as `priors.normal(128)`.
    loss: what each player minimises.
    g_tx: G's optimiser, of optax.
    d_tx: D's.
    augment: what D's inputs go through, real and fake.
    d_steps: D's moves in a step.
    g_steps: G's, in alternating play. A step has as many batches as the player with more moves.
    ema: the decay of G's average at a step.
    play: how a round is played, for GANs that change it.
    order: who moves when: `alternating`, `simultaneous`, or one of `rules`.
    sharded: how a state lies on the devices, if not whole on each.

  Raises:
    ValueError: for d_steps or g_steps below 1, d_steps other than 1 in simultaneous play, or
      g_steps other than 1 in any but alternating play.

  Example:
    >>> import jaxgan, optax
    >>> from flax import linen as nn
    >>> from jaxgan import priors
    >>> from jaxgan.losses import adversarial, penalties
    >>> from jaxgan.nets import mlp
    >>> gan = jaxgan.GAN(
    ...     generator=mlp.Generator((64, 64), (2,)),
    ...     discriminator=mlp.Discriminator((64, 64), nn.relu),
    ...     prior=priors.normal(2), loss=adversarial.relativistic() + penalties.r1(.1),
    ...     g_tx=optax.adam(1e-3), d_tx=optax.adam(1e-3))
  """
  generator: nn.Module
  discriminator: nn.Module
  prior: Prior
  loss: Loss
  g_tx: optax.GradientTransformation
  d_tx: optax.GradientTransformation
  augment: Augment = none()
  d_steps: int = 1
  g_steps: int = 1
  ema: Schedule = warmed_up(.999)
  play: Callable = play
  order: Callable = alternating
  sharded: PyTree = None  # how a state lies on the devices, if not whole on each

  def __post_init__(self):
    for name in ('d_steps', 'g_steps'):
      if getattr(self, name) < 1:
        raise ValueError(f'{name} must be at least 1, not {getattr(self, name)}')
    if self.g_steps > 1 and self.order is not alternating:
      raise ValueError(f'g_steps={self.g_steps} is for order=alternating: other orders have '
                       'one move of G')
    if self.order is simultaneous and self.d_steps != 1:
      raise ValueError(f'simultaneous play has one move each, not d_steps={self.d_steps}: '
                       'use order=alternating or d_steps=1')

  @property
  def batches(self) -> int:
    """How many a step has."""
    return max(self.d_steps, self.g_steps)


def init(gan: GAN, batch: Batch, key: Key) -> TrainState:
  """The state before the first step, from a batch (its shapes and dtypes count only)."""
  ids = jnp.arange(jax.tree.leaves(batch)[0].shape[0])
  z, c = drawn(gan, rng.per_example(rng.named(key, 'z'), ids), batch)

  def player(net, tx, name, *args):
    keys = {'params': rng.named(key, name), 'noise': rng.named(key, f'{name} noise')}
    out, variables = net.init_with_output(keys, *args, train=False)
    params = variables.pop('params', {})  # a fixed simulator has none
    return out, Player(params, variables, tx.init(params))

  x, g = player(gan.generator, gan.g_tx, 'g', z, c)
  _, d = player(gan.discriminator, gan.d_tx, 'd', x, c)
  memory = {'loss': gan.loss.init(), 'augment': gan.augment.init()}
  unskipped = Skips(*jnp.zeros((2,), jnp.int32))
  return TrainState(jnp.zeros((), jnp.int32), g, d, averaged(g), memory,
                    {'g': unskipped, 'd': unskipped})


def train_step(gan: GAN, state: TrainState, batches: Batch, key: Key):
  """One step of training -> (state, terms by name).

  Args: batches [gan.batches, b, ...] of this device; key, the run's root key.
  """
  key = jax.random.fold_in(key, state.step)
  state, terms = gan.order(gan, state, batches, key)
  decay = gan.ema(state.step)
  still = (state.skips['g'].row > 0) | ~share(decay)  # if G was left out, its average rests
  new = sharded.shard(averaged(state.g)) if gan.sharded else averaged(state.g)
  ema = jax.tree.map(lambda ema, new: jnp.where(still, ema, lerp(ema, new, decay)),
                     state.ema, new)
  for role, skips in state.skips.items():
    terms |= {f'{role}/skipped': skips.total, f'{role}/skipped_in_a_row': skips.row}
  return state.replace(step=state.step + 1, ema=ema), terms


def train_steps(gan: GAN, decode: Callable[[Batch], Batch], state: TrainState,
                batches: Batch, n: Array, key: Key) -> tuple[TrainState, Terms]:
  """The first n of K steps in one compiled call -> (state, the terms of the last).

  Args: batches [K, gan.batches, b, ...] as stored, `decode`d here; n int32, 1 to K. As n is no
  constant of the program, any split of a run into calls gives the same bits.
  """
  def step(i, state):
    at_i = jax.tree.map(lambda a: lax.dynamic_index_in_dim(a, i, keepdims=False), batches)
    return train_step(gan, state, decode(at_i), key)

  traced, shapes = jax.make_jaxpr(step, return_shape=True)(jnp.int32(0), state)
  blank = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes[1])

  def again(i, carry):  # what has been traced: networks' Python takes seconds, and runs once
    flat = jaxpr_as_fun(traced)(i, *jax.tree.leaves(carry[0]))
    return jax.tree.unflatten(jax.tree.structure(shapes), flat)
  return lax.fori_loop(0, n, again, (state, blank))


def sample(gan: GAN, ema: PyTree, z: PyTree, c: PyTree) -> PyTree:
  """The averaged generator's x for inputs z and conditions c. Any number of devices."""
  variables = {'params': ema['params'], **ema['stats']}
  return gan.generator.apply(variables, z, c, train=False)


def applied(gan: GAN, state: TrainState, role: str, update: Update) -> tuple[TrainState, Terms]:
  """The state after one player's optimiser step, and the terms, with the gradient's norm.

  If a number of the round or of the new player is not finite, the player and the memory stay as
  they were, and only the count of such updates moves. (Infinities that an optimiser starts with
  may stay.)
  """
  tx, old = optimiser(gan, role), getattr(state, role)
  squared = sum((jnp.vdot(a, a) for a in jax.tree.leaves(update.grads)), jnp.zeros(()))

  def step(player, _):
    updates, opt = tx.update(update.grads, player.opt, player.params)
    params = optax.apply_updates(player.params, updates)
    return Player(params, update.stats, opt), update.memory

  new = step(old, state.memory)
  kept = jax.tree.map(lambda a, b: jnp.isfinite(a) | ~jnp.isfinite(b),
                      floats(new[0].opt), floats(old.opt))
  fine = every([*map(jnp.isfinite, floats((squared, update.terms, new[0].params, new[0].stats,
                                           update.memory))), *kept])
  if role == 'g':
    fine &= share(gan.ema(state.step))
  if gan.sharded:  # each device tests its part; the moves are not gathered twice
    fine = lax.pmin(fine, axis.NAME)
    step = lambda *_: new

  player, memory = kept_if(fine, step, new, (old, state.memory))
  total, row = state.skips[role]
  skips = Skips(total + ~fine, jnp.where(fine, 0, row + 1))
  state = state.replace(**{role: player}, memory=memory, skips=state.skips | {role: skips})
  shown = {f'{role}/gradient_norm': jnp.sqrt(squared)}
  return state, merge(update.terms, update.read) | shown


def kept_if(fine: Array, step: Callable, new: PyTree, old: PyTree) -> PyTree:
  """new, if it is `fine`; else old. new is step(*old), computed already.

  On CPUs a branch computes it again: XLA then reads the arrays once more, which costs less than
  to copy them. On GPUs the host would wait for the device to learn the branch: on an H100 a
  step of mnist_dcgan takes 2.10 ms with branches, 1.90 ms so.
  """
  if axis.on_cpu():
    return lax.cond(fine, step, lambda *old: old, *old)
  return jax.tree.map(lambda a, b: jnp.where(fine, a, b), new, old)


def optimiser(gan: GAN, role: str) -> optax.GradientTransformation:
  """A player's, from whole gradients and parameters to whole moves."""
  tx = gan.g_tx if role == 'g' else gan.d_tx
  return sharded.moves(tx) if gan.sharded else tx


def floats(tree: PyTree) -> list[Array]:
  """The leaves that could be NaN or infinite."""
  return [a for a in jax.tree.leaves(tree) if jnp.issubdtype(a.dtype, jnp.inexact)]


def every(flags: Sequence[Array]) -> Array:
  """Whether all of these bool arrays are true throughout: a scalar. Arrays of one shape are
  joined first, so that XLA tests them in one loop."""
  alike = {}
  for flag in flags:
    alike.setdefault(flag.shape, []).append(flag)
  return jnp.stack([functools.reduce(jnp.logical_and, each).all()
                    for each in alike.values()]).all()


def averaged(player: Player) -> PyTree:
  """What the EMA averages: parameters, and statistics too, for they belong together."""
  return {'params': player.params, 'stats': player.stats}


def share(decay: Array) -> Array:
  """Whether a decay of the average is one, from 0 to 1, and so no NaN."""
  return jnp.logical_and(decay >= 0, decay <= 1)


def lerp(ema: Array, new: Array, decay: Array) -> Array:
  """decay ema + (1 - decay) new; integers, being counters, are taken from `new`."""
  if not jnp.issubdtype(ema.dtype, jnp.inexact):
    return new
  mixed = new + decay * (ema - new)  # whose difference may overflow, where the sum does not
  mixed = jnp.where(jnp.isfinite(mixed), mixed, decay * ema + (1 - decay) * new)
  return mixed.astype(ema.dtype)


def with_params(state: TrainState, **params: PyTree) -> TrainState:
  """The state with these players' parameters."""
  players = {role: getattr(state, role).replace(params=p) for role, p in params.items()}
  return state.replace(**players)


def total(terms: Terms) -> Array:
  """The loss: the sum of its terms; 0 for a player without any."""
  return sum(terms.values(), axis.vary(jnp.zeros(())))


def prefixed(role: str, terms: Terms) -> Terms:
  """Terms as the log names them: d/NAME, g/NAME."""
  return {f'{role}/{name}': value for name, value in terms.items()}
