"""The program: argv -> one mode -> an exit code."""
import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable

import jaxgan
from jaxgan import completion, flags
from jaxgan.io import catalogue
from jaxgan.io.console import say
from jaxgan.io.errors import LOST, MEMORY, Failure, first_line

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # XLA's warnings are not for users


def main(argv: list[str]) -> None:
  """Does what the command line asks for. Raises Failure."""
  if line := os.environ.get(completion.LINE):
    return say('\n'.join(completion.candidates(line)))
  values, knobs = flags.parse(argv)
  if values.version:
    return say(jaxgan.__version__)
  if values.completion:
    return say(completion.SCRIPTS[values.completion])
  if values.help:
    return say(flags.shown(values, knobs))
  if values.list:
    every = [*map(catalogue.path, catalogue.names()), *catalogue.own().values()]
    width = max(len(file.stem) for file in every)
    return say('\n'.join(f'{file.stem:{width}}  {catalogue.summary(file)}' for file in every))
  for name in values:
    path = values[name].value
    if isinstance(path, str) and os.path.expanduser(path).startswith('~'):
      raise Failure(f'--{name}={path}: there is no such home: give the whole path')
  if getattr(values, 'deterministic', False):  # XLA reads it when it starts
    exact = '--xla_gpu_exclude_nondeterministic_ops=true'
    os.environ['XLA_FLAGS'] = f'{os.environ.get("XLA_FLAGS", "")} {exact}'
  from jaxgan import parallel
  from jaxgan.data import decoded_cache
  from jaxgan.run import compile_cache
  from jaxgan.types import Paths
  paths = Paths(values.data_dir, values.cache_dir, getattr(values, 'inception', None))
  compile_cache.keep(paths)
  decoded_cache.keep(paths)
  if 'coordinator_address' in values:
    parallel.initialize(values.coordinator_address, values.process_id, values.num_processes)
  else:
    parallel.initialize(None, None, None)
    parallel.check_alone(values.mode)
  flags.run(values, knobs, paths)


def run(argv: list[str]) -> int:
  """-> the exit code: see errors.Failure."""
  open_streams()
  try:
    main(argv)
  except Failure as e:
    return ended(f'{e}', e.code)
  except KeyboardInterrupt:  # before or after training, which saves first
    leave(130)
    return 130
  except Exception as e:
    from jaxgan.run import memory
    if memory.is_short(e):
      return ended(f'out of memory: {first_line(e)}: {memory.ADVICE}', MEMORY)
    leave(1, traceback.print_exc)
    raise
  return 0


def open_streams() -> None:
  """Streams that were closed go nowhere: a file of ours would else get the number of one, and
  what libraries print."""
  while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
    pass
  os.close(fd)
  sys.stdout, sys.stderr = (stream or open(os.devnull, 'w')
                            for stream in (sys.stdout, sys.stderr))


def ended(message: str, code: int) -> int:
  """Says why the program ends."""
  say(f'jaxgan: {message}', error=True)
  if code == LOST:
    leave(LOST)
  return code


def leave(code: int, report: Callable[[], None] = lambda: None) -> None:
  """Ends this process at once if it is one of several."""
  from jaxgan import parallel
  if parallel.several():
    report()
    parallel.leave(code)


def end(code: int) -> None:
  """Ends this process; at once, if data are still waited for, as the interpreter would."""
  readers = [thread for thread in threading.enumerate() if thread.name == 'data']
  for thread in readers:
    thread.join(1)
  if any(thread.is_alive() for thread in readers):
    from jaxgan import parallel
    parallel.leave(code)
  sys.exit(code)


def program() -> None:
  """The command `jaxgan`."""
  # Tracing makes millions of small objects, none of them garbage: the collector, which looks at
  # all of them every 700, takes a quarter of the time of a large network's.
  gc.set_threshold(100_000, 20, 20)
  end(run(sys.argv))
