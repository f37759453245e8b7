"""Parameters of the networks beside those that the originals' own programs count.

  python -m benchmarks.parameters
"""
import jax
import jax.numpy as jnp

from jaxgan.nets import biggan, deep_conv, heads, layers, r3gan, resnet, stylegan2


def count(net, *args) -> int:
  """The trainable parameters of a network, without making them."""
  shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), *args, train=False))
  return sum(a.size for a in jax.tree.leaves(shapes['params']))


C32 = (32, 32, 3)
# name: generator, its z, its count; discriminator, its image size, its count. R3GAN's
# discriminators are as its train.py makes them, with the widths reversed.
ORIGINALS = {
    'DCGAN 32': (deep_conv.Generator(C32), 128, 3_812_355,
                 deep_conv.Discriminator(), 32, 2_931_009),
    'SNGAN 32': (resnet.Generator(C32, resnet.g_widths(32)), 128, 4_276_739,
                 resnet.Discriminator(resnet.d_widths(32), 2), 32, 1_053_825),
    'SNGAN-PD 32': (
        resnet.Generator(C32, resnet.g_widths(32), resnet.by_class(10)), 128, 4_304_387,
        resnet.Discriminator(resnet.d_widths(32), 2, head=heads.projection(10)), 32,
        1_055_105),
    'SAGAN 32': (
        resnet.Generator(C32, resnet.g_widths(32), resnet.by_class(10), 16, layers.spectral),
        128, 4_386_308,
        resnet.Discriminator(resnet.d_widths(32), 2, 16, head=heads.projection(10)), 32,
        1_075_586),
    'BigGAN 32': (
        resnet.Generator(C32, resnet.g_widths(32, 96), biggan.chunks(10), 16, layers.spectral),
        80, 9_416_196,
        resnet.Discriminator(resnet.d_widths(32, 96), 2, 16, head=heads.projection(10)), 32,
        2_415_170),
    'BigGAN-deep 32': (
        resnet.Generator(C32, resnet.g_widths(32, 128), biggan.whole(10), 16, layers.spectral,
                         biggan.DeepUp), 128, 9_338_884,
        biggan.DeepDiscriminator(biggan.deep_d_widths(32), 2, attention=16,
                                 head=heads.projection(10)), 32, 3_177_730),
    'StyleGAN2 32': (
        stylegan2.Generator(C32, depth=2), 512, 19_947_539,
        stylegan2.Discriminator(architecture='orig', group=32), 32, 20_720_641),
    'StyleGAN2 32, 10 classes': (
        stylegan2.Generator(C32, 10, depth=2), 512, 20_215_315,
        stylegan2.Discriminator(10, architecture='orig', group=32), 32, 23_089_664),
    'StyleGAN2 256': (
        stylegan2.Generator((256, 256, 3), channel_base=16384), 512, 24_767_458,
        stylegan2.Discriminator(channel_base=16384), 256, 24_001_089),
    'R3GAN 32, 10 classes': (
        r3gan.Generator(C32, r3gan.widths(32), classes=10), 64, 20_781_952,
        r3gan.Discriminator(r3gan.widths(32)[::-1], classes=10), 32, 21_280_512),
    'R3GAN 64': (
        r3gan.Generator((64, 64, 3), r3gan.widths(64)), 64, 22_429_824,
        r3gan.Discriminator(r3gan.widths(64)[::-1]), 64, 22_381_440),
    'R3GAN 256': (
        r3gan.Generator((256, 256, 3), r3gan.widths(256)), 64, 23_057_952,
        r3gan.Discriminator(r3gan.widths(256)[::-1]), 256, 23_009_568)}


def main():
  c = jnp.zeros((2,), int)
  print('| | generator | original | discriminator | original |\n|---|---|---|---|---|')
  for name, (g, z, g_count, d, size, d_count) in ORIGINALS.items():
    mine = count(g, jnp.zeros((2, z)), c), count(d, jnp.zeros((2, size, size, 3)), c)
    print(f'| {name} | {mine[0]:,} | {g_count:,} | {mine[1]:,} | {d_count:,} |')


if __name__ == '__main__':
  main()
