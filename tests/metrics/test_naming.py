"""No name says what is not so."""
import re

import pytest

from jaxgan.io.errors import Failure
from jaxgan.metrics import naming
from jaxgan.metrics.extractors.base import Extractor

REAL = Extractor('inception.tf1', 'a' * 64, {}, None, verified=True)
OTHERS = [Extractor('rand-conv', 'b' * 64, {}, None),
          Extractor('cnn-mnist', 'c' * 64, {}, None),
          Extractor('incv3-unverified-dddddddd.tf1', 'd' * 64, {}, None)]


def test_fid_is_only_said_of_fid():
  assert naming.frechet(REAL, 50_000) == 'fid50k_full[tf1]'
  assert naming.frechet(REAL._replace(name='inception.clean'), 50_000) == 'fid50k_full[clean]'
  assert naming.frechet(REAL, 10_000) == 'fd_inception.tf1@10k'
  assert naming.frechet(REAL, 50_000, 'test') == 'fd_inception.tf1@50k[test]'
  assert naming.frechet(REAL._replace(verified=False), 50_000) == 'fd_inception.tf1@50k'


@pytest.mark.parametrize('extractor', OTHERS)
@pytest.mark.parametrize('n', [5000, 50_000])
def test_no_other_extractor_makes_an_fid(extractor, n):
  names = [naming.frechet(extractor, n), naming.featured('kd', extractor, n)]
  assert not any(re.search(r'fid', name) for name in names)
  with pytest.raises(Failure, match=f'{extractor.name}.*n={n}.*ask for fd'):
    naming.check_fid(extractor, n)


def test_what_is_asked_for_as_fid_must_be_whole():
  naming.check_fid(REAL, 50_000)
  for n, reference in ((10_000, ''), (50_000, 'arrays')):
    with pytest.raises(Failure, match='fid asked for'):
      naming.check_fid(REAL, n, reference)


def test_counts():
  assert [naming.count(n) for n in (1, 2500, 10_000, 26_000, 1001)] == [
      '1', '2500', '10k', '26k', '1001']


def test_the_measure_of_a_name():
  known = ['fd', 'fd-infinity', 'modes', 'modes_1pct', 'cs']
  of = lambda name: naming.measure(name, known)
  assert of('fd_cnn-mnist@5k') == 'fd' and of('fd-infinity_x@1k[test]') == 'fd-infinity'
  assert of('modes_1pct@2500') == 'modes_1pct' and of('modes@26k') == 'modes'
  assert of('fid50k_full[tf1]') == 'fd' and of('cs') == 'cs'
  assert of('csize@8') is None and of('fdx_x@1k') is None and of('f') is None
