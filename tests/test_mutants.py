"""The list of mutants stays true; `python tests/mutants.py` runs them."""
import mutants
import pytest


@pytest.mark.parametrize('file,old', [m[:2] for m in mutants.MUTANTS])
def test_each_has_its_place(file, old):
  text = (mutants.ROOT / file).read_text()
  assert mutants.mutated(text, old, '') != text
