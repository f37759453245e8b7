"""The networks of CIFAR-10 tables in PyTorch, as their authors' programs compute them, under
those programs' names, by which `jaxgan.nets.interchange` reads them. Resampling is PyTorch's
own convolutions, not NVIDIA's CUDA extensions."""
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

plain = lambda layer: layer


# StudioGAN's deep_conv ---------------------------------------------------------------------


def norm(features):
  return nn.BatchNorm2d(features, eps=1e-4)


class DeepConvGenerator(nn.Module):
  """`deep_conv.Generator`, 32x32."""

  def __init__(self, z=128, widths=(512, 256, 128, 64)):
    super().__init__()
    self.linear0 = nn.Linear(z, widths[0] * 16)
    self.blocks = nn.ModuleList(nn.ModuleList([nn.ModuleDict({
        'deconv0': nn.ConvTranspose2d(i, o, 4, 2, 1), 'bn0': norm(o)})])
        for i, o in zip(widths, widths[1:]))
    self.conv4 = nn.Conv2d(widths[-1], 3, 3, padding=1)

  def forward(self, z, c=None):
    x = self.linear0(z).view(len(z), -1, 4, 4)
    for (block,) in self.blocks:
      x = F.relu(block['bn0'](block['deconv0'](x)))
    return torch.tanh(self.conv4(x))


class DeepConvDiscriminator(nn.Module):
  """`deep_conv.Discriminator`."""

  def __init__(self, widths=(64, 128, 256, 512)):
    super().__init__()
    self.blocks = nn.ModuleList(nn.ModuleList([nn.ModuleDict({
        'conv0': nn.Conv2d(i, o, 3, padding=1), 'bn0': norm(o),
        'conv1': nn.Conv2d(o, o, 4, 2, 1), 'bn1': norm(o)})])
        for i, o in zip((3, *widths), widths[:-1]))
    self.conv1, self.bn1 = nn.Conv2d(widths[-2], widths[-1], 3, padding=1), norm(widths[-1])
    self.linear1 = nn.Linear(widths[-1], 1)

  def forward(self, x, c=None):
    for (block,) in self.blocks:
      x = F.relu(block['bn0'](block['conv0'](x)))
      x = F.relu(block['bn1'](block['conv1'](x)))
    return self.linear1(F.relu(self.bn1(self.conv1(x))).sum((2, 3)))[:, 0]


# StudioGAN's resnet and big_resnet ---------------------------------------------------------


class ToldNorm(nn.Module):
  """Batch norm, its gain and bias linear in what the block is told."""

  def __init__(self, features, told):
    super().__init__()
    self.bn = nn.BatchNorm2d(features, eps=1e-4, affine=False)
    self.gain, self.bias = (spectral_norm(nn.Linear(told, features, bias=False))
                            for _ in range(2))

  def forward(self, x, y):
    return self.bn(x) * (1 + self.gain(y))[:, :, None, None] + self.bias(y)[:, :, None, None]


class UntoldNorm(nn.BatchNorm2d):
  """Batch norm of a block that is told nothing."""

  def __init__(self, features):
    super().__init__(features, eps=1e-4)

  def forward(self, x, y=None):
    return super().forward(x)


class Up(nn.Module):
  """The block of `resnet.Generator`."""

  def __init__(self, i, o, told, wrap):
    super().__init__()
    self.bn1, self.bn2 = (ToldNorm(n, told) if told else UntoldNorm(n) for n in (i, o))
    self.conv2d1, self.conv2d2 = (wrap(nn.Conv2d(n, o, 3, padding=1)) for n in (i, o))
    self.conv2d0 = wrap(nn.Conv2d(i, o, 1))

  def forward(self, x, y):
    h = self.conv2d1(F.interpolate(F.relu(self.bn1(x, y)), scale_factor=2))
    h = self.conv2d2(F.relu(self.bn2(h, y)))
    return h + self.conv2d0(F.interpolate(x, scale_factor=2))


class Down(nn.Module):
  """The block of `resnet.Discriminator`."""

  def __init__(self, i, o, down, first):
    super().__init__()
    self.down, self.first = down, first
    self.conv2d1, self.conv2d2 = (spectral_norm(nn.Conv2d(n, o, 3, padding=1))
                                  for n in (i, o))
    self.conv2d0 = spectral_norm(nn.Conv2d(i, o, 1)) if down or i != o else None

  def forward(self, x, y=None):
    pool = (lambda a: F.avg_pool2d(a, 2)) if self.down else plain
    h = pool(self.conv2d2(F.relu(self.conv2d1(x if self.first else F.relu(x)))))
    if self.conv2d0 is None:
      return h + x
    return h + (self.conv2d0(pool(x)) if self.first else pool(self.conv2d0(x)))


