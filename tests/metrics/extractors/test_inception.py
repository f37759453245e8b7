"""Inception: one run against torch-fidelity's, and whose weights may be called FID's."""
import json
import pathlib
import tempfile

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan.io import trees
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import inception, resize

# 'features' [2, 256] and 'logits' [2, 126], every 8th number, and 'norms', the norm of all,
# by torch-fidelity 0.4.0, torch 2.13.0 on a CPU, of weights() and images():
#   FeatureExtractorInceptionV3('', ['2048', 'logits_unbiased'], 'weights.pth')(images)
# with weights.pth the inverse of convert_inception.convert.
ORACLE = pathlib.Path(__file__).parents[2] / 'data_files' / 'inception.npz'


def weights():
  """By path, drawn so that activations neither die nor blow up, nor any number is idle."""
  draw = np.random.default_rng(0)
  ranges = {'scale': (.5, 1.5), 'bias': (-.3, .3), 'mean': (-.3, .3), 'var': (.02, .2)}
  arrays = {}
  for path, leaf in sorted(inception.shapes().items()):
    bound = (.4 / np.prod(leaf.shape[:-1])) ** .5
    low, high = ranges.get(path.rsplit('/')[-1], (-bound, bound))
    arrays[path] = (low + (high - low) * draw.random(leaf.shape)).astype(np.float32)
  return arrays


def images():
  """uint8 [2, 40, 56, 3]: noise, and a ramp."""
  noise = np.random.default_rng(1).integers(0, 256, (40, 56, 3))
  ramp = np.add.outer(np.arange(40) * 2, np.arange(56) * 3)[..., None] * np.array(
      [[[1, .5, .3]]])
  return np.stack([noise, ramp]).astype(np.uint8)


@pytest.fixture(scope='module')
def network():
  with tempfile.TemporaryDirectory() as folder:  # not tmp_path, which keeps its 96 MB
    path = pathlib.Path(folder) / 'inception.npz'
    np.savez(path, **weights())
    return inception.extractor(path), inception.extractor(path, 'clean')


def test_against_torch_fidelity(network):
  x = images().astype(np.float32)
  features, logits = map(np.asarray, jax.jit(network[0].apply)(network[0].params, x))
  assert features.shape == (2, 2048) and logits.shape == (2, 1008)
  with np.load(ORACLE) as want:
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    close(features[:, ::8], want['features'])
    close(logits[:, ::8], want['logits'])
    close([np.linalg.norm(features), np.linalg.norm(logits)], want['norms'])


def test_clean_sees_what_pillow_makes(network):
  clean, x = network[1], images()[:1].astype(np.float32)
  bands = [Image.fromarray(x[0, ..., i]).resize((299, 299), Image.Resampling.BICUBIC)
           for i in range(3)]
  seen = (np.stack(bands, -1)[None].clip(0, 255) - 128) / 128
  want = jax.jit(inception.Inception().apply)({'params': clean.params}, seen)
  jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
               jax.jit(clean.apply)(clean.params, x), want)


def test_size():
  """94 convolutions of 5 arrays and a linear layer of 2."""
  shapes = inception.shapes().values()
  assert len(shapes) == 94 * 5 + 2
  assert sum(np.prod(s.shape) for s in shapes) == 23_885_392


def test_grey_is_three_equal_colours():
  grey = images()[..., :1].astype(np.float32)
  np.testing.assert_array_equal(inception.pixels(grey, resize.tf1),
                                inception.pixels(grey.repeat(3, -1), resize.tf1))


def test_random_weights_are_not_fid(network):
  assert network[0].name == f'incv3-unverified-{network[0].digest[:8]}.tf1'
  assert network[1].name == f'incv3-unverified-{network[0].digest[:8]}.clean'
  assert not network[0].verified and not network[1].verified


@pytest.fixture
def small(monkeypatch):
  """A network of two arrays, and arrays for it."""
  arrays = {'fc/bias': np.float32([1, 2]), 'fc/kernel': np.ones((3, 2), np.float32)}
  monkeypatch.setattr(inception, 'shapes', lambda: arrays)
  return dict(arrays), trees.digest(arrays)['digest']


