"""What is known of how a number came about: any part of it, for the checks to look at."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DataError

__all__ = ["NO_IMAGE", "SETS", "Array", "Evidence", "tolerance"]

SETS = ("training", "validation", "test")
NO_IMAGE = -1

Array = NDArray[Any]
NOTHING: Mapping[str, Array] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a classifier and of how its number came about; every part may be missing.

    Parameters
    ----------
    labels : integer (n,)
        The true classes of the images that were scored.
    predictions : float (n, classes) or integer (n,)
        What the classifier made of them: probabilities, or else classes.
    predictions_again
        The same of a second reading of the same images.
    confusion : number (classes, classes)
        The confusion matrix that was published, rows true and columns read: counts, or shares of its rows,
        columns or all.
    accuracy, log_loss : float
        The numbers that were published.
    accuracies : float (seeds,)
        Published accuracies of several seeds.
    pixels : mapping from "training", "validation" or "test" to (images, h, w)
        The images of each set.
    rows : mapping from the same to integer (images,)
        Their numbers in one common collection; sets whose images are each counted from 0 are not one.
    writers : mapping from the same to integer (images,)
        Who wrote them.
    training_labels : integer (m,)
        The classes of the training images.
    batches : integer (steps, batch size)
        Which training images, counted from 0, each batch had, in the order of training; -1 where a smaller
        batch has none.
    history_training, history_validation : float (periods,)
        A loss or an accuracy of both sets as the training went on.
    chosen_on : str
        Which set model and settings were chosen on.
    models_before : int
        How many other models had been scored on the test set before this one was made, where this one is
        the best of them; else 0.
    remarks : tuple of str
        What whoever reads the findings should know of the evidence.

    Raises
    ------
    DataError
        If a part has another type or shape, or two parts do not fit.
    """

    labels: Array | None = None
    predictions: Array | None = None
    predictions_again: Array | None = None
    confusion: Array | None = None
    accuracy: float | None = None
    log_loss: float | None = None
    accuracies: Array | None = None
    pixels: Mapping[str, Array] = field(default_factory=lambda: NOTHING)
    rows: Mapping[str, Array] = field(default_factory=lambda: NOTHING)
    writers: Mapping[str, Array] = field(default_factory=lambda: NOTHING)
    training_labels: Array | None = None
    batches: Array | None = None
    history_training: Array | None = None
    history_validation: Array | None = None
    chosen_on: str | None = None
    models_before: int | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, kinds, dimensions in SHAPES:
            value = getattr(self, name)
            if value is not None:
                _check(name, value, kinds, dimensions)
        for name, kinds, dimension in (("pixels", "iuf", 3), ("rows", "iu", 1), ("writers", "iu", 1)):
            for each, value in getattr(self, name).items():
                if each not in SETS:
                    raise DataError(f"There is no set {each!r}: the sets are {', '.join(SETS)}.")
                _check(f"{each}_{name}", value, kinds, (dimension,))
        _check_numbers(self)
        _check_sets(self)
        _check_same_length(self.history_training, self.history_validation)
        _check_classes(self)
        _check_batches(self)

    @property
    def training_images(self) -> int | None:
        """How many training images there are, where that is known."""
        if self.training_labels is not None:
            return len(self.training_labels)
        return next((len(of["training"]) for of in (self.pixels, self.rows) if "training" in of), None)

    @property
    def is_transposed(self) -> bool:
        """Whether the predictions have a row for each class and a column for each image."""
        table = self.predictions
        if table is None or table.ndim != 2 or len(table) == table.shape[1]:
            return False
        if self.labels is not None and table.shape[1] == len(self.labels) != len(table):
            return True
        of_rows, of_columns = (np.abs(table.sum(axis=axis) - 1).max() for axis in (1, 0))
        return bool(len(table) < table.shape[1] and of_columns <= tolerance(table) < of_rows)

    @property
    def table(self) -> Array | None:
        """The predictions with a row for each image, where they are not classes: (n, classes)."""
        if self.predictions is None or self.predictions.ndim != 2:
            return None
        return self.predictions.T if self.is_transposed else self.predictions

    @property
    def read_as(self) -> Array | None:
        """The class that each image was read as: integer (n,)."""
        table = self.table
        return self.predictions if table is None else table.argmax(axis=1)

    @property
    def probabilities(self) -> Array | None:
        """The predictions as they are, where they can be probabilities: shares that sum to one."""
        table = self.table
        if table is None or not np.isfinite(table).all() or (table < 0).any():
            return None
        return table if np.abs(table.sum(axis=1) - 1).max() <= tolerance(table) else None


