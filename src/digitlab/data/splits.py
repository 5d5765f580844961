"""Take a validation set from the training set. The official test set has no way in."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from digitlab.data.dataset import Dataset
from digitlab.data.stratify import fold_numbers, stratified_indices, writer_indices
from digitlab.errors import ConfigError, DataError

__all__ = [
    "SPLITS",
    "Split",
    "stratified_folds",
    "stratified_indices",
    "stratified_split",
    "writer_indices",
    "writer_split",
]


@dataclass(frozen=True, eq=False)
class Split:
    """A training set cut into what is learnt from and what choices are made on.

    Attributes
    ----------
    official : Dataset
        The official training set.
    training_rows, validation_rows : ndarray of intp
        Which images of `whole` each part has: sorted, disjoint, and together all of them.
    validation_fraction : float
        The share of the training set that was asked for as validation.
    seed : int
        What the cut was drawn from.
    kind : str
        How it was cut.
    added : callable, optional
        Makes what is learnt from besides; its images follow the official ones in `whole`.
    """

    official: Dataset
    training_rows: npt.NDArray[np.intp]
    validation_rows: npt.NDArray[np.intp]
    validation_fraction: float
    seed: int
    kind: str = "stratified"
    added: Callable[[], Dataset] | None = None

    @cached_property
    def whole(self) -> Dataset:
        """The official training set, and after it what was added, made when it is first asked for."""
        return self.official.joined(self.added()) if self.added else self.official

    @cached_property
    def validation_digest(self) -> str:
        """SHA-256, as hexadecimal digits, of the rows that are validation."""
        return hashlib.sha256(self.validation_rows.astype("<i8").tobytes()).hexdigest()

    @cached_property
    def training(self) -> Dataset:
        """The images to learn from, copied together when they are first asked for."""
        return self.whole.take(self.training_rows, name=f"{self.whole.name} training")

    @cached_property
    def validation(self) -> Dataset:
        """The images to make choices on."""
        return self.official.take(self.validation_rows, name=f"{self.official.name} validation")

    def with_added(self, count: int, added: Callable[[], Dataset]) -> "Split":
        """Return this split with `count` more images to learn from, which `added` makes; validation stays."""
        rows = np.arange(len(self.official), len(self.official) + count)
        return replace(self, training_rows=np.concatenate([self.training_rows, rows]), added=added)


def stratified_split(train: Dataset, *, validation_fraction: float = 1 / 6, seed: int = 0) -> Split:
    """Cut an official training set at random into training and validation, each class in its share.

    Parameters
    ----------
    train : Dataset
        The official training set. The test set stays whole and apart: it is no argument.
    validation_fraction : float, optional
        The share of images held out for validation; 1/6 of MNIST's training set is 10,000.
    seed : int, optional
        The same seed gives the same cut.

    Returns
    -------
    Split

    Raises
    ------
    ConfigError
        If the fraction leaves one part empty, or the seed is negative.
    DataError
        If a class has too few images to be in both parts.
    """
    training, validation = stratified_indices(train.labels, validation_fraction, seed)
    _check_classes(train, training=training, validation=validation)
    return Split(train, training, validation, validation_fraction, seed)


def writer_split(train: Dataset, *, validation_fraction: float = 1 / 6, seed: int = 0) -> Split:
    """Cut an official training set so that nobody's digits are in both training and validation.

    So validation says how well digits of other people are read. MNIST's test digits are by other people
    too, but by people who write more clearly: `stratified_split` comes nearer to the test, as measured in
    `benchmarks/splits.py`. Each of NIST's collections has its share of the people.

    Parameters
    ----------
    train : Dataset
        The official training set, with its writers.
    validation_fraction, seed
        As for `stratified_split`; the share of images is met as nearly as whole writers allow.

    Returns
    -------
    Split

    Raises
    ------
    ConfigError
        If the fraction leaves one part empty, or the seed is negative.
    DataError
        If the writers are not known or fewer than two, or a class would be missing from a part.
    """
    if train.writers is None:
        raise DataError(
            f"Who wrote which digit of {train.name} is not known here, so it cannot be split by writer. For "
            "mnist fetch it with `digitlab data fetch mnist`; else split with --split-by stratified."
        )
    series = np.zeros(len(train), np.int32) if train.series is None else train.series
    training, validation = writer_indices(train.writers, series, validation_fraction, seed)
    _check_classes(train, training=training, validation=validation)
    return Split(train, training, validation, validation_fraction, seed, "writer")


def stratified_folds(train: Dataset, *, folds: int = 5, seed: int = 0) -> list[Split]:
    """Cut an official training set for cross-validation: each image is validation in just one of the splits.

    Parameters
    ----------
    train : Dataset
        The official training set.
    folds : int, optional
        How many splits; each has a share of 1 / folds as validation, every class in its share.
    seed : int, optional
        The same seed gives the same cuts.

    Returns
    -------
    list of Split

    Raises
    ------
    ConfigError
        If there are fewer than two folds, or more than some class has images, or the seed is negative.
    """
    if folds < 2:
        raise ConfigError(
            f"There must be 2 or more folds, not {folds}: one to read, and others to learn from."
        )
    counts = np.where(train.class_counts > 0, train.class_counts, len(train))
    fewest = int(counts.argmin())
    if folds > counts[fewest]:
        raise ConfigError(
            f"{folds} folds need {folds} images of each class, and {train.name} has {counts[fewest]} of "
            f"class {fewest}. Choose fewer folds, or add images of it."
        )
    numbers = fold_numbers(train.labels, folds, seed)
    held_out = [numbers == each for each in range(folds)]
    return [
        Split(train, np.flatnonzero(~each), np.flatnonzero(each), 1 / folds, seed, "folds")
        for each in held_out
    ]


SPLITS: Mapping[str, Callable[..., Split]] = {"stratified": stratified_split, "writer": writer_split}
"""Ways to cut a training set, by the name that a run keeps."""


def _check_classes(train: Dataset, **parts: npt.NDArray[np.intp]) -> None:
    for name, rows in parts.items():
        counts = np.bincount(train.labels[rows], minlength=len(train.class_counts))
        missing = np.flatnonzero((counts == 0) & (train.class_counts > 0))
        for digit in missing[:1]:
            raise DataError(
                f"Class {digit} has only {train.class_counts[digit]} of the {len(train)} images of "
                f"{train.name}: none would be left for {train.name} {name}. Add images of it, or change "
                "the validation fraction."
            )
