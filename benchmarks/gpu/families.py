"""Training steps of five families at CIFAR-10 size, in bfloat16, against the same networks in
PyTorch: each program in a process of its own, timed turn by turn.

  pip install -r benchmarks/requirements.txt
  python -m benchmarks.gpu.families --out=FOLDER
  python -m benchmarks.gpu.families --out=FOLDER --width=8 --batch=32    # anywhere

First the networks are shown to be the same: PyTorch's weights, put into ours by
`jaxgan.nets.interchange`, give its outputs. A step is as many moves of D as the recipe has and
one of G, Adam and averaged weights included, data and augmentation not. PyTorch's best is
torch.compile, channels_last and autocast; a move with slopes, whose gradients of gradients
torch.compile has not, plays the same modules without it, logits and slopes by one forward pass.
"""
import copy
import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')  # PyTorch needs room too
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '0')  # one card, for all
if any(a.startswith('--serve') and a.endswith('-facts') for a in sys.argv):
  os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F
from absl import app, flags

from benchmarks import torch_nets as theirs
from benchmarks.common import flops, on_noise, program
from benchmarks.gpu import turns
from jaxgan.augment import base
from jaxgan.nets import interchange, layers

flags.DEFINE_integer('width', 0, 'Of the networks; 0: as the recipes have it.')
flags.DEFINE_integer('batch', 0, 'Of the steps; 0: as the recipes have it, of R3GAN 128.')
flags.DEFINE_list('families', ['R3GAN', 'BigGAN', 'StyleGAN2', 'SNGAN', 'DCGAN'], 'Which.')
flags.DEFINE_list('sides', ['facts', 'jaxgan', 'compile', 'eager'], 'PyTorch has two.')
flags.DEFINE_string('serve', '', 'Serve one program: FAMILY-SIDE.')
flags.DEFINE_string('out', 'gpu', 'Folder of families.json and logs.')
flags.DEFINE_integer('repeats', 5, 'Turns.')
flags.DEFINE_float('patience', 330, 'Seconds that all may take to compile.')


class Rules(NamedTuple):
  """A game of PyTorch's: what the logits are worth, and the slopes."""
  d: Callable[[Any, Any], Any]
  g: Callable[[Any, Any], Any]
  d_steps: int = 1
  r1: float = 0.
  r2: float = 0.
  every: int = 1
  together: bool = False  # D sees real and fake in one batch: its spectral norms move once
  lr: float = 2e-4
  betas: tuple[float, float] = (.5, .999)


class Family(NamedTuple):
  """Our experiment, the same networks there, and the names of their arrays."""
  experiment: str
  width: int
  g: Callable[[int], torch.nn.Module]
  d: Callable[[int], torch.nn.Module]
  names: tuple[interchange.Names, interchange.Names]
  rules: Rules
  z: int
  classes: int = 0


plus = F.softplus
non_saturating = Rules(lambda r, f: (plus(-r) + plus(f)).mean(), lambda r, f: plus(-f).mean())
hinge = Rules(lambda r, f: (F.relu(1 - r) + F.relu(1 + f)).mean(), lambda r, f: -f.mean(), 5,
              together=True)
relativistic = Rules(lambda r, f: plus(f - r).mean(), lambda r, f: plus(r - f).mean(),
                     r1=.05, r2=.05)
FAMILIES = {
    'DCGAN': Family('cifar10_dcgan', 64,
                    lambda w: theirs.DeepConvGenerator(128, (8 * w, 4 * w, 2 * w, w)),
                    lambda w: theirs.DeepConvDiscriminator((w, 2 * w, 4 * w, 8 * w)),
                    (interchange.deep_conv, interchange.deep_conv_discriminator),
                    non_saturating._replace(d_steps=2), 128),
    'SNGAN': Family('cifar10_sngan', 64, lambda w: theirs.ResNetGenerator(128, w),
                    theirs.ResNetDiscriminator,
                    (interchange.studiogan(), interchange.studiogan_discriminator()),
                    hinge._replace(betas=(0., .9)), 128),
    'BigGAN': Family('cifar10_biggan', 96, lambda w: theirs.ResNetGenerator(80, w, 10),
                     lambda w: theirs.ResNetDiscriminator(w, 10),
                     (interchange.studiogan(2, True),
                      interchange.studiogan_discriminator(1, True)),
                     hinge, 80, 10),
    'StyleGAN2': Family('cifar10_stylegan2_ada', 512, lambda w: theirs.StyleGenerator(512, w),
                        theirs.StyleDiscriminator,
                        (interchange.stylegan2, interchange.stylegan2_discriminator),
                        non_saturating._replace(r1=.01, every=16, lr=2.5e-3, betas=(0., .99)),
                        512),
    'R3GAN': Family('cifar10_r3gan', 768, lambda w: theirs.R3Generator(64, w),
                    lambda w: theirs.R3Discriminator(w),
                    (interchange.r3gan(), interchange.r3gan_discriminator(4)),
                    relativistic._replace(betas=(0., .9)), 64, 10)}


