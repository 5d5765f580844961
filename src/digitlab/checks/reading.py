"""Evidence from files: an `.npz` with named arrays, or predictions alone."""

import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.checks.evidence import SETS, Array, Evidence
from digitlab.data.readers import open_npz
from digitlab.errors import DataError, DataNotFoundError
from digitlab.files import storage_errors

__all__ = ["read_evidence"]

OF_SETS = ("pixels", "rows", "writers")
SCALARS = {"accuracy": float, "log_loss": float, "models_before": int, "chosen_on": str}
KEYS = (
    *(each.name for each in fields(Evidence) if each.name not in OF_SETS),
    *(f"{each}_{name}" for name in OF_SETS for each in SETS),
)
EXPECTED = (
    "an .npz file with named arrays, or predictions as .npy or .csv, a row for each image and a column "
    "for each class"
)


def read_evidence(path: Path, *, labels: Path | Array | None = None) -> Evidence:
    """Read evidence from a file.

    Parameters
    ----------
    path
        An `.npz` file whose arrays are called like the fields of `Evidence`, with `training_pixels` and the
        like for what each set has; or predictions, as `.npy` or as `.csv` without a heading.
    labels : path or integer (n,), optional
        The true classes, where the file does not have them.

    Raises
    ------
    DataNotFoundError
        If a file is not there.
    DataError
        If a file is something else, or has an array of another name, type or shape.
    """
    evidence = _read_npz(path) if path.suffix == ".npz" else Evidence(predictions=_read_table(path))
    if labels is None:
        return evidence
    return replace(evidence, labels=_read_table(labels) if isinstance(labels, Path) else labels)


def _read_npz(path: Path) -> Evidence:
    _check_there(path)
    with open_npz(path, EXPECTED) as archive:
        arrays = {name: archive[name] for name in archive}
    for name in arrays.keys() - set(KEYS):
        close = difflib.get_close_matches(name, KEYS, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise DataError(
            f"{path} has an array called {name}, which nothing looks at: {hint}Known are {', '.join(KEYS)}."
        )
    if not arrays:
        raise DataError(f"{path} has no arrays: expected some of {', '.join(KEYS)}.")
    parts: dict[str, Any] = {
        name: _scalar(arrays, name) if name in SCALARS else arrays[name]
        for name in arrays
        if not _of_set(name)
    }
    of_sets: dict[str, Any] = {
        name: {each: arrays[f"{each}_{name}"] for each in SETS if f"{each}_{name}" in arrays}
        for name in OF_SETS
    }
    return Evidence(**parts, **of_sets)


def _of_set(name: str) -> bool:
    return name.partition("_")[2] in OF_SETS


def _scalar(arrays: Mapping[str, Array], name: str) -> Any:
    if arrays[name].size != 1 or arrays[name].dtype.kind not in ("U" if SCALARS[name] is str else "iuf"):
        kind = "word" if SCALARS[name] is str else "number"
        raise DataError(
            f"{name} must be one {kind}, found {arrays[name].dtype} of the shape {arrays[name].shape}."
        )
    return SCALARS[name](arrays[name].item())


def _read_table(path: Path) -> Array:
    """Return the numbers of a `.npy` or `.csv` file; whole ones in one column as integers."""
    _check_there(path)
    if path.suffix not in (".npy", ".csv"):
        raise DataError(f"{path} is called neither .npz, .npy nor .csv: expected {EXPECTED}.")
    try:
        with storage_errors(f"Cannot read {path}"):
            if path.suffix == ".npy":
                return np.asarray(np.load(path, allow_pickle=False))
            table = np.loadtxt(path, delimiter=",", ndmin=2)
    except (ValueError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as numbers: {error}. Expected {EXPECTED}.") from error
    column = table[:, 0] if table.shape[1:] == (1,) else None
    if column is None:
        return table
    return column.astype(np.int64) if (column == np.rint(column)).all() else column


def _check_there(path: Path) -> None:
    with storage_errors(f"Cannot read {path}"):
        if not path.is_file():
            raise DataNotFoundError(f"There is no file {path}: expected a run folder, or {EXPECTED}.")
