"""Evidence from files: an `.npz` with named arrays, or predictions alone."""

import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from tokenize import TokenError
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
    value, wanted = np.asarray(arrays[name]), SCALARS[name]
    if value.size != 1 or value.dtype.kind not in (
        "U" if wanted is str else "iu" if wanted is int else "iuf"
    ):
        kind = {str: "word", int: "whole number", float: "number"}[wanted]
        raise DataError(f"{name} must be one {kind}, found {value.dtype} of the shape {value.shape}.")
    # A float32 is written with its own digits, not with those of the float64 next to it.
    return wanted(str(value.reshape(1)[0]))


def _read_table(path: Path) -> Array:
    """Return the numbers of a `.npy` or `.csv` file; whole ones in one column as integers."""
    _check_there(path)
    if path.suffix not in (".npy", ".csv"):
        raise DataError(f"{path} is called neither .npz, .npy nor .csv: expected {EXPECTED}.")
    return _read_npy(path) if path.suffix == ".npy" else _read_csv(path)


def _read_npy(path: Path) -> Array:
    try:
        with storage_errors(f"Cannot read {path}"):
            return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, OverflowError, SyntaxError, TypeError, TokenError, MemoryError) as error:
        raise DataError(f"{path} is damaged or no array of numbers: {error}. Expected {EXPECTED}.") from error


def _read_csv(path: Path) -> Array:
    try:
        with storage_errors(f"Cannot read {path}"):
            # Spreadsheets put a mark before the first number, which utf-8-sig takes off.
            lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    except ValueError as error:
        raise DataError(
            f"{path} must hold nothing but numbers, as many in each row, with commas between and no "
            f"heading: {error}."
        ) from error
    if not table.size:
        raise DataError(f"{path} is empty: expected {EXPECTED}.")
    if table.shape[1] > 1:
        return table
    column = table[:, 0]
    whole = np.isfinite(column).all() and (column == np.rint(column)).all() and np.abs(column).max() < 2**53
    return column.astype(np.int64) if whole else column


def _check_there(path: Path) -> None:
    with storage_errors(f"Cannot read {path}"):
        there = path.is_file()
    if not there:
        raise DataNotFoundError(f"There is no file {path}: expected a run folder, or {EXPECTED}.")
