"""Misread digits, each with the training digits that are most like it."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_columns, check_count, check_pixels, counts_array, finite_array
from digitlab.figures.digits import INK_ON_PAPER
from digitlab.figures.mosaic import Mosaic, label, mosaic, mosaic_axes
from digitlab.figures.style import FAINT, INK, SMALL, WRONG, styled

__all__ = ["mistake_gallery"]

TINY = 0.8 * SMALL
# Beside the neighbours there is room for their labels, below the digit for the probabilities.
LABEL_SHARE = 0.5
LINE_SHARE = 0.55


@styled
def mistake_gallery(
    pixels: NDArray[np.uint8],
    true: ArrayLike,
    read_as: ArrayLike,
    *,
    read_probabilities: ArrayLike,
    true_probabilities: ArrayLike,
    neighbours: NDArray[np.uint8],
    neighbour_labels: ArrayLike,
    indices: ArrayLike,
    columns: int = 6,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw misread digits, and small beside each the training digits that are most like it.

    Above a digit stands "6→1" (a 6 read as 1) and its number, below it what the model gave the digit
    read and the true one, and beside each neighbour its label.

    Parameters
    ----------
    pixels : uint8, shape (n, height, width)
        0 is paper, 255 is ink.
    true, read_as : int, shape (n,)
        What each digit is, and what it was read as.
    read_probabilities, true_probabilities : float, shape (n,)
        What the model gave these two.
    neighbours : uint8, shape (n, k, height, width)
        The training digits that are most like each, nearest first.
    neighbour_labels : int, shape (n, k)
        What they are.
    indices : int, shape (n,)
        Where each digit is in its data set.
    columns : int
        Digits in a row.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If an array has another shape or type.
    ConfigError
        If `columns` is below 1.
    """
    check_pixels(pixels, "n, height, width")
    check_pixels(neighbours, "n, k, height, width")
    check_columns(columns)
    n, k = neighbours.shape[:2]
    if neighbours.shape[2:] != pixels.shape[1:]:
        raise DataError(
            f"neighbours must be of the digits' height and width, {pixels.shape[1:]}; "
            f"found {neighbours.shape[2:]}."
        )
    check_count(pixels, n, "pixels")
    numbers = [counts_array(each, "true, read_as and indices") for each in (true, read_as, indices)]
    shares = [
        finite_array(each, "probabilities", ndim=1) for each in (read_probabilities, true_probabilities)
    ]
    for each in (*numbers, *shares):
        check_count(each, n, "true, read_as, indices and probabilities")
    labels = counts_array(neighbour_labels, "neighbour_labels", ndim=2)
    if labels.shape != (n, k):
        raise DataError(f"neighbour_labels must be of shape {(n, k)}; found {labels.shape}.")
    ax, tiles = mosaic_axes(mosaic(_side_by_side(pixels, neighbours), columns), title, ax)
    ax.imshow(tiles.picture, **INK_ON_PAPER)
    height, width = pixels.shape[1:]
    for tile, (digit, read, index) in enumerate(zip(*numbers, strict=True)):
        label(ax, tiles, tile, f"{digit}→{read}", colour=WRONG, weight="bold")
        _write(ax, tiles, tile, k * width, -0.02 * height, f"#{index}", ha="right", va="bottom", color=FAINT)
        said = f"{read}: {_percent(shares[0][tile])}, {digit}: {_percent(shares[1][tile])}"
        _write(ax, tiles, tile, 0, (k + 0.08) * height, said, ha="left", va="top")
        _outline(ax, tiles, tile, k * height, k * width)
        for place, neighbour in enumerate(labels[tile]):
            right = tiles.tile_shape[1] - math.ceil(LABEL_SHARE * width) + 0.1 * width
            _write(ax, tiles, tile, right, (place + 0.5) * height, f"{neighbour}", ha="left", va="center")
    return ax


def _side_by_side(pixels: NDArray[np.uint8], neighbours: NDArray[np.uint8]) -> np.ma.MaskedArray[Any, Any]:
    """Return each digit `k` times its size, its k neighbours in a column to its right, and room for words."""
    n, k, height, width = neighbours.shape
    gap, room, line = (math.ceil(share * width) for share in (0.15, LABEL_SHARE, LINE_SHARE))
    tiles = np.ma.zeros((n, k * height + line, (k + 1) * width + gap + room), np.uint8)
    tiles[:] = np.ma.masked
    tiles[:, : k * height, : k * width] = pixels.repeat(k, axis=1).repeat(k, axis=2)
    left = k * width + gap
    tiles[:, : k * height, left : left + width] = neighbours.reshape(n, k * height, width)
    return np.ma.asarray(tiles)


def _write(
    ax: Axes, tiles: Mosaic, tile: int, x: float, y: float, text: str, *, ha: str, va: str, color: str = INK
) -> None:
    """Write small at a place of a tile, in pixels from its top left corner."""
    x, y = tiles.lefts[tile] - 0.5 + x, tiles.tops[tile] - 0.5 + y
    ax.text(x, y, text, ha=ha, va=va, color=color, size=TINY * tiles.scale).set_in_layout(False)


def _outline(ax: Axes, tiles: Mosaic, tile: int, height: int, width: int) -> None:
    left, top = tiles.lefts[tile] - 0.5, tiles.tops[tile] - 0.5
    xs = [left, left + width, left + width, left, left]
    ys = [top, top, top + height, top + height, top]
    ax.plot(xs, ys, color=WRONG, linewidth=1.2, clip_on=False, scalex=False, scaley=False)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
