"""Many small pictures in one array, so that one `imshow` draws them all."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from digitlab.figures.style import FAINT, INK, SMALL, new_axes, size_inches, write_title

__all__ = ["NARROWEST_INCHES", "Mosaic", "frame", "label", "mosaic", "mosaic_axes", "side_by_side", "smaller"]

ROW_INCHES = 7.4
SMALLEST_TILE_INCHES = 0.72
TILE_INCHES = 1.3
LABEL_INCHES = 0.16
LABEL_LIFT_INCHES = 0.02
GAP_INCHES = 0.06
NARROWEST_INCHES = 4.2
TALLEST_INCHES = 60.0
EDGES_INCHES = 0.15
# A line of a title; of its letters so many are an inch.
TITLE_INCHES, LETTERS = 0.25, 11


@dataclass(frozen=True)
class Mosaic:
    """Tiles laid out in rows, each under a strip for its label.

    Attributes
    ----------
    picture : masked array, shape (pixel rows, pixel columns)
        The tiles; strips, gaps and empty cells are masked.
    tops, lefts : int, shape (n,)
        Row and column of each tile's first pixel in `picture`.
    tile_shape : (int, int)
        Height and width of a tile in pixels.
    pixel_inches : float
        Side of a pixel on paper.
    scale : float
        Below 1 when tiles and labels were made smaller, to fit an Axes or to stay printable.
    """

    picture: np.ma.MaskedArray[Any, Any]
    tops: NDArray[np.intp]
    lefts: NDArray[np.intp]
    tile_shape: tuple[int, int]
    pixel_inches: float
    scale: float


def mosaic(tiles: NDArray[Any], columns: int, *, row_inches: float = ROW_INCHES) -> Mosaic:
    """Lay `tiles`, shape (n, height, width), out row by row with `columns` in a row.

    A row is about `row_inches` wide, as far as tiles then have a fair size.
    """
    n, height, width = tiles.shape
    columns = min(columns, n)
    pixel = float(np.clip(row_inches / columns, SMALLEST_TILE_INCHES, TILE_INCHES)) / width
    strip, gap = math.ceil(LABEL_INCHES / pixel), math.ceil(GAP_INCHES / pixel)
    rows = math.ceil(n / columns)
    cells = np.ma.zeros((rows * columns, strip + height, width + gap), tiles.dtype)
    cells[:] = np.ma.masked
    cells[:n, strip:, :width] = tiles
    picture = cells.reshape(rows, columns, strip + height, width + gap).swapaxes(1, 2)
    picture = picture.reshape(rows * (strip + height), columns * (width + gap))[:, :-gap]
    row, column = np.divmod(np.arange(n), columns)
    whole = Mosaic(
        picture,
        tops=row * (strip + height) + strip,
        lefts=column * (width + gap),
        tile_shape=(height, width),
        pixel_inches=pixel,
        scale=1.0,
    )
    return smaller(whole, TALLEST_INCHES / (picture.shape[0] * pixel))


def side_by_side(panels: Sequence[Mosaic], gap: float) -> Mosaic:
    """Return several mosaics of one shape and size as one, `gap` inches apart, the tiles panel by panel."""
    first = panels[0]
    rows, columns = first.picture.shape
    between = math.ceil(gap / first.pixel_inches)
    picture = np.ma.zeros((rows, len(panels) * (columns + between)), first.picture.dtype)
    picture[:] = np.ma.masked
    begins = range(0, picture.shape[1], columns + between)
    for begin, panel in zip(begins, panels, strict=True):
        picture[:, begin : begin + columns] = panel.picture
    return replace(
        first,
        picture=picture[:, :-between],
        tops=np.concatenate([panel.tops for panel in panels]),
        lefts=np.concatenate([begin + panel.lefts for begin, panel in zip(begins, panels, strict=True)]),
    )


def smaller(tiles: Mosaic, by: float) -> Mosaic:
    """Return the tiles, with their labels, `by` times their size; never larger."""
    factor = min(1.0, by)
    return replace(tiles, pixel_inches=tiles.pixel_inches * factor, scale=tiles.scale * factor)


def mosaic_axes(
    tiles: Mosaic, title: str | None, ax: Axes | None, *, below: float = 0.0
) -> tuple[Axes, Mosaic]:
    """Return `ax` and the tiles made small enough for it, or a new figure's Axes that fits the tiles.

    A new figure has `below` inches to spare under the tiles.
    """
    height, width = (side * tiles.pixel_inches for side in tiles.picture.shape)
    if ax is None:
        width = max(width, NARROWEST_INCHES)
        ax = new_axes(width + 0.3, height + below + _title_inches(title or "", width))
    else:
        across, down = size_inches(ax)
        tiles = smaller(tiles, min(across / width, down / height))
    ax.set_axis_off()
    write_title(ax, title, pad=3)
    return ax, tiles


def _title_inches(title: str, width: float) -> float:
    """Return the height of the edges and of a title that is broken into lines where it is too wide."""
    lines = len(textwrap.wrap(title, int(LETTERS * width)))
    return EDGES_INCHES + TITLE_INCHES * lines


def frame(ax: Axes, tiles: Mosaic, chosen: Iterable[int], colour: str = FAINT, width: float = 0.5) -> None:
    """Draw a frame around each `chosen` tile, `width` points wide."""
    down, across = tiles.tile_shape
    corners = np.array([(0, 0), (across, 0), (across, down), (0, down)]) - 0.5
    places = np.stack([tiles.lefts, tiles.tops], axis=1)[list(chosen)]
    outlines = [place + corners for place in places]
    ax.add_collection(
        PolyCollection(outlines, edgecolors=colour, linewidths=width, facecolors="none", clip_on=False),
        autolim=False,
    )


def label(
    ax: Axes,
    tiles: Mosaic,
    tile: int,
    text: str,
    *,
    right: bool = False,
    colour: str = INK,
    size: float = SMALL,
    weight: str = "normal",
) -> None:
    """Write `text` above a tile, at its left or right end."""
    x = tiles.lefts[tile] - 0.5 + (tiles.tile_shape[1] if right else 0)
    y = tiles.tops[tile] - 0.5 - LABEL_LIFT_INCHES / tiles.pixel_inches
    end = "right" if right else "left"
    note = ax.text(x, y, text, va="bottom", ha=end, color=colour, size=size * tiles.scale, weight=weight)
    note.set_in_layout(False)
