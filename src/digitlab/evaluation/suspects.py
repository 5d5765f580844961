"""Labels that are likely wrong, found from probabilities of models that never saw the images.

Confident learning: C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident learning: estimating uncertainty
in dataset labels", Journal of Artificial Intelligence Research 70 (2021), 1373-1411, sections 3.1 and 3.2.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation.selective import check_shares

__all__ = ["Suspect", "Suspects", "find_suspects"]

# A mean of equal numbers may lie above all of them by rounding.
ROUNDING = 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Suspect:
    """One image whose label is in doubt.

    Parameters
    ----------
    rank
        From 1, the label most in doubt.
    index
        The number of the image.
    label
        The label given.
    suggested
        The likeliest other class.
    label_probability, suggested_probability
        What the models give to each of the two.
    confident
        Whether confident learning counts the label as wrong.
    """

    rank: int
    index: int
    label: int
    suggested: int
    label_probability: float
    suggested_probability: float
    confident: bool

    @property
    def is_misread(self) -> bool:
        """Whether the models read another digit than the label."""
        return self.suggested_probability > self.label_probability


@dataclass(frozen=True, eq=False)
class Suspects:
    """All images by how much their labels are in doubt; arrays (n,) in the images' own order.

    Parameters
    ----------
    labels : integer
        The labels given.
    suggested : intp
        The likeliest class other than the label.
    label_probability, suggested_probability : float64
        What the models give to each of the two.
    confident : bool
        Whether confident learning counts the label as wrong: of the classes whose probability reaches
        their threshold the likeliest is not the label, and neither is the likeliest of all.
    thresholds : float64 (classes,)
        The mean probability of each class over the images so labelled; infinite where there are none.
    """

    labels: NDArray[Any]
    suggested: NDArray[np.intp]
    label_probability: Floats
    suggested_probability: Floats
    confident: NDArray[np.bool_]
    thresholds: Floats

    @property
    def margin(self) -> Floats:
        """The normalised margin, from -1 to 1: p of the label minus p of the likeliest other class."""
        return self.label_probability - self.suggested_probability

    @property
    def order(self) -> NDArray[np.intp]:
        """The images, the label most in doubt first: those of the least margin."""
        return np.argsort(self.margin, kind="stable")

    @property
    def found(self) -> int:
        """How many labels confident learning counts as wrong."""
        return int(self.confident.sum())

    @property
    def misread(self) -> int:
        """How many images are read as another digit than their label."""
        return int((self.margin < 0).sum())

    def first(self, count: int) -> list[Suspect]:
        """Return the images whose labels are most in doubt, at most `count` of them."""
        return [
            Suspect(
                rank,
                int(index),
                int(self.labels[index]),
                int(self.suggested[index]),
                float(self.label_probability[index]),
                float(self.suggested_probability[index]),
                bool(self.confident[index]),
            )
            for rank, index in enumerate(self.order[:count], 1)
        ]


def find_suspects(shares: ArrayLike, labels: ArrayLike) -> Suspects:
    """Judge each label by the probabilities of models that never saw its image.

    Parameters
    ----------
    shares : float (n, classes)
        Probabilities, of two classes or more; each row sums to one.
    labels : integer (n,)
        The labels given, in 0 .. classes - 1.

    Raises
    ------
    DataError
        If the shapes do not fit, a row is no distribution, or a label is out of range.
    """
    table, given = check_shares(shares, labels)
    classes, images = table.shape[1], np.arange(len(given))
    if not np.issubdtype(given.dtype, np.integer) or given.min() < 0 or given.max() >= classes:
        raise DataError(f"Labels must be whole numbers from 0 to {classes - 1}, one for each image.")
    others = table.copy()
    others[images, given] = -1
    suggested = others.argmax(axis=1)
    of_label, of_suggested = table[images, given], table[images, suggested]
    thresholds = np.array([_mean(of_label[given == each]) for each in range(classes)])
    reached = table >= thresholds * (1 - ROUNDING)
    likeliest = np.where(reached, table, -1).argmax(axis=1)
    confident = reached.any(axis=1) & (likeliest != given) & (of_suggested > of_label)
    return Suspects(given, suggested, of_label, of_suggested, confident, thresholds)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.inf
