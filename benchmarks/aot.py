"""Training steps compiled for H100s that are not here, and what is in them.

  python -m benchmarks.aot cifar10_r3gan [--devices=8] [--half] [--noaugment] [KNOB=VALUE ..]
  python -m benchmarks.aot cifar10_r3gan --largest [KNOB=VALUE ..]

Needs no GPU, but on the path what compiles for one: jax-cuda13-plugin and jax-cuda13-pjrt of
jax's version, nvidia-cuda-nvcc, nvidia-nvvm, nvidia-nvjitlink and nvidia-cuda-runtime (13). XLA
tunes no choice of a kernel without a card: this counts the program, not its time. `--out` keeps
its text.
"""
import ast
import collections
import dataclasses
import json
import math
import os
import pathlib
import re
import time

from absl import app, flags

os.environ |= {'JAX_SKIP_CUDA_CONSTRAINTS_CHECK': '1', 'CUDA_VISIBLE_DEVICES': '-1'}

import jax
import jax.numpy as jnp
from jax.experimental import topologies

from benchmarks.common import noise_like
from jaxgan import parallel
from jaxgan.augment import base
from jaxgan.experiment import Experiment
from jaxgan.run import compiled

flags.DEFINE_integer('devices', 1, 'H100s.')
flags.DEFINE_bool('half', False, 'Networks in bfloat16, where they can be.')
flags.DEFINE_bool('augment', True, 'With the augmentation of the recipe.')
flags.DEFINE_bool('largest', False, 'Only: the largest batches for some cards.')
flags.DEFINE_string('out', '', 'Folder for hlo.txt and report.json.')

IDLE = {'parameter', 'constant', 'bitcast', 'tuple', 'get-tuple-element', 'after-all', 'iota',
        'while', 'conditional', 'call'}  # no kernels themselves
BYTES = {'f32': 4, 'bf16': 2, 'f16': 2, 'f64': 8, 'u32': 4, 's32': 4, 'u8': 1, 'pred': 1}
ROW = re.compile(r'^\s+(?:ROOT )?%([\w.\-]+) = (\(.*?\)|\S+) ([a-z][\w\-]*)\((.*)$', re.M)


def h100s(n: int):
  """Devices to compile for: nothing runs on them."""
  from jax._src import xla_bridge  # it knows 'cuda' only where a card is
  plain = xla_bridge.canonicalize_platform
  xla_bridge.canonicalize_platform = lambda name: (
      'cuda' if name in ('gpu', 'cuda') else plain(name))
  card = (pathlib.Path(__file__).parent / 'gpu' / 'h100.txtpb').read_text()
  return topologies.get_topology_desc(platform='cuda', target_config=card,
                                      topology=f'1x1x{n}').devices


def lowered(one: Experiment, devices) -> jax.stages.Lowered:
  """The step of an experiment, for these devices."""
  mesh = parallel.mesh(devices)
  parallel.mesh = lambda devices=None: mesh
  jax.default_backend = lambda: 'gpu'  # what `axis.on_cpu` asks
  return compiled.lowered(one, one.data.describe(None))


def computations(text: str) -> dict[str, str]:
  """The program's parts by name, the entry under ''."""
  found = {}
  for block in re.split(r'\n(?=(?:ENTRY )?%?[\w.\-]+ \()', text):
    if head := re.match(r'(ENTRY )?%?([\w.\-]+) \(', block):
      found['' if head[1] else head[2]] = block
  return found


def launched(text: str) -> list[tuple[str, str, str, str]]:
  """Rows (name, shape, operation, the rest) of all that the host or a graph launches."""
  parts, seen, todo, rows = computations(text), set(), [''], []
  while todo:
    name = todo.pop()
    if name in seen or name not in parts:
      continue
    seen.add(name)
    for row in ROW.findall(parts[name]):
      rows.append(row)
      if row[2] in ('while', 'conditional', 'call', 'async-start'):
        found = re.findall(r'(?:body|condition|to_apply|calls|true_computation|'
                           r'false_computation)=%?([\w.\-]+)', row[3])
        for group in re.findall(r'branch_computations=\{([^}]*)\}', row[3]):
          found += [name.strip().lstrip('%') for name in group.split(',')]
        todo += found
  return [row for row in rows if row[2] not in IDLE]


def kind(row) -> str:
  """What a kernel is: 'fusion kLoop', '__cudnn$convForward', 'all-reduce'."""
  _, _, operation, rest = row
  if operation == 'custom-call':
    return re.search(r'custom_call_target="([^"]+)"', rest)[1]
  if operation == 'fusion':
    return 'fusion ' + re.search(r'kind=(\w+)', rest)[1]
  return operation


def arrays(shape: str) -> list[tuple[str, list[int]]]:
  """'(f32[2,3]{1,0}, u8[])' -> [('f32', [2, 3]), ('u8', [])]."""
  return [(dtype, [int(n) for n in sizes.split(',') if n])
          for dtype, sizes in re.findall(r'(\w+)\[([\d,]*)\]', shape)]


