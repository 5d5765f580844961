"""A few numbers of a picture that can be said in words, and what they are for digits."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.recognition.strokes import EIGHT

__all__ = ["Numbers", "numbers_of", "usual_numbers"]

# What few digits are below, what is usual, what few are above.
PERCENTILES = (0.2, 50, 99.8)
HALF = 128


class Numbers(NamedTuple):
    """What is told of a picture.

    ink
        The share of its pixels that are ink, by how dark they are.
    crossings
        How many strokes a straight line, level or upright, crosses at most.
    second
        The ink of the second largest connected part as a share of the largest's; 0 where there is one part.
    breadth
        The width of the ink divided by its height.
    """

    ink: float
    crossings: float
    second: float
    breadth: float


def numbers_of(pixels: NDArray[np.uint8]) -> Numbers:
    """Return the numbers of one picture, uint8 (h, w), which must have some ink."""
    ink = pixels >= min(HALF, int(pixels.max()))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    breadth = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
    return Numbers(float(pixels.mean()) / 255, _crossings(ink), _second(ink), float(breadth))


def usual_numbers(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return what numbers digits have: float64 (numbers, 3), rarely less, usual, rarely more.

    Parameters
    ----------
    pixels : uint8 (n, h, w)
        The digits; those without any ink do not count.
    """
    found = [numbers_of(image) for image in pixels if image.any()]
    return np.asarray(np.percentile(np.array(found), PERCENTILES, axis=0).T)


def _crossings(ink: NDArray[np.bool_]) -> float:
    """Return the largest number of runs of ink in a row or a column."""
    begins = [
        np.diff(each.astype(np.int8), axis=1, prepend=0).clip(0).sum(axis=1).max() for each in (ink, ink.T)
    ]
    return float(max(begins))


def _second(ink: NDArray[np.bool_]) -> float:
    parts: NDArray[Any]
    parts, count = ndimage.label(ink, EIGHT)
    if count < 2:
        return 0.0
    second, first = np.sort(np.bincount(parts.ravel())[1:])[-2:]
    return float(second / first)
