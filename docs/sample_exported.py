"""Draws from an exported generator, with JAX, NumPy, Pillow and safetensors alone.

  python sample_exported.py exported grid.png
"""
import json
import pathlib
import sys

import jax
import numpy as np
import safetensors.numpy
from PIL import Image

folder, out = pathlib.Path(sys.argv[1]), sys.argv[2]
card = json.loads((folder / 'card.json').read_text())
weights = safetensors.numpy.load_file(folder / 'weights.safetensors')
generator = jax.export.deserialize((folder / 'generator.stablehlo').read_bytes())
if 'image' not in card or (card['z'] or {}).get('prior') != 'standard normal' or (
    card['c'] and 'classes' not in card['c']):
  sys.exit('this draws images from normal noise, told a class at most: see card.json')
z = np.random.default_rng(0).normal(size=(64, *card['z']['shape'][1:])).astype(np.float32)
c = card['c'] and np.arange(64, dtype=card['c']['dtype']) % card['c']['classes']
x = np.asarray(generator.call(weights, z, c))
black, white = card['image']['black'], card['image']['white']
pixels = np.clip((x - black) / (white - black) * 255, 0, 255).round().astype(np.uint8)
rows = pixels.reshape(8, 8, *x.shape[1:]).transpose(0, 2, 1, 3, 4)
Image.fromarray(rows.reshape(8 * x.shape[1], 8 * x.shape[2], -1).squeeze()).save(out)
