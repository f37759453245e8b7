"""Makes a feature extractor ready: trains a classifier, or reads the user's weights."""
from jaxgan.io.console import say
from jaxgan.io.errors import Failure
from jaxgan.metrics import features
from jaxgan.types import Paths

SHARED = ('extractor', 'inception')


def run(values, knobs, paths) -> None:
  extractor(values.extractor, paths)


def extractor(name: str | None, paths: Paths) -> None:
  """Prints its identity. Raises Failure."""
  if name is None:
    raise Failure('--extractor is missing: give cnn-DATASET, as --extractor=cnn-mnist')
  found = features.extractor(name, paths)
  accuracy = '' if found.accuracy is None else f', test accuracy {found.accuracy:.2%}'
  verified = ', the published weights' if found.verified else ''
  say(f'{found.name}: sha256 of the parameters {found.digest}{accuracy}{verified}')
