"""What D's other outputs are worth: classes, codes, features.

Classes are int [B], logits [B, K], as `nets.heads` makes them; losses are float32.
"""
import jax
import jax.numpy as jnp
import optax
from jax.nn import relu

from jaxgan import axis
from jaxgan.losses.adversarial import f32, tree_mean
from jaxgan.losses.base import Loss
from jaxgan.types import Array


def auxiliary_classifier(d_weight: float = 1., g_weight: float = 1.,
                         on_fakes: bool = True) -> Loss:
  """AC-GAN: both players want D's head to find the class c (Odena et al., 2017,
  arXiv:1610.09585, eq. 2-3), by cross entropy.

  on_fakes=False: D learns the classes from real images alone. As both train it on fakes, G
  is paid for making what is easily told apart, and drops the rest of a class (Shu et al.,
  2017; Kang et al., 2021, arXiv:2111.01118, section 3).
  """
  def d(r, memory):
    terms = {'classes_real': d_weight * cross_entropy(r.on_real[1]['classes'], r.real.c)}
    if on_fakes:
      terms['classes_fake'] = d_weight * cross_entropy(r.on_fake[1]['classes'], r.fake.c)
    return terms, memory

  def g(r, memory):
    return {'classes_fake': g_weight * cross_entropy(r.on_fake[1]['classes'], r.fake.c)}, memory
  return Loss(d=d, g=g, read=lambda r, memory: {
      'class_accuracy': (r.on_real[1]['classes'].argmax(1) == r.real.c).mean()})


def multi_hinge() -> Loss:
  """K + 1 classes, the last for fakes: each image's own class should lead all others by 1
  (Kavalerov et al., 2021, arXiv:1912.04216, eq. 7-9, a Crammer-Singer hinge)."""
  def lead(logits: Array, c: Array) -> Array:
    own = jax.nn.one_hot(c, logits.shape[1], dtype=bool)
    others = jnp.where(own, -jnp.inf, f32(logits)).max(1)
    return relu(1 + others - jnp.where(own, f32(logits), 0).sum(1)).mean()

  def d(r, memory):
    fakes = r.on_fake[1]['classes']
    last = jnp.full(fakes.shape[:1], fakes.shape[1] - 1)
    return {'adversarial': lead(r.on_real[1]['classes'], r.real.c) + lead(fakes, last)}, memory

  def g(r, memory):
    return {'adversarial': lead(r.on_fake[1]['classes'], r.fake.c)}, memory
  return Loss(d=d, g=g, read=lambda r, memory: {'real': tree_mean(lambda a: a, r.on_real[0]),
                                        'fake': tree_mean(lambda a: a, r.on_fake[0])})


def labelled_examples(weight: float = 1.) -> Loss:
  """Semi-supervised: cross entropy of D's K classes on c's own examples, {'x', 'label'}, of
  `data.few_labels`; with heads.with_fake_class, x being the images without labels (Salimans
  et al., 2016, arXiv:1606.03498, section 5). Logs their 'class_accuracy'."""
  def classes(r):
    return r.D(r.real.c['x'], None)[1]['classes']

  def d(r, memory):
    return {'classes_real': weight * cross_entropy(classes(r), r.real.c['label'])}, memory
  return Loss(d=d, read=lambda r, memory: {
      'class_accuracy': (classes(r).argmax(1) == r.real.c['label']).mean()})


def feature_matching(weight: float = 1.) -> Loss:
  """G makes D's mean features those of real images: weight |E f(x) - E f(G(z))|^2, means over
  all devices (Salimans et al., 2016, section 3.1), as the mean over features."""
  def g(r, memory):
    means = [axis.vary(axis.mean(f32(out['features']).mean(0)))
             for out in (r.on_real[1], r.on_fake[1])]
    return {'features': weight * ((means[0] - means[1]) ** 2).mean()}, memory
  return Loss(g=g)


def mutual_information(categories: int, continuous: int, weight: float = 1.,
                       continuous_weight: float = 1.) -> Loss:
  """Both players want D's heads to find the codes in z, `priors.codes`: cross entropy of the
  category, and half the squared error of the others, -log N(code; mean, 1) (InfoGAN: Chen et
  al., 2016, arXiv:1606.03657, eq. 5-6)."""
  def both(r, memory):
    found = r.on_fake[1]
    category = r.z[:, :categories].argmax(1)
    rest = r.z[:, categories:categories + continuous]
    error = ((f32(found['continuous']) - rest) ** 2).sum(1).mean() / 2
    return {'category': weight * cross_entropy(found['category'], category),
            'continuous': continuous_weight * error}, memory
  return Loss(d=both, g=both)


def cross_entropy(logits: Array, c: Array) -> Array:
  """The mean of -log softmax(logits)[c]."""
  return optax.softmax_cross_entropy_with_integer_labels(f32(logits), c).mean()
