"""Captions and what they show: read off again, a tenth never seen in training."""
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.data import captions, derived, source
from jaxgan.losses import matching
from jaxgan.metrics import captions as metrics
from jaxgan.nets import dfgan
from jaxgan.types import Batch

# digits that fill their square, as MNIST's do: a frame of 20 pixels
FRAME = np.zeros((28, 28, 1), np.uint8)
FRAME[4:24, 4:24] = 255
FRAME[8:20, 8:20] = 0
DIGITS = source.Arrays(Batch(np.broadcast_to(FRAME, (400, 28, 28, 1)), np.arange(400) % 10))


def made(unseen=False, **how):
  return captions.Captioned(DIGITS, unseen, **how)[np.arange(400)]


def test_words_and_numbers():
  words = made().c
  assert words.shape == (400, 6) and words.dtype == np.int32
  said = captions.caption(words[3]).split()
  assert len(said) == 6 and said[2] == 'three'
  assert all(word in place for word, place in zip(said, captions.PLACES))
  again = captions.ids(captions.attributes(words))
  np.testing.assert_array_equal(again, words)
  every = np.stack(np.unravel_index(np.arange(captions.COUNT), (2, 4, 10, 3, 3, 2)), 1)
  np.testing.assert_array_equal(captions.number(list(every.T)), np.arange(captions.COUNT))


def test_a_tenth_is_never_seen_in_training():
  out = captions.held_out()
  assert out.sum() == 144
  of = lambda c: out[captions.number(captions.attributes(c))]
  assert not of(made().c).any()
  test = of(made(unseen=True).c)
  np.testing.assert_array_equal(test, np.arange(400) % 2 == 1)


def test_images_show_what_is_said():
  """All but the digit, by the metric's own eyes; and the words are of all kinds."""
  batch = made()
  size, colour, digit, row, column, ground = captions.attributes(batch.c)
  for found, asked in zip(metrics.read(batch.x), (size, colour, row, column, ground)):
    np.testing.assert_array_equal(found, asked)
  np.testing.assert_array_equal(digit, np.arange(400) % 10)
  assert all(len(set(part)) == len(words) for part, words in zip(
      captions.attributes(batch.c), captions.PLACES))
  np.testing.assert_array_equal(made(labels=True).c, np.arange(400) % 10)
  np.testing.assert_array_equal(made(labels=True).x, batch.x)


def test_real_digits_are_read_too(data_dir):
  data = captions.load()
  batch = data.test.load(data_dir)[np.arange(1000)]
  asked = captions.attributes(batch.c)
  del asked[2]
  right = [(a == b).mean() for a, b in zip(metrics.read(batch.x), asked)]
  assert min(right) > .97, right
  spec = data.describe(data_dir)
  assert spec.c.shape == (6,) and source.scored_on(data, data_dir) is data.test
  seen = data.decode(batch)
  assert seen.c.shape == (1000, 6, 24) and (seen.c.sum((1, 2)) == 6).all()


def test_the_share_that_is_right(monkeypatch):
  """Half of the images are of other captions; the digits are told by a stub of a classifier."""
  batch = made(unseen=True)
  digit = captions.attributes(batch.c)[2]
  logits = np.eye(10)[digit]
  metric = metrics.right(400)
  monkeypatch.setattr(metrics.Trained, 'declared', lambda self, paths: None)
  monkeypatch.setattr(metrics.Trained, 'ready', lambda self, paths: None)
  monkeypatch.setattr(metrics.features, 'extract',
                      lambda net, x: metrics.features.Features(None, logits))
  score = metric.prepare(None)
  right = score(batch, batch)
  assert right == {'right-seen@400': 1, 'right-unseen@400': 1, 'right-digit@400': 1}
  other = np.where((np.arange(400) % 4 < 2)[:, None, None, None], batch.x, 0)
  found = score(batch, Batch(other, {'c': batch.c}))
  assert found == {'right-seen@400': .5, 'right-unseen@400': .5, 'right-digit@400': 1}


