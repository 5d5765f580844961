"""Take a validation set from the training set. The official test set has no way in."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from digitlab.data.dataset import Dataset
from digitlab.data.stratify import stratified_indices
from digitlab.errors import DataError

__all__ = ["Split", "stratified_indices", "stratified_split"]


@dataclass(frozen=True, eq=False)
class Split:
    """A training set cut into what is learnt from and what choices are made on.

    Attributes
    ----------
    whole : Dataset
        The official training set.
    training_rows, validation_rows : ndarray of intp
        Which of its images each part has: sorted, disjoint, and together all of them.
    validation_fraction : float
        The share of the training set that was asked for as validation.
    seed : int
        What the cut was drawn from.
    kind : str
        How it was cut.
    """

    whole: Dataset
    training_rows: npt.NDArray[np.intp]
    validation_rows: npt.NDArray[np.intp]
    validation_fraction: float
    seed: int
    kind: str = "stratified"

    @cached_property
    def training(self) -> Dataset:
        """The images to learn from, copied together when they are first asked for."""
        return self.whole.take(self.training_rows, name=f"{self.whole.name} training")

    @cached_property
    def validation(self) -> Dataset:
        """The images to make choices on."""
        return self.whole.take(self.validation_rows, name=f"{self.whole.name} validation")


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