class Game:
  """A game in PyTorch, in bfloat16 by autocast; `best`: compiled, channels last."""

  def __init__(self, family: Family, width: int, batch: int, device: str, best: bool):
    self.rules, self.device, self.family, self.batch = family.rules, device, family, batch
    self.format = torch.channels_last if best else torch.contiguous_format
    self.G, self.D = (net(width).to(device, memory_format=self.format)
                      for net in (family.g, family.d))
    self.average = copy.deepcopy(self.G)
    self.draw, self.judge = map(torch.compile, (self.G, self.D)) if best else (self.G, self.D)
    self.g_opt, self.d_opt = (
        torch.optim.Adam(net.parameters(), self.rules.lr, self.rules.betas,
                         fused=device == 'cuda')
        for net in (self.G, self.D))
    self.real = torch.rand(batch, 3, 32, 32, device=device).mul(2).sub(1).to(
        memory_format=self.format)
    self.steps = 0

  def fakes(self, c):
    return self.draw(torch.randn(self.batch, self.family.z, device=self.device), c)

  def labels(self):
    n = self.family.classes
    return torch.randint(n, (self.batch,), device=self.device) if n else None

  def judged(self, fake, c):
    """D's logits of real and fake."""
    if self.rules.together:
      told = None if c is None else torch.cat([c, c])
      return self.judge(torch.cat([self.real, fake]), told).float().chunk(2)
    return self.judge(self.real, c).float(), self.judge(fake, c).float()

  def penalised(self, fake, c):
    """D's loss with its penalties, weight / 2 |slope|^2: float32, as the slopes of ours."""
    logits, penalty = [], 0.
    for x, weight in ((self.real, self.rules.r1), (fake, self.rules.r2)):
      x = x.detach().requires_grad_(weight > 0)
      logits.append(self.D(x, c).float())
      if weight:
        slope, = torch.autograd.grad(logits[-1].sum(), x, create_graph=True)
        penalty = penalty + weight / 2 * slope.float().square().sum((1, 2, 3)).mean()
    return self.rules.d(*logits) + self.rules.every * penalty

  def step(self):
    auto = lambda: torch.autocast(self.device, torch.bfloat16)
    for _ in range(self.rules.d_steps):
      c = self.labels()
      with auto():
        with torch.no_grad():
          fake = self.fakes(c)
        due = self.rules.r1 and self.steps % self.rules.every == 0
        loss = self.penalised(fake, c) if due else self.rules.d(*self.judged(fake, c))
      self.d_opt.zero_grad()
      loss.backward()
      self.d_opt.step()
    c = self.labels()
    with auto():
      paired = self.rules.r2 > 0  # only pairs look at real examples
      real = self.judge(self.real, c).float() if paired else None
      loss = self.rules.g(real, self.judge(self.fakes(c), c).float())
    self.g_opt.zero_grad()
    loss.backward()
    self.g_opt.step()
    with torch.no_grad():
      torch._foreach_lerp_(list(self.average.parameters()), list(self.G.parameters()), .001)
    self.steps += 1

  def run(self, n: int):
    for _ in range(n):
      self.step()
    if self.device == 'cuda':
      torch.cuda.synchronize()


def ours(family: Family, width: int, batch: int):
  """Our experiment on random images: its networks in bfloat16, and no augmentation."""
  knobs = {name: value for name, value in (('width', width), ('batch', batch)) if value}
  one = on_noise(family.experiment, 8 * batch or 4096, (32, 32, 3), family.classes, **knobs)
  half = lambda net: (dataclasses.replace(net, dtype=jnp.bfloat16)
                      if 'dtype' in {f.name for f in dataclasses.fields(net)} else net)
  return dataclasses.replace(one, gan=dataclasses.replace(
      one.gan, generator=half(one.gan.generator), discriminator=half(one.gan.discriminator),
      augment=base.none()))


