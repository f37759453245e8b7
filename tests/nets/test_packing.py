"""D that judges packs."""
import jax
import numpy as np
import pytest
from flax import linen as nn

from jaxgan.nets.packing import Packed


class Seen(nn.Module):
  """Shows its input as out."""

  @nn.compact
  def __call__(self, x, c=None, *, train):
    return x.sum(tuple(range(1, x.ndim))), {'x': x}


@pytest.mark.parametrize('shape', [(3, 5, 2), (4,)])
def test_successive_examples_become_channels(shape):
  x = np.random.default_rng(0).normal(size=(6, *shape)).astype(np.float32)
  (logits, out), _ = Packed(Seen(), 3).init_with_output(jax.random.key(0), x, train=False)
  assert logits.shape == (2,) and out['x'].shape == (2, *shape[:-1], 3 * shape[-1])
  for i in range(2):
    np.testing.assert_array_equal(out['x'][i], np.concatenate(x[3 * i:3 * i + 3], -1))


@pytest.mark.parametrize('n,c', [(5, None), (6, np.zeros(6))])
def test_what_does_not_fit_is_refused(n, c):
  with pytest.raises(ValueError, match='packs of 3'):
    Packed(Seen(), 3).init(jax.random.key(0), np.zeros((n, 4)), c, train=False)


def test_any_pack_can_be_made_from_two_examples():
  Packed(Seen(), 4).init(jax.random.key(0), np.zeros((2, 4)), train=False)
  with pytest.raises(ValueError, match='packs of 4'):
    Packed(Seen(), 4).apply({}, np.zeros((2, 4)), train=False)
