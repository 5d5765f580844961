"""Where digits that touch may be cut: ways down through the paper that cross as little ink as can be."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cut_by_seams"]

Bitmap = NDArray[np.bool_]
Floats = NDArray[np.float64]

# A way down begins at each so many pixels, and strays no farther than that to either side.
STEP, STRAY = 2, 12

# What a pixel costs: of ink, of a step aside, and of being as far from the middle as may be.
INK, ASIDE, FAR = 1.0, 0.06, 0.15

# No cut crosses more ink than so many widths of a stroke, and none takes off less than so much of a digit's
# ink, taken as one stroke of its height.
THICKEST_CUT, LEAST_PIECE = 3.0, 0.15

# Of cuts that leave nearly the same at both sides the one through least ink is kept.
CUTS_PER_HEIGHT = 6


def cut_by_seams(part: Bitmap, stroke: float, height: float) -> NDArray[np.intp]:
    """Return numbers of the pieces of a part from left to right, from 0: more of them than it has digits.

    Each way down is the cheapest in a window around its column, found row by row: straight down or aside,
    never up, as a drop of water runs (Congedo, Dimauro, Impedovo and Pirlo, ICDAR 1995).

    Parameters
    ----------
    part : bool (h, w)
        The ink.
    stroke
        The width of its strokes, in pixels.
    height
        Of its line's digits, in pixels.

    Returns
    -------
    intp (h, w)
        0 where there is no ink too.
    """
    starts = np.arange(STEP, part.shape[1] - 1, STEP)
    if not len(starts):
        return np.zeros(part.shape, np.intp)
    seams = _seams(part, starts)
    left = np.arange(part.shape[1])[None, None, :] <= seams[:, :, None]
    crossed = (part[:, :-1] & part[:, 1:] & left[:, :, :-1] & ~left[:, :, 1:]).sum(axis=(1, 2))
    crossed = np.maximum(crossed, (part[:-1] & part[1:] & (left[:, :-1] != left[:, 1:])).sum(axis=(1, 2)))
    sizes = (left & part).sum(axis=(1, 2))
    least = LEAST_PIECE * stroke * height
    most = int(np.ceil(CUTS_PER_HEIGHT * part.shape[1] / height))
    kept: list[int] = []
    for number in np.argsort(crossed, kind="stable"):
        fits = crossed[number] <= THICKEST_CUT * stroke and least <= sizes[number] <= part.sum() - least
        apart = all(abs(sizes[number] - sizes[other]) >= least for other in kept)
        if fits and apart and len(kept) < most and not _crosses(seams[number], seams[kept]):
            kept.append(int(number))
    return np.where(part, (~left[kept]).sum(axis=0), 0)


def _crosses(seam: NDArray[np.intp], others: NDArray[np.intp]) -> bool:
    return bool(((others > seam).any(axis=1) & (others < seam).any(axis=1)).any())


def _seams(part: Bitmap, starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the column of each way in each row, (ways, h): the last one left of the cut."""
    aside = np.arange(-STRAY, STRAY + 1)
    columns = starts[:, None] + aside
    padded = np.pad(part, ((0, 0), (STRAY + 1, STRAY + 1)))
    bent = FAR * (aside / STRAY) ** 2 / len(part)
    price = INK * padded[:, columns + STRAY + 1] + bent
    totals = np.zeros(columns.shape)
    sources = np.empty((len(part), *columns.shape), np.intp)
    for row, cost in enumerate(price):
        totals, sources[row] = _sideways(totals + cost, cost)
    place = totals.argmin(axis=1)
    seams = np.empty((len(starts), len(part)), np.intp)
    ways = np.arange(len(starts))
    for row in range(len(part) - 1, -1, -1):
        seams[:, row] = columns[ways, place]
        place = sources[row][ways, place]
    return np.clip(seams, 0, part.shape[1] - 1)


def _sideways(totals: Floats, cost: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Let ways run aside in a row; return their costs and where each came into the row."""
    right, from_left = _rightward(totals, cost)
    left, from_right = (found[:, ::-1] for found in _rightward(totals[:, ::-1], cost[:, ::-1]))
    turned = totals.shape[1] - 1 - from_right
    return np.minimum(right, left), np.where(left < right, turned, from_left)


def _rightward(totals: Floats, cost: Floats) -> tuple[Floats, NDArray[Any]]:
    """Return what each place costs by way of the best one at its left, or of itself, and which that is."""
    price = (cost + ASIDE).cumsum(axis=1)
    least = np.minimum.accumulate(totals - price, axis=1)
    places = np.arange(totals.shape[1])
    sources = np.maximum.accumulate(np.where(totals - price == least, places, 0), axis=1)
    return least + price, sources
