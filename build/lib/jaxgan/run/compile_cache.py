"""What XLA has compiled is kept: the next start of the same program does not compile."""
import hashlib
import os
import pathlib
import platform

import jax

from jaxgan.types import Paths

SECONDS = .2  # of compilation that are worth a file


def keep(paths: Paths) -> None:
  """Keeps compiled programs in CACHE_DIR/programs, from now on, where that can be written.

  JAX_COMPILATION_CACHE_DIR names another folder; JAX_ENABLE_COMPILATION_CACHE=0 keeps none.
  """
  if jax.config.jax_compilation_cache_dir:
    return
  try:
    folder = paths.cache / 'programs' / processor()
    there = next(path for path in (folder, *folder.parents) if path.exists())
  except (OSError, RuntimeError):  # there is no such home
    return
  if there.is_dir() and os.access(there, os.W_OK | os.X_OK):  # JAX makes the folder
    jax.config.update('jax_compilation_cache_dir', str(folder))
    jax.config.update('jax_persistent_cache_min_compile_time_secs', SECONDS)


def processor() -> str:
  """A name for what this processor can do: programs for CPUs run on no lesser one, and JAX does
  not tell them apart where a folder is shared."""
  try:
    lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
  except OSError:
    lines = []
  able = sorted({line for line in lines
                 if line.startswith(('flags', 'Features', 'model name'))})
  text = '\n'.join(able) or platform.processor()
  return f'{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:8]}'
