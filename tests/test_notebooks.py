"""The documentation's notebooks, which `make docs` runs from top to bottom."""
import pathlib

import pytest

DOCS = pathlib.Path(__file__).parents[1] / 'docs'


@pytest.mark.parametrize('path', sorted(DOCS.glob('*.ipynb')), ids=lambda path: path.stem)
def test_what_is_committed_was_run_in_order(path):
  nbformat = pytest.importorskip('nbformat')
  cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == 'code']
  assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
  outputs = [output for cell in cells for output in cell.outputs]
  assert any('image/png' in output.get('data', {}) for output in outputs)
  assert not any(output.output_type == 'error' for output in outputs)
  assert path.stat().st_size < 400_000
