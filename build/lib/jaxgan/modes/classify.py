"""How often D tells the class: the accuracy of out['classes'] on the data's test split."""
import pathlib

import jax
import numpy as np

from jaxgan.io import files
from jaxgan.io.console import say
from jaxgan.io.errors import Failure, check_writable
from jaxgan.modes.shared import folder, given, trained
from jaxgan.types import Batch, Paths

SHARED = ('step',)

BATCH = 500


def run(values, knobs, paths) -> None:
  classify(folder(values), given(values), values.step, paths)


def classify(folder: pathlib.Path, experiment: str | None, step: str, paths: Paths) -> None:
  """Prints the accuracy, and adds it to WORKDIR/classify.jsonl. Raises Failure."""
  run, _, state = trained(folder, experiment, step)
  check_writable(folder)
  one = run.experiment
  if one.data.test is None:
    raise Failure(f'{one.data.name} has no test split: --mode=classify needs one')
  test = one.data.test.load(paths.data_dir)
  if test[np.arange(1)].c is None:
    raise Failure(f'{one.data.test.name} is read without its labels: --mode=classify is for '
                  'experiments that know the classes')

  @jax.jit
  def right(batch: Batch):
    x, label = one.data.test.decode(batch)
    variables = {'params': state.d.params, **state.d.stats}
    _, out = one.gan.discriminator.apply(variables, x, label, train=False)
    if 'classes' not in out:
      raise Failure(f'the discriminator of {run.name} tells no classes: --mode=classify needs '
                    'a head that does (jaxgan.nets.heads)')
    return (out['classes'].argmax(1) == label).sum()

  count = sum(int(right(test[np.arange(start, min(start + BATCH, len(test)))]))
              for start in range(0, len(test), BATCH))
  row = {'step': int(state.step), 'accuracy': count / len(test), 'n': len(test),
         'of': one.data.test.name}
  with (folder / 'classify.jsonl').open('a') as file:
    file.write(files.strict(row) + '\n')
  say(f'step {row["step"]:,}: {count:,} of {len(test):,} images of {row["of"]} right, '
      f'{100 * row["accuracy"]:.2f} %')
