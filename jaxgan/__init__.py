"""jaxgan: generative adversarial networks as pure functions, in JAX and Flax linen."""
import os
import platform

# XLA hands convolutions on CPUs to YNNPACK, which takes up to twice as long as XLA's own (with
# jaxlib 0.12 and AVX-512 a step of mnist_dcgan takes 0.9 s with it, 0.6 s without). XLA reads
# this when it starts. Who says otherwise in XLA_FLAGS is heard; other processors: not measured.
FLAG = '--xla_cpu_experimental_ynn_fusion_type'
if platform.machine() in ('x86_64', 'AMD64') and FLAG not in os.environ.get('XLA_FLAGS', ''):
  os.environ['XLA_FLAGS'] = f'{os.environ.get("XLA_FLAGS", "")} {FLAG}=-individual_convolution'
