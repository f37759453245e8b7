"""An experiment in words and numbers: networks, losses, optimisers, as JSON can hold them.

Losses, optimisers and schedules are functions that close over their settings: they are told as
the function that made them and what these closures hold.
"""
import dataclasses
import functools
import inspect
import types
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import optax

from jaxgan.experiment import LOOP, Run

DEEPEST, MOST = 12, 100  # calls within calls; items of a list that are told
SUM, NOTHING = 'base.Loss.__add__', 'base.nothing'  # of losses
WRAPPERS = {'combining.chain': 'update_fns', 'base.with_extra_args_support': 'tx'}  # optax's


def resolved(run: Run) -> dict:
  """All that a run is, defaults included, for --print_config and config.json."""
  one = run.experiment
  return {'experiment': run.name, 'knobs': run.knobs, 'batch': one.batch, 'steps': one.steps,
          'seed': one.seed, 'loop': {name: getattr(one, name) for name in LOOP},
          'data': one.data.name,
          'metrics': [{'n': metric.n, 'measures': list(metric.rising)}
                      for metric in one.metrics],
          'gan': fields(one.gan)}


def fields(value: Any, depth: int = 0) -> dict:
  """A dataclass's fields, without Flax's own and what only starts or reads a loss."""
  return {field.name: described(getattr(value, field.name), depth + 1)
          for field in dataclasses.fields(value)
          if field.name not in ('parent', 'name', 'init', 'read')}


def described(value: Any, depth: int = 0) -> Any:
  """Any part of an experiment as JSON can hold it: {'module.function': settings} of what is
  called, {'module.Class': fields} of what is made."""
  if depth > DEEPEST:
    return '..'
  within = functools.partial(described, depth=depth + 1)
  if value is None or isinstance(value, bool | int | float | str):
    return value
  if isinstance(value, np.generic):
    return value.item()
  if isinstance(value, np.ndarray | jax.Array):
    return f'{value.dtype}{list(value.shape)}'
  if isinstance(value, optax.GradientTransformation):
    return within(value.update)
  if isinstance(value, functools.partial):
    return {titled(value.func): [*map(within, value.args)] * bool(value.args)
            or {name: within(each) for name, each in value.keywords.items()}}
  if dataclasses.is_dataclass(value) and not isinstance(value, type):
    return {titled(type(value)): fields(value, depth)}
  if isinstance(value, Mapping):
    return {str(name): within(each) for name, each in value.items()}
  if isinstance(value, tuple) and hasattr(value, '_fields'):
    return {titled(type(value)): {name: within(each)
                                  for name, each in value._asdict().items()}}
  if isinstance(value, list | tuple | set | frozenset):
    return [within(each) for each in value] if len(value) <= MOST else f'{len(value)} items'
  if isinstance(value, types.MethodType):
    return {titled(value.__func__): within(value.__self__)}
  if isinstance(value, types.FunctionType):
    held = closed_over(value)
    for wrapper, inner in WRAPPERS.items():
      if titled(value) == wrapper and inner in held:
        return within(held[inner])
    if titled(value) == SUM:
      return added(*map(within, held.values()))
    held = {name: within(each) for name, each in held.items()}
    return {titled(value): held} if held else titled(value)
  return titled(value if isinstance(value, type) or hasattr(value, '__qualname__')
                else type(value))


def added(*terms: Any) -> Any:
  """The terms of a sum of sums, as a list; one alone as it is."""
  found = [each for term in terms if term != NOTHING
           for each in (term if isinstance(term, list) else [term])]
  return found[0] if len(found) == 1 else found


def closed_over(function: types.FunctionType) -> dict[str, Any]:
  """What a function took from where it was made, itself left out, and its defaults."""
  found = {name: parameter.default
           for name, parameter in inspect.signature(function).parameters.items()
           if parameter.default is not parameter.empty and parameter.default is not None}
  for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
    try:
      if cell.cell_contents is not function:
        found[name] = cell.cell_contents
    except ValueError:  # not made yet
      pass
  return found


def titled(thing: Any) -> str:
  """'penalties.r1' of a function that r1 made, or of r1; 'mlp.Generator' of a class."""
  name = getattr(thing, '__qualname__', type(thing).__name__).split('.<locals>')[0]
  module = (getattr(thing, '__module__', None) or '').split('.')
  return name if module[-1] in ('', 'builtins') else f'{module[-1].lstrip("_")}.{name}'