def safetensors(arrays, notes):
  header, data = {'__metadata__': notes}, b''
  for name, a in arrays.items():
    dtype = {'float32': 'F32', 'float16': 'F16'}[str(a.dtype)]
    header[name] = {'dtype': dtype, 'shape': a.shape,
                    'data_offsets': [len(data), len(data) + a.nbytes]}
    data += a.tobytes()
  header = json.dumps(header).encode()
  return len(header).to_bytes(8, 'little') + header + data


def save(path, arrays, **notes):
  if path.suffix == '.npz':
    np.savez(path, **arrays, **notes)
  else:
    path.write_bytes(safetensors(arrays, notes))
  return path


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
def test_verified_needs_the_source_and_its_arrays(small, kind, tmp_path):
  arrays, digest = small
  path = tmp_path / f'w.{kind}'
  loaded = inception.load(save(path, arrays))
  jax.tree.map(np.testing.assert_array_equal, trees.leaves(loaded.params), arrays)
  assert loaded.digest == digest and not loaded.verified
  save(path, arrays, source_sha256=inception.PUBLISHED, digest=digest)
  assert inception.extractor(path).verified
  assert inception.extractor(path).name == 'inception.tf1'
  save(path, arrays, source_sha256='0' * 64, digest=digest)
  assert not inception.load(path).verified
  arrays['fc/bias'] = arrays['fc/bias'] + 1
  save(path, arrays, source_sha256=inception.PUBLISHED, digest=digest)
  assert not inception.load(path).verified


def test_a_known_digest_needs_no_source(small, monkeypatch, tmp_path):
  arrays, digest = small
  monkeypatch.setattr(inception, 'DIGESTS', (digest,))
  path = save(tmp_path / 'w.npz', arrays)
  assert inception.extractor(path, 'clean').name == 'inception.clean'


@pytest.mark.parametrize('change, says', [
    ({'fc/bias': np.zeros(3, np.float32)}, r'float32\[3\] at fc/bias where .* float32\[2\]'),
    ({'fc/bias': np.zeros(2, np.float64)}, r'float64\[2\] at fc/bias where .* float32\[2\]'),
    ({'fc/more': np.zeros(2, np.float32)}, r'float32\[2\] at fc/more where .* nothing')])
def test_other_shapes(small, change, says, tmp_path):
  path = save(tmp_path / 'w.npz', small[0] | change)
  with pytest.raises(Failure, match=f'w.npz holds.*{says}: get https.*convert_inception'):
    inception.load(path)


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
def test_missing(small, kind, tmp_path):
  del small[0]['fc/bias']
  with pytest.raises(Failure, match=r'nothing at fc/bias where .* float32\[2\]'):
    inception.load(save(tmp_path / f'w.{kind}', small[0]))


def test_half_precision_is_refused(small, tmp_path):
  arrays = {name: a.astype(np.float16) for name, a in small[0].items()}
  with pytest.raises(Failure, match='F16, not F32'):
    inception.load(save(tmp_path / 'w.safetensors', arrays))


def test_npz_is_no_pickle(small, tmp_path):
  path = save(tmp_path / 'w.npz', small[0] | {'fc/bias': np.array([print, 1])})
  with pytest.raises(Failure, match='it holds Python objects'):
    inception.load(path)


@pytest.mark.parametrize('kind', ['npz', 'safetensors'])
def test_damage(small, kind, tmp_path):
  path = save(tmp_path / f'w.{kind}', small[0])
  whole = path.read_bytes()
  for n in (0, 5, len(whole) // 2, len(whole) - 1):
    path.write_bytes(whole[:n])
    with pytest.raises(Failure, match=f'w.{kind} cannot be read'):
      inception.load(path)


def test_paths_and_resizers(tmp_path):
  with pytest.raises(Failure, match='no weights for Inception.*get https.*--inception'):
    inception.extractor(None)
  with pytest.raises(Failure, match='w.npz cannot be read.*No such file'):
    inception.load(tmp_path / 'w.npz')
  with pytest.raises(Failure, match='w.pb: Inception weights are .npz, .safetensors, .pth'):
    inception.load(tmp_path / 'w.pb')
  with pytest.raises(Failure, match="no resizer 'torch' for Inception: take one of tf1, clean"):
    inception.extractor(tmp_path / 'w.npz', 'torch')
