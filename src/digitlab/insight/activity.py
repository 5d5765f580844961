"""When the units of a layer speak, and which of them say the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Activity", "activity_of"]

# Answers that vary by less than this share of their size are taken to be constant.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Activity:
    """What the units of a layer answer, over all images and, of filters, all places.

    Parameters
    ----------
    share : float64 (units,)
        The share of the images in which a unit answers with more than zero, a filter anywhere.
    mean : float64 (units,)
        Its mean answer.
    products : float64 (units, units)
        The mean product of the answers of each two units.
    """

    share: NDArray[np.float64]
    mean: NDArray[np.float64]
    products: NDArray[np.float64]

    @cached_property
    def correlations(self) -> NDArray[np.float64]:
        """Pearson's correlation of each two units; 0 with one that is constant, and of a unit with itself."""
        covariances = self.products - np.outer(self.mean, self.mean)
        variances = np.diag(covariances)
        varied = variances > ROUNDING * np.diag(self.products)
        deviations = np.sqrt(np.where(varied, variances, np.inf))
        correlations = covariances / np.outer(deviations, deviations)
        np.fill_diagonal(correlations, 0)
        return np.asarray(correlations)

    def slope(self, unit: int, twin: int) -> float:
        """Return what to multiply the answers of `twin` by to come nearest to those of `unit`.

        It is that of a straight line through zero: Σ unit · twin / Σ twin².
        """
        return float(self.products[unit, twin] / self.products[twin, twin])


def activity_of(answers: Iterable[ArrayLike], images: int) -> Activity:
    """Return the activity of a layer's units.

    Parameters
    ----------
    answers : float (batch, ..., units), several
        After the ReLU.
    images
        How many of them count; what follows is of blank images that fill the last batch up.
    """
    sums: list[tuple[NDArray[Any], ...]] = []
    places, left = 0, images
    for batch in answers:
        counted = np.asarray(batch, np.float64)[:left]
        left -= len(counted)
        active = (counted > 0).reshape(len(counted), -1, counted.shape[-1]).any(axis=1)
        rows = counted.reshape(-1, counted.shape[-1])
        places += len(rows)
        sums.append((active.sum(axis=0), rows.sum(axis=0), rows.T @ rows))
    active, total, products = (sum(parts[1:], parts[0]) for parts in zip(*sums, strict=True))
    return Activity(active / images, total / places, products / places)
