"""jaxgan: generative adversarial networks as pure functions, in JAX and Flax linen.

  GAN, Loss, Experiment     what is trained: networks, their game, on what and for how long
  load                      an experiment by its name, with other knobs
  init, compile, batches    the state, the compiled step, and what it takes
  train                     the whole loop, into a folder
  restore, sample, grid     a trained state, its samples, and these as a picture

`help(jaxgan.compile)`, and of each of them, has an example; the command line is
`python -m jaxgan --help`.
"""
import importlib
import os
import platform

__version__ = '0.1.0'

# XLA hands convolutions on CPUs to YNNPACK, which takes up to twice as long as XLA's own (with
# jaxlib 0.12 and AVX-512 a step of mnist_dcgan takes 0.9 s with it, 0.6 s without). XLA reads
# this when it starts. Who says otherwise in XLA_FLAGS is heard; other processors: not measured.
FLAG = '--xla_cpu_experimental_ynn_fusion_type'
if platform.machine() in ('x86_64', 'AMD64') and FLAG not in os.environ.get('XLA_FLAGS', ''):
  os.environ['XLA_FLAGS'] = f'{os.environ.get("XLA_FLAGS", "")} {FLAG}=-individual_convolution'

PUBLIC = {'GAN': 'gan', 'Loss': 'losses.base', 'Experiment': 'experiment',
          **dict.fromkeys(('load', 'init', 'compile', 'batches', 'train', 'restore', 'sample',
                           'grid'), 'api')}
__all__ = list(PUBLIC)


def __getattr__(name: str):
  """Imports what is asked for when it is: `--list` starts without JAX."""
  if name not in PUBLIC:
    raise AttributeError(f'module jaxgan has no attribute {name!r}: it has {", ".join(PUBLIC)}')
  return getattr(importlib.import_module(f'jaxgan.{PUBLIC[name]}'), name)


def __dir__() -> list[str]:
  return sorted({*globals(), *PUBLIC})