class Attention(nn.Module):
  """`attention.SelfAttention`."""

  def __init__(self, n):
    super().__init__()
    one = lambda i, o: spectral_norm(nn.Conv2d(i, o, 1, bias=False))
    self.conv1x1_theta, self.conv1x1_phi = one(n, n // 8), one(n, n // 8)
    self.conv1x1_g, self.conv1x1_attn = one(n, n // 2), one(n // 2, n)
    self.sigma = nn.Parameter(torch.zeros(1))

  def forward(self, x, y=None):
    pooled = lambda conv: F.max_pool2d(conv(x), 2).flatten(2)
    scores = self.conv1x1_theta(x).flatten(2).transpose(1, 2) @ pooled(self.conv1x1_phi)
    found = pooled(self.conv1x1_g) @ F.softmax(scores, -1).transpose(1, 2)
    return x + self.sigma * self.conv1x1_attn(found.unflatten(2, x.shape[2:]))


class ResNetGenerator(nn.Module):
  """`resnet.Generator` at 32x32; with classes BigGAN's: skip-z, spectral norm, attention."""

  def __init__(self, z, width, classes=0, shared=128):
    super().__init__()
    wrap = spectral_norm if classes else plain
    self.part = z // 4 if classes else z
    told = self.part + shared if classes else 0
    self.shared = nn.Embedding(classes, shared) if classes else None
    self.linear0 = wrap(nn.Linear(self.part, 4 * width * 16))
    blocks = [Up(4 * width, 4 * width, told, wrap) for _ in range(3)]
    if classes:
      blocks.insert(2, Attention(4 * width))
    self.blocks = nn.ModuleList(nn.ModuleList([block]) for block in blocks)
    self.bn4 = norm(4 * width)
    self.conv2d5 = wrap(nn.Conv2d(4 * width, 3, 3, padding=1))

  def forward(self, z, c=None):
    first, *rest = z.split(self.part, 1)
    told = [torch.cat([self.shared(c), part], 1) for part in rest] if self.shared else []
    x, told = self.linear0(first).view(len(z), -1, 4, 4), iter(told)
    for (block,) in self.blocks:
      x = block(x, next(told, None) if isinstance(block, Up) else None)
    return torch.tanh(self.conv2d5(F.relu(self.bn4(x))))


class ResNetDiscriminator(nn.Module):
  """`resnet.Discriminator` at 32x32; with classes BigGAN's: projection, attention."""

  def __init__(self, width, classes=0):
    super().__init__()
    n = 2 * width
    blocks = [Down(i, n, k < 2, k == 0) for k, i in enumerate((3, n, n, n))]
    if classes:
      blocks.insert(1, Attention(n))
    self.blocks = nn.ModuleList(nn.ModuleList([block]) for block in blocks)
    self.linear1 = spectral_norm(nn.Linear(n, 1))
    self.embedding = spectral_norm(nn.Embedding(classes, n)) if classes else None

  def forward(self, x, c=None):
    for (block,) in self.blocks:
      x = block(x)
    h = F.relu(x).sum((2, 3))
    logits = self.linear1(h)[:, 0]
    return logits + (h * self.embedding(c)).sum(1) if self.embedding else logits


# NVIDIA's StyleGAN2 ------------------------------------------------------------------------


def taps(x, gain=1.):
  """The filter [1, 3, 3, 1] x [1, 3, 3, 1], one for each channel of x; made on its device, as a
  copy from the host would wait."""
  one = (2 - (torch.arange(4, device=x.device) - 1.5).abs()) / 4
  return (gain * one[:, None] * one).to(x.dtype).expand(x.shape[1], 1, 4, 4)


def doubled(x):
  return F.conv_transpose2d(x, taps(x, 4.), stride=2, padding=1, groups=x.shape[1])


def halved(x):
  return F.conv2d(x, taps(x), stride=2, padding=1, groups=x.shape[1])


def resampled(x, weight, up=1, down=1):
  """`equalised.resampled` of 3x3 kernels."""
  if up == 2:
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return F.conv2d(x, taps(x, 4.), padding=1, groups=x.shape[1])
  if down == 2:
    return F.conv2d(F.conv2d(x, taps(x), padding=2, groups=x.shape[1]), weight, stride=2)
  return F.conv2d(x, weight, padding=weight.shape[2] // 2)


def active(x, clamp=256.):
  return (F.leaky_relu(x, .2) * math.sqrt(2)).clamp(-clamp, clamp)


class EqualDense(nn.Module):
  """`equalised.Dense`."""

  def __init__(self, i, o, bias=0., rate=1.):
    super().__init__()
    self.weight = nn.Parameter(torch.randn(o, i) / rate)
    self.bias, self.rate = nn.Parameter(torch.full((o,), bias)), rate

  def forward(self, x):
    return F.linear(x, self.weight * (self.rate / math.sqrt(x.shape[1])), self.bias * self.rate)


class EqualConv(nn.Module):
  """`equalised.Conv`."""

  def __init__(self, i, o, kernel, down=1):
    super().__init__()
    self.weight = nn.Parameter(torch.randn(o, i, kernel, kernel))
    self.bias, self.down = nn.Parameter(torch.zeros(o)), down

  def forward(self, x):
    weight = self.weight / math.sqrt(self.weight[0].numel())
    return active(resampled(x, weight, down=self.down) + self.bias[:, None, None])


class Mapping(nn.Module):
  """`stylegan2.Mapping`, of z alone."""

  def __init__(self, z, features, depth):
    super().__init__()
    for i in range(depth):
      setattr(self, f'fc{i}', EqualDense(features if i else z, features, rate=.01))
    self.depth = depth
    self.register_buffer('w_avg', torch.zeros(features))

  def forward(self, z):
    w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
    for i in range(self.depth):
      w = active(getattr(self, f'fc{i}')(w), math.inf)
    if self.training:
      self.w_avg.copy_(w.detach().mean(0).float().lerp(self.w_avg, .995))
    return w


class Layer(nn.Module):
  """`stylegan2.Layer`."""

  def __init__(self, i, o, w, size, up=1):
    super().__init__()
    self.affine, self.up = EqualDense(w, i, 1.), up
    self.weight = nn.Parameter(torch.randn(o, i, 3, 3))
    self.bias, self.noise_strength = nn.Parameter(torch.zeros(o)), nn.Parameter(torch.zeros(()))
    self.register_buffer('noise_const', torch.randn(size, size))

  def forward(self, x, w):
    styles = self.affine(w)
    x = resampled(x * styles[:, :, None, None], self.weight, self.up)
    scale = (styles.float() ** 2 @ self.weight.square().sum((2, 3)).T + 1e-8).rsqrt()
    n = self.noise_const.shape[0]
    noise = torch.randn(len(x), 1, n, n, device=x.device) if self.training else self.noise_const
    x = x * scale[:, :, None, None] + noise * self.noise_strength + self.bias[:, None, None]
    return active(x)


class ToRGB(nn.Module):
  """`stylegan2.ToRGB`."""

  def __init__(self, i, w):
    super().__init__()
    self.affine, self.weight = EqualDense(w, i, 1.), nn.Parameter(torch.randn(3, i, 1, 1))
    self.bias = nn.Parameter(torch.zeros(3))

  def forward(self, x, w):
    styles = self.affine(w) / math.sqrt(x.shape[1])
    x = F.conv2d(x * styles[:, :, None, None], self.weight) + self.bias[:, None, None]
    return x.clamp(-256, 256)


class StyleGenerator(nn.Module):
  """`stylegan2.Generator` at 32x32 with skips."""

  def __init__(self, z=512, width=512, depth=2):
    super().__init__()
    self.mapping, self.synthesis = Mapping(z, z, depth), nn.Module()
    self.sizes = (4, 8, 16, 32)
    for size in self.sizes:
      block = nn.Module()
      if size == 4:
        block.const = nn.Parameter(torch.randn(width, 4, 4))
      else:
        block.conv0 = Layer(width, width, z, size, up=2)
      block.conv1, block.torgb = Layer(width, width, z, size), ToRGB(width, z)
      setattr(self.synthesis, f'b{size}', block)

  def forward(self, z, c=None):
    w, image = self.mapping(z), 0.
    for size in self.sizes:
      block = getattr(self.synthesis, f'b{size}')
      if size == 4:
        x = block.const.expand(len(z), -1, -1, -1)
      else:
        x, image = block.conv0(x, w), doubled(image)
      x = block.conv1(x, w)
      image = image + block.torgb(x, w)
    return image


class StyleDiscriminator(nn.Module):
  """`stylegan2.Discriminator` at 32x32, architecture 'orig'."""

  def __init__(self, width=512, group=32):
    super().__init__()
    self.group, self.sizes = group, (32, 16, 8)
    for size in self.sizes:
      block = nn.Module()
      if size == 32:
        block.fromrgb = EqualConv(3, width, 1)
      block.conv0, block.conv1 = EqualConv(width, width, 3), EqualConv(width, width, 3, down=2)
      setattr(self, f'b{size}', block)
    self.b4 = nn.Module()
    self.b4.conv = EqualConv(width + 1, width, 3)
    self.b4.fc, self.b4.out = EqualDense(width * 16, width), EqualDense(width, 1)

  def forward(self, x, c=None):
    for size in self.sizes:
      block = getattr(self, f'b{size}')
      x = block.fromrgb(x) if size == 32 else x
      x = block.conv1(block.conv0(x))
    groups = x.float().unflatten(0, (min(self.group, len(x)), -1))  # every n-th, as NVIDIA's
    found = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    extra = found.repeat(len(x) // len(found))[:, None, None, None].expand(-1, 1, 4, 4)
    x = self.b4.conv(torch.cat([x, extra.to(x.dtype)], 1))
    return self.b4.out(active(self.b4.fc(x.flatten(1)), math.inf))[:, 0]


# R3GAN's -----------------------------------------------------------------------------------


class Leaf(nn.Module):
  """A layer under the name that R3GAN's program wraps it in."""

  def __init__(self, layer):
    super().__init__()
    self.Layer = layer

  def forward(self, x):
    return self.Layer(x)


class Bias(nn.Module):
  """A bias and leaky ReLU."""

  def __init__(self, n):
    super().__init__()
    self.Bias = nn.Parameter(torch.zeros(n))

  def forward(self, x):
    return F.leaky_relu(x + self.Bias[:, None, None], .2)


class Block(nn.Module):
  """`r3gan.Block`."""

  def __init__(self, n):
    super().__init__()
    conv = lambda i, o, k=1, groups=1: Leaf(nn.Conv2d(i, o, k, padding=k // 2, groups=groups,
                                                      bias=False))
    self.LinearLayer1, self.NonLinearity1 = conv(n, 2 * n), Bias(2 * n)
    self.LinearLayer2, self.NonLinearity2 = conv(2 * n, 2 * n, 3, n // 8), Bias(2 * n)
    self.LinearLayer3 = conv(2 * n, n)

  def forward(self, x):
    h = self.NonLinearity1(self.LinearLayer1(x))
    return x + self.LinearLayer3(self.NonLinearity2(self.LinearLayer2(h)))


class Start(nn.Module):
  """A linear layer, times a learned map."""

  def __init__(self, i, n):
    super().__init__()
    self.Basis = nn.Parameter(torch.randn(n, 4, 4))
    self.LinearLayer = nn.Linear(i, n, bias=False)

  def forward(self, z):
    return self.Basis * self.LinearLayer(z)[:, :, None, None]


class End(nn.Module):
  """A learned map summed with x, and a linear layer."""

  def __init__(self, n):
    super().__init__()
    self.Basis = nn.Conv2d(n, n, 4, groups=n, bias=False)
    self.LinearLayer = nn.Linear(n, n, bias=False)

  def forward(self, x):
    return self.LinearLayer(self.Basis(x).flatten(1))


class Resample(nn.Module):
  """To twice or half the size; the width stays."""

  def __init__(self, how):
    super().__init__()
    self.how = how

  def forward(self, x):
    return self.how(x)


def stage(layers):
  held = nn.Module()
  held.Layers = nn.ModuleList(layers)
  return held


class R3Generator(nn.Module):
  """`r3gan.Generator` at 32x32, one width, two blocks a stage."""

  def __init__(self, z=64, width=768, classes=10, embedding=64):
    super().__init__()
    self.EmbeddingLayer = nn.Linear(classes, embedding, bias=False)
    firsts = [Start(z + embedding, width), *(Resample(doubled) for _ in range(3))]
    self.MainLayers = nn.ModuleList(stage([first, Block(width), Block(width)])
                                    for first in firsts)
    self.AggregationLayer = Leaf(nn.Conv2d(width, 3, 1, bias=False))

  def forward(self, z, c):
    told = self.EmbeddingLayer(F.one_hot(c, self.EmbeddingLayer.in_features).to(z.dtype))
    x = torch.cat([z, told], 1)
    for part in self.MainLayers:
      for layer in part.Layers:
        x = layer(x)
    return self.AggregationLayer(x)


class R3Discriminator(nn.Module):
  """`r3gan.Discriminator`, likewise."""

  def __init__(self, width=768, classes=10):
    super().__init__()
    self.EmbeddingLayer = nn.Linear(classes, width, bias=False)
    self.ExtractionLayer = Leaf(nn.Conv2d(3, width, 1, bias=False))
    lasts = [*(Resample(halved) for _ in range(3)), End(width)]
    self.MainLayers = nn.ModuleList(stage([Block(width), Block(width), last])
                                    for last in lasts)

  def forward(self, x, c):
    x = self.ExtractionLayer(x)
    for part in self.MainLayers:
      for layer in part.Layers:
        x = layer(x)
    told = self.EmbeddingLayer(F.one_hot(c, self.EmbeddingLayer.in_features).to(x.dtype))
    return (x * told).sum(1)
