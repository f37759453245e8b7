"""The documentation's notebooks run from top to bottom."""
import pathlib

import pytest

DOCS = pathlib.Path(__file__).parents[1] / 'docs'


@pytest.mark.slow
@pytest.mark.parametrize('path', sorted(DOCS.glob('*.ipynb')), ids=lambda path: path.stem)
def test_it_runs(path, tmp_path, monkeypatch):
  nbclient, nbformat = pytest.importorskip('nbclient'), pytest.importorskip('nbformat')
  monkeypatch.setenv('PYTHONPATH', str(DOCS.parent))
  notebook = nbformat.read(path, as_version=4)
  client = nbclient.NotebookClient(notebook, timeout=600,
                                   resources={'metadata': {'path': str(tmp_path)}})
  client.execute()
  pictures = [output for cell in notebook.cells for output in cell.get('outputs', ())
              if 'image/png' in output.get('data', {})]
  assert pictures and not list(DOCS.glob('runs*'))
  nbformat.write(notebook, tmp_path / path.name)


@pytest.mark.parametrize('path', sorted(DOCS.glob('*.ipynb')), ids=lambda path: path.stem)
def test_what_is_committed_was_run_in_order(path):
  nbformat = pytest.importorskip('nbformat')
  cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == 'code']
  assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
  assert any(cell.outputs for cell in cells) and path.stat().st_size < 400_000
