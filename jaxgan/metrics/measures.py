"""Measures by name: which are asked for, and how many examples each needs."""
import difflib
from collections.abc import Sequence

from jaxgan.io.errors import Failure

# Of real and of fake examples, at least, as `sets.check` has it.
REAL = {'fd': 2, 'fid': 2, 'fd-infinity': 2, 'kd': 4, 'kid': 1000, 'prdc': 6}
FAKE = {'fd': 2, 'fid': 2, 'fd-infinity': 15, 'kd': 4, 'kid': 1000, 'prdc': 4, 'cs': 10}


def parsed(text: str, known: Sequence[str], flag: str = 'eval_metrics') -> list[str]:
  """'fd,kd' -> ['fd', 'kd']. Raises Failure on names that are none of `known`."""
  found = [name.strip() for name in text.split(',') if name.strip()]
  for name in found:
    if name not in known:
      near = difflib.get_close_matches(name, known, 1)
      hint = f'did you mean {near[0]}? ' if near else ''
      raise Failure(f'--{flag}={text}: no measure {name!r}: {hint}There are '
                    f'{", ".join(known)}')
  if not found:
    raise Failure(f'--{flag} is empty: there are {", ".join(known)}')
  return list(dict.fromkeys(found))  # asked for twice, it is still one


def check_counts(asked: Sequence[str], n_fake: int, n_real: int,
                 flag: str = 'eval_metrics') -> None:
  """Raises Failure for too few examples, before any sample is drawn."""
  for measure in asked:
    for side, n, least in (('real', n_real, REAL), ('fake', n_fake, FAKE)):
      if n < least.get(measure, 1):
        raise Failure(f'{measure}: {side} has {n:,} examples and needs at least '
                      f'{least[measure]:,}: give more, or leave {measure} out of --{flag}')
