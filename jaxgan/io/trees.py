"""Pytrees as arrays by path: their digest, and their way back into a tree."""
import hashlib
import json
import pathlib
from typing import Any

import jax
import numpy as np

from jaxgan.io.errors import Failure

PyTree = Any
Leaves = dict[str, np.ndarray]  # by path, as 'g/params/Dense_0/kernel'


def paths(tree: PyTree) -> list[tuple[str, Any]]:
  """A pytree's leaves, each with its path."""
  flat, _ = jax.tree_util.tree_flatten_with_path(tree)
  return [(jax.tree_util.keystr(path, simple=True, separator='/'), leaf) for path, leaf in flat]


def leaves(tree: PyTree) -> Leaves:
  """A pytree's arrays by path, on the host."""
  jax.block_until_ready(tree)  # raises what np.asarray would wait for without end
  return {path: np.asarray(leaf) for path, leaf in paths(tree)}


def digest(arrays: Leaves) -> dict[str, Any]:
  """{'digest', 'leaves': {path: sha256}} over path, dtype, shape and bytes of every leaf."""
  each = {}
  for path, a in sorted(arrays.items()):
    sha = hashlib.sha256(f'{path}\0{a.dtype}\0{list(a.shape)}\0'.encode())
    sha.update(np.ascontiguousarray(a).tobytes())
    each[path] = sha.hexdigest()
  return {'digest': hashlib.sha256(json.dumps(each).encode()).hexdigest(), 'leaves': each}


def fitted(arrays: Leaves, target: PyTree, path: pathlib.Path) -> PyTree:
  """Arrays in the tree of `target`. Raises Failure (4) on any difference, with its place."""
  wanted = dict(paths(target))
  describe = lambda a: 'nothing' if a is None else f'{np.dtype(a.dtype)}{list(a.shape)}'
  for key in sorted(wanted.keys() | arrays.keys()):
    have, want = describe(arrays.get(key)), describe(wanted.get(key))
    if have != want:
      raise Failure(f'{path} holds {have} at {key} where this experiment has {want}: '
                    'resume with the code and flags that made it, or use another '
                    '--workdir', code=4)
  return jax.tree.structure(target).unflatten([arrays[key] for key in wanted])


def nested(arrays: Leaves) -> dict:
  """{'a/b': x} -> {'a': {'b': x}}: plain dictionaries, which any Orbax reads back."""
  tree: dict = {}
  for path, a in arrays.items():
    *parents, name = path.split('/')
    node = tree
    for parent in parents:
      node = node.setdefault(parent, {})
    node[name] = a
  return tree
