"""BigGAN on ImageNet at 128 pixels (Brock et al., 2019, arXiv:1809.11096).

  python launch.py --experiment=imagenet128_biggan --data_dir=imagenet/train --workdir=runs/big

--data_dir is ILSVRC's training images, a folder a class; they are decoded as they are needed.
--remat keeps no activations within blocks, for devices with little memory.
Published FID 8.7 (50,000 samples against the training set). Not measured here (2 CPU cores).
"""
import jax.numpy as jnp
import optax

from jaxgan import optimisers, priors
from jaxgan.data import folder
from jaxgan.experiment import Experiment
from jaxgan.gan import GAN
from jaxgan.losses import adversarial
from jaxgan.nets import biggan, heads, layers, resnet

SMOKE = dict(size=32, width=4, z_dim=8, d_steps=1, batch=8, half=False)


def experiment(size=128, g_lr=5e-5, d_lr=2e-4, b1=0., b2=.999, ortho=1e-4, width=96,
               d_width=0, z_dim=120, d_steps=2, half=True, remat=False, ema=.9999,
               steps=150_000, batch=2048, seed=0):
  d_width = d_width or width
  data = folder.load(size, classes=1000, resize=True, convert=True)
  block = layers.recomputed if remat else lambda block: block
  dtype, attention = jnp.bfloat16 if half else jnp.float32, size // 2
  return Experiment(
      data=data, batch=batch, steps=steps, seed=seed,
      log_every=100, save_every=1000, sample_every=1000, eval_every=0,
      gan=GAN(
          generator=resnet.Generator(
              (size, size, 3), resnet.g_widths(size, width), biggan.chunks(1000), attention,
              layers.spectral, block(resnet.Up), dtype=dtype),
          discriminator=resnet.Discriminator(
              resnet.d_widths(size, d_width), {32: 2, 64: 4, 128: 5}[size], attention,
              head=heads.projection(1000), dtype=dtype, block=block(resnet.Down)),
          prior=priors.normal(z_dim), loss=adversarial.hinge(), d_steps=d_steps,
          g_tx=optax.chain(optimisers.orthogonal(ortho), optax.adam(g_lr, b1, b2)),
          d_tx=optax.adam(d_lr, b1, b2),
          ema=lambda step: jnp.where(step < 20_000, 0., ema)))
