"""Pictures of the data: digits in a grid, one digit, how many there are of each."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.checks import check_columns, check_count, check_pixels, counts_array
from digitlab.figures.mosaic import frame, label, mosaic, mosaic_axes
from digitlab.figures.style import BLUE, FAINT, SMALL, WRONG, colour_bar, new_axes, styled, write_title

__all__ = ["class_counts", "digit_grid", "one_digit"]

INK_ON_PAPER: Final[dict[str, Any]] = {"cmap": "gray_r", "vmin": 0, "vmax": 255, "interpolation": "none"}


@styled
def digit_grid(
    pixels: NDArray[np.uint8],
    labels: ArrayLike,
    *,
    columns: int = 10,
    predictions: ArrayLike | None = None,
    rivals: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    indices: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw digits in rows, each with its label; a wrong prediction reads "4→9" in a thick frame.

    Parameters
    ----------
    pixels : uint8, shape (n, height, width)
        0 is paper (drawn white), 255 is ink (drawn black).
    labels : int, shape (n,)
        What each digit is.
    columns : int
        Digits in a row.
    predictions : int, shape (n,), optional
        What a model reads in each.
    rivals : int, shape (n,), optional
        What else each may be; a digit whose prediction is right then reads "4 or 9".
    names : sequence of str, optional
        What to write over each digit whose prediction is right, in place of its label.
    indices : int, shape (n,), optional
        Where each is in its data set, written "#72" at its top right.
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
    check_columns(columns)
    true = _one_each(labels, len(pixels), "labels")
    read = true if predictions is None else _one_each(predictions, len(pixels), "predictions")
    others = None if rivals is None else _one_each(rivals, len(pixels), "rivals")
    if names is not None:
        check_count(names, len(pixels), "names")
    tiles = mosaic(pixels, columns)
    ax, tiles = mosaic_axes(tiles, title, ax)
    ax.imshow(tiles.picture, **INK_ON_PAPER)
    frame(ax, tiles, np.flatnonzero(true == read), "#C8C8C8")
    frame(ax, tiles, np.flatnonzero(true != read), WRONG, width=1.6)
    for tile, (digit, reading) in enumerate(zip(true, read, strict=True)):
        if digit == reading and names is not None:
            label(ax, tiles, tile, names[tile])
        elif digit == reading:
            label(ax, tiles, tile, f"{digit}" if others is None else f"{digit} or {others[tile]}")
        else:
            label(ax, tiles, tile, f"{digit}→{reading}", colour=WRONG, weight="bold")
    for tile, index in enumerate(() if indices is None else _one_each(indices, len(pixels), "indices")):
        label(ax, tiles, tile, f"#{index}", right=True, colour=FAINT, size=0.8 * SMALL)
    return ax


@styled
def one_digit(
    pixels: NDArray[np.uint8], label: int, *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw one digit large, with the scale of its grey values.

    Parameters
    ----------
    pixels : uint8, shape (height, width)
        0 is paper (drawn white), 255 is ink (drawn black).
    label : int
        What the digit is.
    title : str, optional
        In place of "label 7".
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If `pixels` has another shape or type.
    """
    check_pixels(pixels, "height, width")
    ax = ax or new_axes(4.6, 4.0)
    image = ax.imshow(pixels, **INK_ON_PAPER)
    ax.spines[:].set_visible(True)
    ax.set(xlabel="pixel column", ylabel="pixel row")
    colour_bar(image, ax, "ink (0 paper, 255 full)", ticks=[0, 64, 128, 192, 255])
    write_title(ax, f"label {label}" if title is None else title)
    return ax


@styled
def class_counts(
    counts: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many examples there are of each class, as bars from zero.

    Parameters
    ----------
    counts : int, shape (k,)
        Examples of class 0, 1, ...
    class_names : sequence of str, optional
        Names of the classes; their numbers by default.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If `counts` are not whole numbers from 0 up, or the names are too few or too many.
    """
    numbers = counts_array(counts, "counts")
    names = [str(k) for k in range(len(numbers))] if class_names is None else list(class_names)
    check_count(names, len(numbers), "class_names")
    ax = ax or new_axes(max(4.0, 0.55 * len(numbers) + 0.9), 3.0)
    bars = ax.bar(names, numbers, color=BLUE, width=0.72)
    ax.bar_label(bars, [f"{number:,}" for number in numbers], padding=2, size=SMALL)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set(xlabel="digit" if class_names is None else "class", ylabel="examples")
    ax.grid(axis="y")
    ax.margins(y=0.1)
    write_title(ax, title or f"{numbers.sum():,} examples")
    return ax


def _one_each(values: ArrayLike, count: int, what: str) -> NDArray[np.int64]:
    numbers = counts_array(values, what)
    check_count(numbers, count, what)
    return numbers
