"""The only place where a metric's name is made, so that no name claims what it is not.

  fd_cnn-mnist@10k        Frechet distance in cnn-mnist's features, 10,000 fakes, against the
                          whole training set
  kd_cnn-mnist@10k        and so of prdc: 10,000 fakes against as many of it, or all it has
  fd_cnn-mnist@10k[test]  the same against another reference
  fid50k_full[tf1]        only ever: the published Inception weights, 50,000 fakes, the whole
                          training set, one of the two standard resizers
  sw2_pixels@1k           a measure without a network
"""
import re
from collections.abc import Iterable

from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors.base import Extractor

FID_SAMPLES = 50_000


def count(n: int) -> str:
  """10000 -> '10k', 2500 -> '2500'."""
  return f'{n // 1000}k' if n % 1000 == 0 and n else str(n)


def plain(measure: str, n: int) -> str:
  """The name of a measure of n samples that needs no features."""
  return f'{measure}@{count(n)}'


def featured(measure: str, extractor: Extractor, n: int, reference: str = '') -> str:
  """The name of a measure of n fakes in an extractor's features.

  `reference` says what they are held against, if not the whole training set.
  """
  against = f'[{reference}]' if reference else ''
  return f'{measure}_{extractor.name}@{count(n)}{against}'


def frechet(extractor: Extractor, n: int, reference: str = '') -> str:
  """The name of a Frechet distance: an FID only if it is one."""
  if extractor.verified and n == FID_SAMPLES and not reference:
    return f'fid50k_full[{extractor.name.removeprefix("inception.")}]'
  return featured('fd', extractor, n, reference)


def check_fid(extractor: Extractor, n: int, reference: str = '') -> None:
  """Raises Failure if what is asked for as FID is none."""
  if not frechet(extractor, n, reference).startswith('fid'):
    raise Failure(
        f'fid asked for, but with {extractor.name} (weights {extractor.digest[:8]}, '
        f'{"" if extractor.verified else "not "}the published Inception\'s), n={n}, against '
        f'{reference or "the training set"}: FID is n={FID_SAMPLES} against the training set '
        f'with --extractor=inception and --inception=PATH; else ask for fd')


def measure(name: str, known: Iterable[str]) -> str | None:
  """Which of the known measures a value is named after: 'recall3' of 'recall3_cnn-mnist@5k'.
  None if it is none of them. An FID is an 'fd'."""
  name = re.sub(r'^fid50k_full(?=\[)', 'fd', name)
  return max((one for one in known if re.fullmatch(rf'{re.escape(one)}([_@\[].*)?', name)),
             key=len, default=None)
