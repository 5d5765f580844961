"""Named arrays in a safetensors file, with a header of plain values."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from digitlab.errors import RunError, StorageError
from digitlab.files import storage_errors, write_bytes

__all__ = ["Arrays", "damage_errors", "read_header", "read_tensors", "write_tensors"]

Arrays = dict[str, NDArray[Any]]

# One key only: safetensors writes several in an order that differs from process to process.
HEADER = "digitlab"


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> None:
    """Write arrays and a header, whole or not at all; the same values give the same bytes."""
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_bytes(path, save(contiguous, {HEADER: json.dumps(header)}))


def read_header(path: Path) -> dict[str, Any]:
    """Return the header alone, without reading the arrays.

    Raises
    ------
    SafetensorError, KeyError
        If the file is damaged, or `write_tensors` did not write it.
    """
    with safe_open(path, framework="numpy") as file:
        return dict(json.loads((file.metadata() or {})[HEADER]))


def read_tensors(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return what `write_tensors` wrote; raises as `read_header` does."""
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, read_header(path)  # noqa: SIM118


@contextmanager
def damage_errors(path: Path) -> Iterator[None]:
    """Turn what a missing or damaged file of a run makes go wrong into a `RunError`."""
    try:
        with storage_errors(f"Cannot read {path}"):
            yield
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise RunError(f"{path} is missing. Train the run anew, with --force to replace it.") from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunError(
            f"{path} is damaged, or another version of digitlab wrote it ({type(error).__name__}: {error}). "
            "Train the run anew, with --force to replace it."
        ) from error
