"""Keys are functions of the seed, the name and the example."""
import jax
import jax.extend
import jax.numpy as jnp
import numpy as np

from jaxgan import priors, rng
from jaxgan.types import Batch


def test_names_and_examples_give_distinct_keys():
  keys = [rng.named(rng.root(s), n) for s in (0, 1) for n in ('z', 'g', 'd real', 'd fake')]
  data = {tuple(np.asarray(jax.random.key_data(k))) for k in keys}
  assert len(data) == 8


def test_an_examples_key_does_not_depend_on_the_others():
  key = rng.root(0)
  a, b = rng.per_example(key, jnp.arange(8)), rng.per_example(key, jnp.array([5]))
  assert a[5] == b[0]


def test_words_are_jaxs_threefry():
  keys = rng.per_example(rng.root(3), jnp.arange(4))
  for n in (2, 10):
    counts = jnp.arange(n, dtype=jnp.uint32)
    for key, words in zip(keys, rng.words(keys, n)):
      expected = jax.extend.random.threefry_2x32(jax.random.key_data(key), counts)
      np.testing.assert_array_equal(words, expected)
  assert rng.words(keys, 9).shape == (4, 9)


def test_priors():
  keys = rng.per_example(rng.root(0), jnp.arange(4000))
  batch = Batch(None, jnp.arange(4000))
  for prior, mean_square in ((priors.normal(3), 1.), (priors.uniform(3), 1 / 3)):
    z, c = prior(keys, batch)
    assert z.shape == (4000, 3) and z.dtype == jnp.float32
    np.testing.assert_array_equal(c, batch.c)
    np.testing.assert_allclose((z**2).mean(), mean_square, rtol=.03)
    np.testing.assert_allclose(z.mean(), 0, atol=.02)
  assert abs(z).max() <= 1