def size(shape: str) -> int:
  """Bytes."""
  return sum(BYTES.get(dtype, 0) * math.prod(sizes) for dtype, sizes in arrays(shape))


def counts(text: str) -> dict:
  """Of a compiled step: kernels and cuDNN's convolutions by kind and dtype, their FLOP, the
  bytes that kernels read and write, each operand once, and what should not be there."""
  rows, shapes = launched(text), {row[0]: row[1] for row in ROW.findall(text)}
  kernels, convolutions = collections.Counter(map(kind, rows)), collections.Counter()
  flop = moved = 0
  for row in rows:
    names = re.findall(r'%([\w.\-]+)', row[3].split('), ')[0])
    operands = [shapes.get(name, '') for name in names]
    moved += size(row[1]) + sum(map(size, operands))
    if kind(row).startswith('__cudnn$conv'):
      convolutions[f'{kind(row).removeprefix("__cudnn$")} {arrays(row[1])[0][0]}'] += 1
      flop += convolution_flop(row, [found[0][1] for found in map(arrays, operands) if found])
  window = [int(n) for n in re.findall(r'window=\{size=(\d+)x', text)]
  named = lambda part: sum(n for name, n in kernels.items() if name.startswith(part))
  return {'kernels': sum(kernels.values()), 'by kind': dict(kernels.most_common()),
          'convolutions': dict(convolutions), 'conv TFLOP': flop / 1e12,
          'GB moved': moved / 1e9, 'float64': len(re.findall(r'\bf64\[', text)),
          'largest window': max(window, default=0),
          'scatters': len(re.findall(r' scatter\(', text)),  # most are within fusions
          'all-reduces': named('all-reduce') - named('all-reduce-done')}  # it ends another


def convolution_flop(row, operands: list[list[int]]) -> int:
  """Of a convolution in NHWC by kernels [out, h, w, in / groups], forward or a gradient."""
  (_, out), *_ = arrays(row[1])
  side = re.search(r'size=(\d+)x(\d+)', row[3])
  taps = int(side[1]) * int(side[2]) if side else 1
  if kind(row).endswith('BackwardFilter'):  # out: the kernel; of dy [B, H', W', out]
    return 2 * math.prod(out) * math.prod(operands[1][:3])
  if kind(row).endswith('BackwardInput'):
    return 2 * taps * math.prod(operands[0]) * operands[1][-1]
  return 2 * taps * math.prod(out) * operands[1][-1]


def compiled_for(one: Experiment, devices) -> tuple[dict, str]:
  """(report, text) of the step of an experiment on these devices."""
  start = time.perf_counter()
  program = lowered(one, devices).compile()
  memory, text = program.memory_analysis(), program.as_text()
  return {'jax': jax.__version__, 'devices': len(devices), 'batch': one.batch,
          'seconds': time.perf_counter() - start,
          'peak GB': memory.peak_memory_in_bytes / 1e9,
          'donated': memory.alias_size_in_bytes / memory.output_size_in_bytes,
          } | counts(text), text


CARDS, SHARE = (24, 40, 80), .75  # GB; what JAX takes of them by default


def largest(one: Experiment, devices) -> dict:
  """The largest batches, powers of 2, for cards of some sizes: the peak grows by as much with
  each example, as two compilations show."""
  first = max(one.batch // 2, 8 * len(devices))
  peaks = [compiled_for(dataclasses.replace(one, batch=batch), devices)[0]['peak GB']
           for batch in (first, 2 * first)]
  each = (peaks[1] - peaks[0]) / first
  fits = lambda card: max(int((SHARE * card - peaks[0]) / each + first), 0)
  return {'batches': [first, 2 * first], 'peak GB': peaks, 'GB an example': each,
          'largest batch': {card: fits(card) and 2 ** (fits(card).bit_length() - 1)
                            for card in CARDS}}


def knob(text: str):
  name, value = text.split('=')
  try:
    return name, ast.literal_eval(value)
  except (ValueError, SyntaxError):  # a bare word
    return name, value


def changed(one: Experiment) -> Experiment:
  """With what --half and --noaugment ask for."""
  gan = one.gan
  if flags.FLAGS.half:
    half = lambda net: (dataclasses.replace(net, dtype=jnp.bfloat16)
                        if 'dtype' in {f.name for f in dataclasses.fields(net)} else net)
    gan = dataclasses.replace(gan, generator=half(gan.generator),
                              discriminator=half(gan.discriminator))
  if not flags.FLAGS.augment:
    gan = dataclasses.replace(gan, augment=base.none())
  return dataclasses.replace(one, gan=gan)


def main(names):
  one = changed(noise_like(names[1], **dict(map(knob, names[2:]))))
  if flags.FLAGS.largest:
    return print(json.dumps(largest(one, h100s(flags.FLAGS.devices)), indent=1))
  report, text = compiled_for(one, h100s(flags.FLAGS.devices))
  print(json.dumps(report, indent=1))
  if flags.FLAGS.out:
    folder = pathlib.Path(flags.FLAGS.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'hlo.txt').write_text(text)
    (folder / 'report.json').write_text(json.dumps(report, indent=1))


if __name__ == '__main__':
  app.run(main)
