"""Four simulated CPU devices, a shared compilation cache, and no silent broadcasting."""
import contextlib
import gc
import os
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('JAX_COMPILATION_CACHE_DIR', str(ROOT / '.cache' / 'jax'))
os.environ.setdefault('JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS', '0')
# Tiny nets spend their time in the compiler: LLVM need not try hard.
os.environ['XLA_FLAGS'] = ('--xla_force_host_platform_device_count=4 '
                           '--xla_backend_optimization_level=0 '
                           '--xla_cpu_parallel_codegen_split_count=1')
gc.set_threshold(100_000, 20, 20)  # as the program does: tracing makes little garbage

with contextlib.suppress(ImportError):
  import submitit  # noqa: F401  it closes the streams of loggers that are there before it
import jax
import pytest

jax.config.update('jax_numpy_rank_promotion', 'raise')


@pytest.fixture
def data_dir():
  """A folder of prepared TFDS data sets, as users name it; without one, skips."""
  folder = os.environ.get('TFDS_DATA_DIR')
  if not folder or not (pathlib.Path(folder) / 'mnist').is_dir():
    pytest.skip('needs MNIST in TFDS_DATA_DIR')
  return folder


@pytest.fixture(params=[1, 4])
def devices(request):
  return jax.devices()[:request.param]
