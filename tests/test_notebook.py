"""The exercise's notebook: it runs from top to bottom, and what is stored is what its source says."""

from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def source() -> Any:
    return jupytext.read(NOTEBOOKS / "exercise.py")


def executed(dataset: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("EXERCISE_DATASET", dataset)
    notebook = source()
    return NotebookClient(notebook, timeout=240, kernel_name="python3").execute()


def test_it_runs_on_the_bundled_digits_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = executed("digits", monkeypatch)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells[1:])
    pictures = [cell for cell in cells if any("image/png" in each.get("data", {}) for each in cell.outputs)]
    assert len(pictures) >= 10


def test_what_is_stored_was_executed_and_is_the_source() -> None:
    stored: Any = nbformat.reads((NOTEBOOKS / "exercise.ipynb").read_text(), as_version=4)  # type: ignore[no-untyped-call]
    written = [(cell.cell_type, cell.source) for cell in source().cells]
    assert [(cell.cell_type, cell.source) for cell in stored.cells] == written
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
    # On MNIST.
    assert any("50000, 10000, 10000" in str(cell.outputs) for cell in code)
    assert (NOTEBOOKS / "exercise.ipynb").stat().st_size < 3_000_000


def test_its_cells_are_short_and_use_what_is_public() -> None:
    code = [cell.source for cell in source().cells if cell.cell_type == "code"]
    assert max(len(cell.splitlines()) for cell in code) <= 14
    imports = [line for cell in code for line in cell.splitlines() if line.startswith(("import", "from"))]
    assert {line.split()[1].partition(".")[0] for line in imports} <= {"digitlab", "numpy", "os"}
    assert not any("._" in cell for cell in code)
