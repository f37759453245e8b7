"""What is computed once and kept: a file is used only if all that it depends on is the same."""
import contextlib
import hashlib
import json
import os
import pathlib
import zipfile
from collections.abc import Callable

import numpy as np

from jaxgan.io.errors import Failure, check_writable

Arrays = dict[str, np.ndarray]


def arrays(name: str, key: dict, make: Callable[[], Arrays], folder: pathlib.Path,
           must_keep: bool = True) -> Arrays:
  """The arrays that `make()` gives, from the cache if they were made for this very `key`.

  The file is NAME-HASH.npz; it holds its key, and one that does not match, or cannot be
  read, is made anew. Raises Failure if the cache cannot be written, unless that is no matter.
  """
  text = json.dumps(key, sort_keys=True)
  path = folder / f'{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npz'
  try:
    with np.load(path, allow_pickle=False) as file:
      if str(file['key']) == text:
        return {field: file[field] for field in file.files if field != 'key'}
  except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
    pass  # absent or damaged: either way it is made
  if must_keep:
    check_writable(folder, '--cache_dir')
  made = make()
  partial = path.with_name(f'.{path.name}.{os.getpid()}.partial')  # others may write it too
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial.open('wb') as file:
      np.savez(file, key=text, **made)
    os.replace(partial, path)
  except OSError as e:
    if must_keep:
      raise Failure(f'{path} cannot be written ({e.strerror}): give another folder with '
                    '--cache_dir')
  finally:  # on Ctrl-C too
    with contextlib.suppress(OSError):
      partial.unlink()
  return made