@pytest.mark.parametrize('player,expected', [('g', 9_744_131), ('d', 6_717_766)])
def test_parameters_of_the_original(player, expected):
  """tobran/DF-GAN at 256 pixels, told a sentence of 256 numbers."""
  c, key = jnp.zeros((1, 256)), jax.random.key(0)
  if player == 'g':
    shapes = jax.eval_shape(lambda: dfgan.Generator().init(
        key, jnp.zeros((1, 100)), c, train=False))
  else:
    shapes = jax.eval_shape(lambda: dfgan.Discriminator().init(
        key, jnp.zeros((1, 256, 256, 3)), c, train=False))
  assert sum(a.size for a in jax.tree.leaves(shapes['params'])) == expected


def test_words_matter_from_where_they_stand():
  net = dfgan.Words(5)
  c = jax.nn.one_hot(np.array([[0, 1], [1, 0], [0, 1]]), 3)
  y, _ = net.init_with_output(jax.random.key(0), c)
  assert y.shape == (3, 5) and abs(y[0] - y[1]).max() > .1
  np.testing.assert_array_equal(y[0], y[2])
  other, _ = net.init_with_output(jax.random.key(0), {'c': c, 'partner': None})
  np.testing.assert_array_equal(y, other)


def test_modulation_starts_as_nothing():
  x, y = jnp.ones((2, 3, 3, 4)) * 2, jax.random.normal(jax.random.key(0), (2, 5))
  found, _ = dfgan.Affine().init_with_output(jax.random.key(1), x, y)
  np.testing.assert_array_equal(found, x)


def test_a_projection_is_linear_in_the_sentence():
  """<W h, y> + a logit: of twice the sentence the difference doubles."""
  net = dfgan.Projected(4, features=8)
  x, y = jax.random.normal(jax.random.key(0), (3, 32, 32, 3)), jnp.ones((3, 5))
  params = net.init(jax.random.key(1), x, y, train=False)
  at = lambda times: net.apply(params, x, times * y, train=False)[0]
  np.testing.assert_allclose(at(2.) - at(0.), 2 * (at(1.) - at(0.)), rtol=1e-4, atol=1e-5)
  assert at(1.).shape == (3,) and abs(at(1.) - at(0.)).min() > 1e-4


def test_losses_of_matching_by_hand():
  """D(x, c) = x c: a partner's c turns the sign."""
  import rounds
  D = lambda x, c, draws: (x[:, 0] * c['c'][:, 0], {})
  x, c = np.float32([[.5], [3]]), np.float32([[1], [2]])
  real = Batch(x, {'c': c, 'partner': Batch(x[::-1], -c)})
  how = dict(real=real, fake=Batch(x, real.c), on_real=(np.float32([.5, 6]), {}),
             on_fake=(np.float32([-.25, -3]), {}), D=D)
  loss = matching.hinge()
  terms, _ = rounds.terms(loss.d, loss.init(), **how)
  assert terms['adversarial'] == pytest.approx((.5 + .75 / 2 + 0) / 2)
  assert terms['mismatched'] == pytest.approx((.5 + 0) / 2 / 2)  # of -.5 and of -6
  assert rounds.terms(loss.g, loss.init(), **how)[0]['adversarial'] == pytest.approx(3.25 / 2)
  penalty, _ = rounds.terms(matching.gradient_penalty(2., 6.).d, (), **how)
  expected = 2 * np.mean([(1 + .25) ** 3, (4 + 9) ** 3])
  assert penalty['matching_gradient'] == pytest.approx(expected)
  penalty, _ = rounds.terms(matching.gradient_penalty(2., 2., .5).d, (), **how)
  assert penalty['matching_gradient'] == pytest.approx(2 * np.mean([1 + .25 / 4, 4 + 9 / 4]))
  loss = matching.non_saturating()
  softplus = lambda x: np.log1p(np.exp(x))
  terms, _ = rounds.terms(loss.d, loss.init(), **how)
  assert terms['adversarial'] == pytest.approx(np.mean(
      [softplus(-.5) + softplus(-.25) / 2, softplus(-6) + softplus(-3) / 2]))
  assert terms['mismatched'] == pytest.approx(np.mean([softplus(-.5), softplus(-6)]) / 2)
  assert rounds.terms(loss.g, loss.init(), **how)[0]['adversarial'] == pytest.approx(
      np.mean([softplus(.25), softplus(3)]))


