"""What the card does at best: products, convolutions, copies, and what loops and branches cost.

  python -m benchmarks.gpu.rates --out=FOLDER             # rates.json
  python -m benchmarks.gpu.rates --out=FOLDER --small     # anywhere
"""
import json
import pathlib
import time

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags
from jax import lax

from benchmarks.common import machine

flags.DEFINE_string('out', 'gpu', 'Folder of rates.json.')
flags.DEFINE_bool('small', False, 'Small sizes, for a CPU.')
CONVOLUTIONS = {  # TFLOP/s of: channels, kernel, groups, dtype, precision, with gradients?
    'bf16 3x3, 256 channels': (256, 3, 1, jnp.bfloat16, None, False),
    'bf16 3x3, 256 channels, gradients': (256, 3, 1, jnp.bfloat16, None, True),
    'float32 3x3, 256 channels, default': (256, 3, 1, jnp.float32, None, False),
    'float32 3x3, 256 channels, highest': (256, 3, 1, jnp.float32, 'highest', False),
    'bf16 1x1, 1536 channels': (1536, 1, 1, jnp.bfloat16, None, False),
    'bf16 3x3, 96 groups of 16': (1536, 3, 96, jnp.bfloat16, None, False),
    'bf16 3x3, 96 groups of 16, gradients': (1536, 3, 96, jnp.bfloat16, None, True)}


def median(f, *args, n: int = 7) -> float:
  """Seconds of a call, once it is compiled."""
  jax.block_until_ready(f(*args))
  seconds = []
  for _ in range(n):
    start = time.perf_counter()
    jax.block_until_ready(f(*args))
    seconds.append(time.perf_counter() - start)
  return float(np.median(seconds))


def product(n: int, dtype, precision=None, times: int = 4) -> float:
  """TFLOP/s of a matrix product of random numbers, several a call."""
  a, b = (jax.random.normal(jax.random.key(i), (n, n), dtype) for i in range(2))
  again = lambda _, c: jnp.matmul(a + c * 0, b, precision=precision) * jnp.asarray(.01, dtype)
  run = jax.jit(lambda a: lax.fori_loop(0, times, again, a))
  return 2 * n ** 3 * times / median(run, a) / 1e12


def rounding(n: int = 1024) -> float:
  """The relative error of a float32 product by default: 6e-8 in float32, 3e-4 in TF32."""
  a, b = (jax.random.normal(jax.random.key(i), (n, n)) for i in range(2))
  exact = np.asarray(a, np.float64) @ np.asarray(b, np.float64)
  return float(np.linalg.norm(jnp.matmul(a, b) - exact) / np.linalg.norm(exact))


def convolution(channels, kernel, groups, dtype, precision, gradients, size=32, batch=256):
  """TFLOP/s of a convolution of images of 32 pixels, or of it and its two gradients."""
  shapes = (batch, size, size, channels), (kernel, kernel, channels // groups, channels)
  x, w = (jax.random.normal(jax.random.key(i), shape, dtype) for i, shape in enumerate(shapes))
  def f(x, w):
    return lax.conv_general_dilated(
        x, w, (1, 1), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
        feature_group_count=groups, precision=precision)
  g = jax.grad(lambda x, w: f(x, w).astype(jnp.float32).var(), (0, 1)) if gradients else f
  flop = 2 * batch * size ** 2 * channels * channels // groups * kernel ** 2
  return flop * (3 if gradients else 1) / median(jax.jit(g), x, w) / 1e12


def copies(n: int) -> dict[str, float]:
  """GB/s of reading and writing on the device, and of moving n float32 to and from it."""
  x = jnp.ones(8 * n, jnp.float32)
  found = {'on the device': 2 * x.nbytes / median(jax.jit(lambda x: x + 1), x) / 1e9}
  host = np.ones(n, np.float32)
  found['to it'] = host.nbytes / median(jax.device_put, host, n=3) / 1e9
  y = jax.block_until_ready(jnp.asarray(host) + 1)
  start = time.perf_counter()
  np.asarray(y)
  return found | {'from it': host.nbytes / (time.perf_counter() - start) / 1e9}


def loops(n: int = 1024, k: int = 200) -> dict[str, float]:
  """Microseconds an iteration of XLA's loops and branches, and of calls."""
  x, body = jnp.ones((n, n)), lambda i, x: jnp.tanh(x) + 1e-3
  odd = lambda x: x[0, 0] > 5
  forms = {'body': body, 'where': lambda i, x: jnp.where(odd(x), x, body(i, x)),
           'cond': lambda i, x: lax.cond(odd(x), lambda x: x, lambda x: body(i, x), x)}
  found = {}
  for name, f in forms.items():
    static, dynamic = (jax.jit(lambda x, n, f=f: lax.fori_loop(0, n, f, x), static_argnums=at)
                       for at in (1, ()))
    found[f'{name}, length known'] = 1e6 * median(static, x, k) / k
    found[f'{name}, length an argument'] = 1e6 * median(dynamic, x, np.int32(k)) / k
  one = jax.jit(lambda x: body(0, x))
  def calls(x):
    for _ in range(k):
      x = one(x)
    return x
  return found | {'a call each': 1e6 * median(calls, x) / k}


def main(_):
  n = 512 if flags.FLAGS.small else 8192
  report, out = machine(), pathlib.Path(flags.FLAGS.out)
  parts = {'float32 product, relative error by default': rounding,
           'TFLOP/s, bf16 product': lambda: product(n, jnp.bfloat16),
           'TFLOP/s, float32 product, default': lambda: product(n, jnp.float32),
           'TFLOP/s, float32 product, highest': lambda: product(n, jnp.float32, 'highest'),
           'GB/s, copies': lambda: copies(2 ** (17 if flags.FLAGS.small else 27)),
           'us an iteration': loops}
  small = dict(size=4, batch=2) if flags.FLAGS.small else {}
  for name, how in CONVOLUTIONS.items():
    channels, kernel, groups, *more = how
    if small:
      channels, groups = channels // 8, max(groups // 8, 1)
    parts[f'TFLOP/s, convolution, {name}'] = lambda how=(channels, kernel, groups, *more): (
        convolution(*how, **small))
  for name, measure in parts.items():
    report[name] = measure()
    print(f'{name}: {report[name]}', flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / 'rates.json').write_text(json.dumps(report, indent=1))


if __name__ == '__main__':
  app.run(main)
