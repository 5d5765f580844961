"""Which ink speaks for a digit and which against it, as maps on one scale."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, check_pixels, finite_array
from digitlab.figures.digits import INK_ON_PAPER
from digitlab.figures.mosaic import Mosaic, frame, label, mosaic, mosaic_axes
from digitlab.figures.style import INK, colour_bar, size_inches, styled, write_title
from digitlab.figures.weights import BAR_GAP_INCHES, weight_scale

__all__ = ["saliency_maps", "write_signs"]

TILE_INCHES = 1.75
# Signs stand in pixels whose value is beyond the first share of the scale, white ones beyond the second.
STRONG = 0.4
DARK = 0.75
SIGN_SHARE = 0.55
HALF_INK = 127.5


@styled
def saliency_maps(
    pixels: NDArray[np.uint8],
    maps: ArrayLike,
    *,
    row_names: Sequence[str],
    column_names: Sequence[str],
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw maps of one digit beside it, a row for each question and a column for each method, on one scale.

    Where a value is strong, the pixel also bears its sign, so that a grey print can be read; the outline
    is that of the digit at half its ink.

    Parameters
    ----------
    pixels : uint8, shape (height, width)
        The digit: 0 is paper, 255 is ink.
    maps : float, shape (rows, columns, height, width)
        Each pixel's value, above zero for what speaks for it, in logits.
    row_names, column_names : sequence of str
        What each row is for, and each column made by.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If an array has another shape or type, or a value is not finite.
    """
    check_pixels(pixels, "height, width")
    values = finite_array(maps, "maps", ndim=4)
    rows, columns = values.shape[:2]
    if values.shape[2:] != pixels.shape:
        raise DataError(
            f"maps must be of the digit's height and width, {pixels.shape}; found {values.shape[2:]}."
        )
    check_count(row_names, rows, "row_names")
    check_count(column_names, columns, "column_names")
    scale = weight_scale(values)
    shown = np.ma.zeros((rows, columns + 1, *pixels.shape))
    shown[:, 0] = np.ma.masked
    shown[:, 1:] = values
    tiles = mosaic(shown.reshape(-1, *pixels.shape), columns + 1)
    tiles = replace(tiles, pixel_inches=TILE_INCHES / pixels.shape[1])
    ax, tiles = mosaic_axes(tiles, title, ax, below=0.75)
    image = ax.imshow(tiles.picture, **scale.colours)
    _draw_digits(ax, tiles, pixels, columns + 1)
    ax.set(xlim=(-0.5, tiles.picture.shape[1] - 0.5), ylim=(tiles.picture.shape[0] - 0.5, -0.5))
    frame(ax, tiles, range(rows * (columns + 1)))
    for tile in range(rows * (columns + 1)):
        row, column = divmod(tile, columns + 1)
        if column:
            label(ax, tiles, tile, column_names[column - 1])
            write_signs(
                ax,
                values[row, column - 1],
                scale.limit,
                pixel_inches=tiles.pixel_inches,
                corner=(int(tiles.lefts[tile]), int(tiles.tops[tile])),
            )
        else:
            label(ax, tiles, tile, row_names[row], weight="bold")
    gap = BAR_GAP_INCHES / size_inches(ax)[1]
    slim: dict[str, Any] = {"location": "bottom", "shrink": 0.7, "aspect": 45, "pad": gap}
    said = "logits a pixel: above zero (+) speaks for it, below (\N{MINUS SIGN}) against it\n"
    said += f"colours end at ±{scale.limit:.2g}" + (
        f", the largest is {scale.largest:.2g}" if scale.cut else ""
    )
    colour_bar(image, ax, said, extend=scale.extend, **slim)
    write_title(ax, title, pad=3)
    return ax


def _draw_digits(ax: Axes, tiles: Mosaic, pixels: NDArray[np.uint8], across: int) -> None:
    """Draw the digit in the first tile of each row, and its outline in the others."""
    height, width = pixels.shape
    for tile, (top, left) in enumerate(zip(tiles.tops, tiles.lefts, strict=True)):
        if tile % across == 0:
            extent = (left - 0.5, left + width - 0.5, top + height - 0.5, top - 0.5)
            ax.imshow(pixels, **INK_ON_PAPER, extent=extent)
        elif pixels.min() < HALF_INK < pixels.max():
            x, y = np.arange(left, left + width), np.arange(top, top + height)
            ax.contour(x, y, pixels, levels=[HALF_INK], colors="#5A5A5A", linewidths=0.6)


def write_signs(
    ax: Axes,
    values: NDArray[np.float64],
    limit: float,
    *,
    pixel_inches: float,
    corner: tuple[int, int] = (0, 0),
) -> None:
    """Write the sign of each strong value of a map into its pixel, so that a grey print can be read.

    `corner` is the column and row of the map's first pixel, and `limit` where its colours end.
    """
    left, top = corner
    side = SIGN_SHARE * pixel_inches * 72
    sizes = np.abs(values) / limit
    for marker, sign in (("+", 1), ("_", -1)):
        for colour, low, high in ((INK, STRONG, DARK), ("white", DARK, np.inf)):
            rows, columns = np.nonzero((np.sign(values) == sign) & (sizes > low) & (sizes <= high))
            ax.scatter(left + columns, top + rows, s=side**2, marker=marker, color=colour, linewidths=0.6)