def tolerance(table: Array) -> float:
    """Return how far from one the sum of a row may be, by the decimals that it was written with."""
    for decimals in (1, 2, 3):
        scaled = table * 10.0**decimals
        if np.allclose(scaled, np.rint(scaled), rtol=0, atol=1e-6 * 10.0**decimals):
            return max(LEAST_TOLERANCE, min(MOST_TOLERANCE, float(table.shape[1] * 0.5 * 10.0**-decimals)))
    return LEAST_TOLERANCE


# What numbers of 8 bits of precision, as bfloat16's, are off by; and what no sum may be off by.
LEAST_TOLERANCE, MOST_TOLERANCE = 1e-2, 5e-2

SHAPES = (
    ("labels", "iu", (1,)),
    ("predictions", "iuf", (1, 2)),
    ("predictions_again", "iuf", (1, 2)),
    ("confusion", "iuf", (2,)),
    ("accuracies", "f", (1,)),
    ("training_labels", "iu", (1,)),
    ("batches", "iu", (2,)),
    ("history_training", "f", (1,)),
    ("history_validation", "f", (1,)),
)


def _check(name: str, value: Array, kinds: str, dimensions: tuple[int, ...]) -> None:
    if not isinstance(value, np.ndarray):
        raise DataError(f"{name} must be an array of numbers, found a {type(value).__name__}.")
    if value.dtype.kind not in kinds or value.ndim not in dimensions or not value.size:
        numbers = "whole numbers" if kinds == "iu" else "numbers"
        wanted = " or ".join(map(str, dimensions))
        raise DataError(
            f"{name} must be {numbers} in {wanted} dimension(s), not empty; found {value.dtype} of the shape "
            f"{value.shape}."
        )
    if name == "predictions" and value.ndim == 1 and value.dtype.kind == "f":
        raise DataError(
            "predictions in one dimension are classes, whole numbers; probabilities have a row for each "
            f"image and a column for each class. Found {value.dtype} of the shape {value.shape}."
        )


def _check_same_length(first: Array | None, second: Array | None) -> None:
    if (first is None) != (second is None) or (
        first is not None and second is not None and len(first) != len(second)
    ):
        raise DataError("history_training and history_validation are of the same periods: give both or none.")


def _check_classes(evidence: Evidence) -> None:
    """Raise `DataError` if labels or predictions are classes that a table has no column for."""
    confusion = evidence.confusion
    if confusion is not None and len(set(confusion.shape)) > 1:
        raise DataError(f"A confusion matrix is square, not of the shape {confusion.shape}.")
    columns = [len(of.T) for of in (evidence.table, confusion) if of is not None]
    for name, classes in (("labels", evidence.labels), ("predictions", evidence.read_as)):
        if columns and classes is not None and not 0 <= classes.min() <= classes.max() < min(columns):
            raise DataError(
                f"The {name} run from {classes.min()} to {classes.max()}, but there are {min(columns)} "
                f"classes, 0 to {min(columns) - 1}. Where they count from 1, take 1 off."
            )


def _check_numbers(evidence: Evidence) -> None:
    again, predictions = evidence.predictions_again, evidence.predictions
    if again is not None and (predictions is None or predictions.shape != again.shape):
        raise DataError("predictions_again must be of the same images as predictions, in the same shape.")
    for name, most in (("accuracy", 1.0), ("log_loss", math.inf), ("models_before", math.inf)):
        published = getattr(evidence, name)
        if published is not None and not 0 <= published <= most:
            share = ", a share from 0 to 1" if most == 1 else " of 0 or more"
            raise DataError(f"{name} must be a number{share}, not {published:g}.")
    if evidence.chosen_on not in (None, *SETS):
        raise DataError(f"chosen_on is one of {', '.join(SETS)}, not {evidence.chosen_on!r}.")


def _check_sets(evidence: Evidence) -> None:
    """Raise `DataError` if the pixels of two sets differ in kind, or two parts of one set in length."""
    kinds = {name: (each.shape[1:], each.dtype) for name, each in evidence.pixels.items()}
    if len(set(kinds.values())) > 1:
        said = "; ".join(f"{name} {dtype} of {shape}" for name, (shape, dtype) in kinds.items())
        raise DataError(
            f"The images of all sets must have one shape and one type to be compared, found {said}."
        )
    for name in SETS:
        parts = {"pixels": evidence.pixels, "rows": evidence.rows, "writers": evidence.writers}
        lengths = {part: len(of[name]) for part, of in parts.items() if name in of}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{length} {part}" for part, length in lengths.items())
            raise DataError(f"What is known of the {name} images must be of as many of them, found {said}.")


def _check_batches(evidence: Evidence) -> None:
    batches, images = evidence.batches, evidence.training_images
    if batches is None or images is None:
        return
    first, last = batches.min(), batches.max()
    if not NO_IMAGE <= first <= last < images:
        raise DataError(
            f"The batches name images from {first} to {last}, but there are {images} training images, 0 to "
            f"{images - 1}."
        )
