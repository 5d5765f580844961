"""The confusion matrix, drawn so that rare errors can be seen beside a diagonal of 98 %."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, counts_array
from digitlab.figures.style import (
    FAINT,
    SMALL,
    WRONG,
    colour_bar,
    new_axes,
    readable_on,
    size_inches,
    styled,
    write_title,
)

__all__ = ["confusion_matrix"]

CELL_INCHES = 0.56
FEWEST_CELLS = 5
SUPPORT_POINTS = 34
COUNT_SIZE = 9.0
SHARE_SIZE = 6.5
RIGHT_ANSWER = "#DEDEDE"
SLANTED: Final[dict[str, Any]] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}


@styled
def confusion_matrix(
    counts: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a confusion matrix: in each cell the count and its share of the row.

    Right answers are grey. Errors are coloured by their share of the row on a square-root
    scale of their own, from 0 to the largest, so that one error in a thousand shows.

    Parameters
    ----------
    counts : int, shape (k, k)
        Row i, column j: examples of class i that were read as j.
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
        If `counts` is not a square of whole numbers from 0 up, or the names are too few or too many.
    """
    cells = _square(counts)
    k = len(cells)
    names = [str(digit) for digit in range(k)] if class_names is None else list(class_names)
    check_count(names, k, "class_names")
    support = cells.sum(axis=1)
    shares = cells / np.maximum(support, 1)[:, None]
    errors = np.ma.masked_array(shares, mask=np.eye(k, dtype=bool))
    side = CELL_INCHES * max(k, FEWEST_CELLS)
    scale = 1.0 if ax is None else min(1.0, min(size_inches(ax)) / side)
    ax = ax or new_axes(side + 2.0, side + 0.9)
    image = ax.imshow(errors, **_error_colours(errors))
    _write_cells(ax, cells, image.to_rgba(errors), scale)
    _label_axes(ax, names, support, what="digit" if class_names is None else "class")
    bar = colour_bar(image, ax, "misread: share of the true class\n(square-root scale)", aspect=30)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    write_title(ax, title)
    return ax


def _square(counts: ArrayLike) -> NDArray[np.int64]:
    cells = counts_array(counts, "A confusion matrix", ndim=2)
    if cells.shape[0] != cells.shape[1]:
        raise DataError(f"A confusion matrix must be square, shape (k, k); found shape {cells.shape}.")
    return cells


def _error_colours(errors: np.ma.MaskedArray[Any, Any]) -> dict[str, Any]:
    largest = float(errors.filled(0).max()) or 0.01
    cmap = LinearSegmentedColormap.from_list("errors", ["white", "#FBB676", WRONG, "#5A1E00"])
    norm = PowerNorm(0.5, vmin=0, vmax=largest)
    return {"cmap": cmap.with_extremes(bad=RIGHT_ANSWER), "norm": norm, "interpolation": "none"}


def _write_cells(ax: Axes, cells: NDArray[np.int64], colours: NDArray[np.float64], scale: float) -> None:
    """Write each count and below it its share of the row; a zero stands alone and pale."""
    support = cells.sum(axis=1)
    for (row, column), count in np.ndenumerate(cells):
        if not count:
            _write(ax, column, row, "0", va="center", color=FAINT, size=COUNT_SIZE * scale)
            continue
        colour = readable_on(colours[row, column])
        weight = "bold" if row == column else "normal"
        share = _percent(int(count), int(support[row]))
        _write(ax, column, row, f"{count}", va="bottom", color=colour, size=COUNT_SIZE * scale, weight=weight)
        _write(ax, column, row + 0.08, share, va="top", color=colour, size=SHARE_SIZE * scale)


def _write(ax: Axes, x: float, y: float, text: str, **look: Any) -> None:
    ax.text(x, y, text, ha="center", **look).set_in_layout(False)


def _percent(count: int, support: int) -> str:
    """Return a share of a row in per cent; never "0.0 %" or "100.0 %" for what is only near it."""
    percent = 100 * count / support
    if count == support:
        return "100 %"
    return "<0.1 %" if percent < 0.1 else ">99.9 %" if percent > 99.9 else f"{percent:.1f} %"


def _label_axes(ax: Axes, names: Sequence[str], support: NDArray[np.int64], *, what: str) -> None:
    k = len(names)
    ax.set_xticks(range(k), names, **(SLANTED if max(map(len, names)) > 3 else {}))
    ax.set_yticks(range(k), names)
    ax.set(xlabel="read as", ylabel=f"true {what}")
    ax.set_xticks(np.arange(k + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(k + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="#CFCFCF", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    beside = ax.get_yaxis_transform() + ScaledTranslation(SUPPORT_POINTS / 72, 0, ax.figure.dpi_scale_trans)
    look: dict[str, Any] = {"ha": "right", "va": "center", "size": SMALL, "transform": beside}
    ax.text(1, -0.75, "n", style="italic", **look)
    for row, n in enumerate(support):
        ax.text(1, row, f"{n}", **look)