def in_float32(net):
  """The network as `theirs` is compared with it: in one precision, weights as they are used."""
  fields = {field.name for field in dataclasses.fields(net)}
  change = {'dtype': jnp.float32, 'half': 0, 'weights': layers.plain}
  return dataclasses.replace(net, **{name: change[name] for name in fields & set(change)})


def used(net: torch.nn.Module) -> dict[str, np.ndarray]:
  """A module's arrays as its forward pass takes them: spectral norms divided out."""
  arrays = {name: a for name, a in net.state_dict().items() if '.parametrizations.' not in name}
  for name, module in net.named_modules():
    if hasattr(module, 'parametrizations'):
      arrays[f'{name}.weight'] = module.weight
  return {name: a.detach().cpu().float().numpy() for name, a in arrays.items()}


def difference(family: Family, width: int, one) -> float:
  """The largest difference of G's images and D's logits, ours and theirs with their weights,
  as a share of the largest value. Float32, on the CPU."""
  torch.manual_seed(0)
  n, c = 32, torch.arange(32) % family.classes if family.classes else None
  inputs = torch.randn(n, family.z), torch.randn(n, 3, 32, 32)
  nets, found = (one.gan.generator, one.gan.discriminator), []
  for net, make, names, x in zip(nets, (family.g, family.d), family.names, inputs):
    module, net = make(width).eval(), in_float32(net)
    with torch.no_grad():
      expected = module(x, c).numpy()
      arrays = used(module)
    mine = x.numpy() if x.ndim == 2 else x.numpy().transpose(0, 2, 3, 1)
    told = None if c is None else c.numpy()
    with jax.default_device(jax.devices('cpu')[0]):
      shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), mine, told, train=False))
      variables = interchange.filled(shapes, arrays, names)
      out = net.apply(variables, mine, told, train=False)
    out = np.asarray(out[0]) if x.ndim == 4 else np.asarray(out).transpose(0, 3, 1, 2)
    found.append(abs(out - expected).max() / abs(expected).max())
  return float(max(found))


def serve(title: str, side: str) -> None:
  """One program, for `turns`. Facts are about networks alone, and told by a CPU."""
  family, given = FAMILIES[title], flags.FLAGS
  width, gpu = given.width or family.width, torch.cuda.is_available()
  one = ours(family, given.width, given.batch or {'R3GAN': 128}.get(title, 0))

  def jaxgan():
    run = program(one, turns.MULTIPLE)
    run(turns.MULTIPLE)
    return run, lambda: {'batch': one.batch, 'peak bytes': (
        jax.devices()[0].memory_stats() or {}).get('peak_bytes_in_use')}

  def pytorch():
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision('high')
    game = Game(family, width, one.batch, 'cuda' if gpu else 'cpu', side == 'compile')
    game.run(family.rules.every + 1)  # each kind of move is compiled
    return game.run, lambda: {'batch': one.batch, 'peak bytes': (
        torch.cuda.max_memory_allocated() if gpu else None)}

  def facts():
    found = {'differs by': difference(family, width, one), 'FLOP a step': flops(one)}
    return lambda n: None, lambda: found

  turns.serve({'jaxgan': jaxgan, 'facts': facts}.get(side, pytorch))


def main(_):
  given = flags.FLAGS
  if given.serve:
    return serve(*given.serve.split('-'))
  if not torch.cuda.is_available() and not given.width:
    print('no GPU that PyTorch sees: nothing to measure')
    return
  out = pathlib.Path(given.out)
  again = [sys.executable, '-m', 'benchmarks.gpu.families', f'--width={given.width}',
           f'--batch={given.batch}']
  commands = {f'{title}-{side}': [*again, f'--serve={title}-{side}']
              for title in given.families for side in given.sides}
  report = {'torch': torch.__version__, 'families': {}}

  def keep(found):
    for name, facts in found.items():
      title, side = name.split('-')
      report['families'].setdefault(title, {})[side] = facts
    out.mkdir(parents=True, exist_ok=True)
    (out / 'families.json').write_text(json.dumps(report, indent=1))

  turns.compared(commands, out / 'logs', given.repeats, given.patience, keep)
  for title, sides in report['families'].items():
    print(title)
    for side, found in sides.items():
      numbers = [f'{name} {x:.3g}' for name, x in found.items() if isinstance(x, int | float)]
      print(f'  {side:8}', turns.shown(found['ms a step']), *numbers, found.get('failed', ''))


if __name__ == '__main__':
  app.run(main)