def test_partners_of_captions(data_dir):
  data = derived.partnered(captions.load())
  batch = data.load(data_dir)[np.arange(6)]
  seen = data.decode(batch)
  assert seen.c['c'].shape == (6, 6, 24) == seen.c['partner'].c.shape


def test_one_word_is_wrong():
  """Any of the 18 other words as often as another; by seed and place alone."""
  data = captions.mismatched(captions.load())
  source = captions.Mismatched(captions.Captioned(DIGITS, unseen=False))
  ids, at = np.arange(4000) % len(source), np.arange(4000)
  batch = source.drawn(ids, at, 5)
  own, wrong = batch.c['c'], batch.c['partner'].c
  assert ((own != wrong).sum(1) == 1).all()
  counts = (own != wrong).sum(0)
  expected = 4000 * (np.array([len(words) for words in captions.PLACES]) - 1) / 18
  assert (abs(counts - expected) < 4.5 * expected ** .5).all()
  digits = np.bincount((wrong - own)[:, 2][own[:, 2] != wrong[:, 2]] % 10, minlength=10)
  assert digits[0] == 0 and abs(digits[1:] - 4000 / 18).max() < 4.5 * (4000 / 18) ** .5
  assert all(0 <= a.min() and a.max() < len(words) for a, words in
             zip(captions.attributes(wrong), captions.PLACES))
  np.testing.assert_array_equal(wrong[1000:], source.drawn(
      ids[1000:], at[1000:], 5).c['partner'].c)
  assert (wrong != source.drawn(ids, at, 6).c['partner'].c).any(1).mean() > .8
  seen = data.decode(jax.tree.map(lambda a: a[:3], batch))
  assert seen.c['partner'].c.shape == (3, 6, 24) and seen.c['partner'].x is None


def test_words_to_a_condition():
  words = made().c[:20]
  for one in words:
    np.testing.assert_array_equal(captions.parsed(captions.caption(one).upper()), one)
  c = captions.mismatched(captions.load()).text('small red seven top left black')
  assert c['partner'].c.shape == c['c'].shape == (6,)


@pytest.mark.parametrize('line,says', [
    ('small red seven', 'has 3 words, and a caption six, as .small red zero top left black.'),
    ('small read seven top left black', "'read' is none of red, .*: did you mean red"),
    ('red small seven top left black', "'red' is none of small, large")])
def test_other_words(line, says):
  with pytest.raises(captions.Failure, match=says):
    captions.parsed(line)


def test_translated_words(tmp_path, capsys):
  """From a file of lines to pictures; other words are one line, exit 2."""
  from jaxgan import command
  from jaxgan.modes import translate
  file = tmp_path / 'captions.txt'
  file.write_text('small red seven top left black\n\nlarge blue one bottom right grey\n')
  data = captions.load()
  c, names = translate.inputs(file, None, data)
  assert c.shape == (2, 6) and names == ['000000', '000001']
  file.write_text('small purple seven top left black')
  with pytest.raises(captions.Failure, match="'purple' is none of red, green"):
    translate.inputs(file, None, data)
  with pytest.raises(captions.Failure, match='is not told words'):
    translate.inputs(file, None, dataclasses.replace(data, text=None))
  assert command.run(['launch.py', '--mode=translate', f'--workdir={tmp_path}',
                      f'--image={file}']) == 2
  assert 'holds no run' in capsys.readouterr().err
