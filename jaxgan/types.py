"""The vocabulary: what flows between data, players, losses and the loop.

Letters follow the papers: x is what the discriminator judges, z the generator's noise,
c what both players are told (a label, a source image), G and D the two players.
"""
import os
import pathlib
import tempfile
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
from flax import struct

Array = jax.Array
Key = jax.Array  # a typed PRNG key: jax.random.key, never jax.random.PRNGKey
PyTree = Any
Schedule = Callable[[Array], Array]  # step -> value

Terms = dict[str, Array]  # weighted and named scalars: the loss is their sum, the log the dict
Memory = PyTree  # what a loss or an augmentation remembers between updates


class Batch(NamedTuple):
  """Examples, the first axis of every leaf being the example."""
  x: PyTree  # what the discriminator judges: images [B, H, W, C], or any pytree
  c: PyTree = None  # what both players are told: labels [B], a source image, ...


class Samples(NamedTuple):
  """Samples as a metric gets them: a Batch, and what they were made from."""
  x: PyTree  # as stored [n, ..]
  c: PyTree = None  # the conditions that they were made from, which `ids` have in the data
  ids: Array | None = None  # int64 [n], of the examples that they are compared with
  z: PyTree = None  # what the prior drew [n, ..], of a metric that asks for it


class Player(struct.PyTreeNode):
  """One network and its optimiser."""
  params: PyTree
  stats: PyTree  # every collection but the parameters: batch norm's averages, ...
  opt: PyTree


class Skips(NamedTuple):
  """A player's updates that were left out, a number of theirs not being finite. int32 each."""
  total: Array
  row: Array  # in a row, up to now


class TrainState(struct.PyTreeNode):
  """The whole state of a run. Keys and data order are functions of (seed, step)."""
  step: Array  # int32, training steps done
  g: Player
  d: Player
  ema: PyTree  # {'params', 'stats'}: the generator's exponential moving average
  memory: PyTree  # {'loss', 'augment'}
  skips: PyTree  # {'g', 'd'}: Skips


PLAYED = '?'  # 'g/loss?' says of the term 'g/loss' whether it is of a move that was played


def maybe_played(terms: Terms, played: Array) -> Terms:
  """The terms of a move that some steps do not have; where `played`, a bool, is False, their
  values mean nothing, and the log leaves them out."""
  return terms | {f'{name}{PLAYED}': played for name in terms}


class Round(NamedTuple):
  """One play of the game, as every loss term sees it."""
  step: Array
  key: Key  # for the loss's own draws (see rng.per_example)
  z: PyTree
  real: Batch
  fake: Batch
  on_real: tuple[PyTree, PyTree]  # D's (logits, out) on the real batch
  on_fake: tuple[PyTree, PyTree]
  G: Callable  # (z, c, **kwargs) -> x, with the current parameters; never moves stats
  D: Callable  # (x, c) -> (logits, out), augmentation included; never moves stats; its noise is
  # fresh, or with draws='real' or 'fake' that of on_real or on_fake


# (keys [B], Batch(None, the real batch's c)) -> (z, c) for the fakes. A prior can draw only
# from one key an example, so that the noise cannot depend on how many devices share the batch;
# and it sees no real x, for there is none in sampling.
Prior = Callable[[Key, Batch], tuple[PyTree, PyTree]]


class Paths(NamedTuple):
  """Where a metric finds what it needs; None for the defaults."""
  data_dir: str | None = None  # TFDS data sets
  cache_dir: str | None = None  # what jaxgan computes once: ~/.cache/jaxgan
  inception: str | None = None  # the user's Inception weights

  @property
  def cache(self) -> pathlib.Path:
    """The folder of what is computed once; of a user without a home, a temporary one. Raises
    RuntimeError for the home of a user who is not there."""
    if not self.cache_dir and os.path.expanduser('~') == '~':
      return pathlib.Path(tempfile.gettempdir()) / 'jaxgan'
    return pathlib.Path(self.cache_dir or '~/.cache/jaxgan').expanduser()


class Metric(NamedTuple):
  """Judges n samples, in training and after.

  Args:
    n: how many.
    prepare: (Paths) -> score; called once, before anything is compiled, it may take minutes the
      first time. score(real: Batch, fake: Samples) takes n examples of each as stored, be it
      another n than this (`--eval_n`), and names what it finds by how many it got. They have
      the same conditions: fake.x[i] was made from fake.c[i], which real.x[i] has in the data,
      at fake.ids[i]. It gives values by name, as `metrics.naming` makes it.
    rising: of each measure that values are named after, whether more is better: True, False, or
      None where neither is. By a measure that is not there no best state can be kept.
    paired: whether it compares fake.x[i] with real.x[i]. It then needs n different examples.
    latents: whether it asks for fake.z. For the floor, real examples take the place of fakes:
      not if it is `paired`, or asks for `latents`.

  Example:
    >>> from jaxgan.types import Metric
    >>> brightness = Metric(
    ...     1000,
    ...     lambda paths: lambda real, fake: {f'brightness@{len(fake.x)}': fake.x.mean()},
    ...     {'brightness': None})
  """
  n: int
  prepare: Callable[[Paths], Callable[[Batch, Batch], dict[str, float]]]
  rising: Mapping[str, bool | None] = types.MappingProxyType({})
  paired: bool = False
  latents: bool = False
