"""Make exercise.ipynb from its plain-text source, with all its outputs: `scripts/notebook`."""

from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def main() -> None:
    """Execute the notebook on the data set that EXERCISE_DATASET names, MNIST by default, and write it."""
    notebook = jupytext.read(HERE / "exercise.py")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    for cell in notebook.cells:
        # When each cell ran is nobody's business, and another one each time.
        cell["metadata"].pop("execution", None)
    nbformat.write(notebook, HERE / "exercise.ipynb")


if __name__ == "__main__":
    main()
