"""Take a validation set from the training set. The official test set has no way in."""

from dataclasses import dataclass

import numpy as np

from digitlab.data.dataset import Dataset
from digitlab.data.stratify import stratified_indices
from digitlab.errors import DataError

__all__ = ["Split", "stratified_indices", "stratified_split"]


@dataclass(frozen=True)
class Split:
    """A training set cut into what is learnt from and what choices are made on.

    Attributes
    ----------
    training, validation : Dataset
        Disjoint; together the official training set.
    validation_fraction : float
        The share of the training set that was asked for as validation.
    seed : int
        What the cut was drawn from.
    kind : str
        How it was cut.
    """

    training: Dataset
    validation: Dataset
    validation_fraction: float
    seed: int
    kind: str = "stratified"


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
    rest, chosen = stratified_indices(train.labels, validation_fraction, seed)
    training = train.take(rest, name=f"{train.name} training")
    validation = train.take(chosen, name=f"{train.name} validation")
    _check_classes(train, training, validation)
    return Split(training, validation, validation_fraction, seed)


def _check_classes(train: Dataset, *parts: Dataset) -> None:
    for part in parts:
        missing = np.flatnonzero((part.class_counts == 0) & (train.class_counts > 0))
        for digit in missing[:1]:
            raise DataError(
                f"Class {digit} has only {train.class_counts[digit]} of the {len(train)} images of "
                f"{train.name}: none would be left for {part.name}. Add images of it, or change "
                "the validation fraction."
            )
