"""Pictures with a box around each digit that was found, and over it what was read."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_columns, check_count, finite_array
from digitlab.figures.style import BLUE, DPI, SMALL, WRONG, new_axes, styled, write_title

__all__ = ["boxed_digits", "boxed_pictures"]

WIDTH_INCHES, TALLEST_INCHES = 7.4, 9.0
UNSURE = 0.5


@styled
def boxed_digits(
    picture: NDArray[np.uint8],
    boxes: ArrayLike,
    names: Sequence[str],
    *,
    confidences: ArrayLike | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a picture, a box around each digit in it, and over the box what it was read as.

    Parameters
    ----------
    picture : uint8, shape (height, width, 3)
        Red, green and blue.
    boxes : int, shape (n, 4)
        Top, left, bottom and right of each digit; the last two are the first row and column outside.
    names : sequence of str
        What each was read as.
    confidences : float, shape (n,), optional
        How sure that is, 0 to 1: written in percent, and a box below a half is dashed.
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
    """
    places = _checked(picture, boxes, names)
    shares = None
    if confidences is not None and len(places):
        shares = finite_array(confidences, "confidences", ndim=1)
        check_count(shares, len(places), "confidences")
    ax = ax or new_axes(*_inches(picture, title))
    _draw(ax, picture, places, names, shares)
    write_title(ax, title, pad=14)
    return ax


@styled
def boxed_pictures(
    pictures: Sequence[NDArray[np.uint8]],
    boxes: Sequence[ArrayLike],
    names: Sequence[Sequence[str]],
    *,
    titles: Sequence[str],
    columns: int = 2,
) -> Figure:
    """Draw several pictures as `boxed_digits` does, in rows, each under its title.

    Parameters
    ----------
    pictures, boxes, names
        Of each picture what `boxed_digits` takes.
    titles : sequence of str
        One for each picture.
    columns : int
        Pictures in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If an array has another shape or type, or there are not as many of each.
    ConfigError
        If `columns` is below 1.
    """
    check_columns(columns)
    for values, what in ((boxes, "boxes"), (names, "names"), (titles, "titles")):
        check_count(values, len(pictures), what)
    rows = -(-len(pictures) // columns)
    tallest = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    across = WIDTH_INCHES / columns
    figure = Figure(figsize=(WIDTH_INCHES, rows * (across * tallest + 0.45)), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(pictures) :]:
        ax.set_axis_off()
    for ax, picture, places, said, title in zip(axes, pictures, boxes, names, titles, strict=False):
        _draw(ax, picture, _checked(picture, places, said), said, None)
        ax.set_title(title, size=SMALL, weight="normal", pad=11)
    return figure


def _checked(picture: NDArray[np.uint8], boxes: ArrayLike, names: Sequence[str]) -> NDArray[np.float64]:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise DataError(
            "picture must be uint8 of shape (height, width, 3) and not empty; found "
            f"{picture.dtype} {picture.shape}. Give it as `open_picture` returns it."
        )
    places = np.zeros((0, 4)) if not len(names) else finite_array(boxes, "boxes", ndim=2)
    check_count(places, len(names), "boxes")
    return places


def _inches(picture: NDArray[np.uint8], title: str | None) -> tuple[float, float]:
    height, width = picture.shape[:2]
    across = min(WIDTH_INCHES, TALLEST_INCHES * width / height)
    return across, across * height / width + (0.5 if title else 0.25)


def _draw(
    ax: Axes,
    picture: NDArray[np.uint8],
    places: NDArray[np.float64],
    names: Sequence[str],
    confidences: NDArray[np.float64] | None,
) -> None:
    ax.imshow(picture, interpolation="none" if max(picture.shape) < 200 else "antialiased")
    ax.set_axis_off()
    for number, ((top, left, bottom, right), name) in enumerate(zip(places, names, strict=True)):
        share = 1.0 if confidences is None else confidences[number]
        colour = WRONG if share < UNSURE or name == "?" else BLUE
        outline = np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]) - 0.5
        ax.plot(*outline.T, color=colour, linewidth=1.0, linestyle="--" if colour == WRONG else "-")
        said = name if confidences is None else f"{name} {100 * share:.0f}"
        note = ax.text(
            (left + right - 1) / 2,
            top - 0.5,
            said,
            color=colour,
            ha="center",
            va="bottom",
            size=SMALL,
            weight="bold",
        )
        note.set_in_layout(False)
