"""Misread pictures of one's own: each as it came, and beside it what the model saw."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.checks import check_columns, check_count, check_pixels, counts_array, finite_array
from digitlab.figures.digits import INK_ON_PAPER
from digitlab.figures.mosaic import NARROWEST_INCHES, Mosaic, label, mosaic, mosaic_axes
from digitlab.figures.style import FAINT, INK, SMALL, WRONG, styled

__all__ = ["fit_into", "own_mistakes"]

Extent = tuple[float, float, float, float]
"""left, right, bottom, top, as imshow takes it."""

TINY = 0.8 * SMALL
# A tile is laid out on a grid of this many cells for each of its two squares.
SIDE = 28
GAP = 2
LINE = 7
LONGEST_NAME = 24


@styled
def own_mistakes(
    crops: Sequence[NDArray[np.uint8]],
    pixels: NDArray[np.uint8],
    true: ArrayLike,
    answers: Sequence[str],
    *,
    shares: ArrayLike,
    names: Sequence[str],
    columns: int = 6,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw pictures that were misread: on the left as they came, on the right what the model saw.

    Above each stands "1→7" (a 1 read as 7) with the probability of that answer, below it its name.

    Parameters
    ----------
    crops : sequence of n arrays, uint8, shape (height, width, 3)
        The pictures, of any sizes.
    pixels : uint8, shape (n, height, width)
        What the model saw: 0 is paper, 255 is ink.
    true : int, shape (n,)
        What each is.
    answers : sequence of str
        What each was read as.
    shares : float, shape (n,)
        The probability of each answer.
    names : sequence of str
        What each is called; of a long one the end is written.
    columns : int
        Pictures in a row.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If an array has another shape or type, or there are not as many of each.
    ConfigError
        If `columns` is below 1.
    """
    check_pixels(pixels, "n, height, width")
    check_columns(columns)
    for crop in crops:
        check_pixels(crop, "height, width, 3")
    labels, sure = counts_array(true, "true"), finite_array(shares, "shares", ndim=1)
    for what, each in {
        "crops": crops,
        "true": labels,
        "answers": answers,
        "shares": sure,
        "names": names,
    }.items():
        check_count(each, len(pixels), what)
    blank = np.ma.zeros((len(pixels), SIDE + LINE, 2 * SIDE + GAP), np.uint8)
    blank[:] = np.ma.masked
    # A few tiles leave room to their right, else they would be drawn in the middle, and the title with them.
    least = NARROWEST_INCHES if ax is None else 0
    ax, tiles = mosaic_axes(mosaic(blank, columns), title, ax)
    down, across = tiles.picture.shape
    across = max(across, int(least / tiles.pixel_inches))
    ax.imshow(tiles.picture, **INK_ON_PAPER)
    for tile, crop in enumerate(crops):
        left, top = tiles.lefts[tile] - 0.5, tiles.tops[tile] - 0.5
        seen = left + SIDE + GAP
        ax.imshow(crop, extent=fit_into(crop, (left, top), SIDE), interpolation="antialiased")
        ax.imshow(pixels[tile], **INK_ON_PAPER, extent=fit_into(pixels[tile], (seen, top), SIDE))
        _outline(ax, left, top, FAINT, 0.5)
        _outline(ax, seen, top, WRONG, 1.0)
        label(ax, tiles, tile, f"{labels[tile]}→{answers[tile]}", colour=WRONG, weight="bold")
        label(ax, tiles, tile, f"{100 * sure[tile]:.0f} %", right=True, size=TINY)
        _name(ax, tiles, tile, names[tile])
    ax.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
    return ax


def fit_into(picture: NDArray[np.uint8], corner: tuple[float, float], side: float) -> Extent:
    """Return where a picture is drawn, in its own proportions, in the middle of a square.

    `corner` is the square's left and top, where y grows downwards.
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    left = corner[0] + (side - width * scale) / 2
    top = corner[1] + (side - height * scale) / 2
    return left, left + width * scale, top + height * scale, top


def _outline(ax: Axes, left: float, top: float, colour: str, width: float) -> None:
    xs = [left, left + SIDE, left + SIDE, left, left]
    ys = [top, top, top + SIDE, top + SIDE, top]
    ax.plot(xs, ys, color=colour, linewidth=width, clip_on=False, scalex=False, scaley=False)


def _name(ax: Axes, tiles: Mosaic, tile: int, name: str) -> None:
    shown = name if len(name) <= LONGEST_NAME else "…" + name[-LONGEST_NAME + 1 :]
    x, y = tiles.lefts[tile] - 0.5, tiles.tops[tile] - 0.5 + SIDE + 1
    note = ax.text(x, y, shown, ha="left", va="top", color=INK, size=TINY * tiles.scale)
    note.set_in_layout(False)
