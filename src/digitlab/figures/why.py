"""One picture's way through a model: how it was prepared, what spoke for the answer, what it is like."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecFromSubplotSpec, SubplotSpec
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, check_pixels, counts_array, finite_array
from digitlab.figures.digits import INK_ON_PAPER
from digitlab.figures.saliency import write_signs
from digitlab.figures.style import BLUE, DPI, FAINT, INK, SMALL, WRONG, colour_bar, styled
from digitlab.figures.weights import weight_scale

__all__ = ["nothing_read", "why_read"]

WIDTH_INCHES = 8.6
ROW_INCHES = 2.05
MAP_INCHES = 1.8
LINE_INCHES = 0.19
LINE_LENGTH = 118
HALF_INK = 127.5
# Pixels of smaller pictures are to be seen.
SMALL_PICTURE = 64
TITLE_SIZE = 8.5


@styled
def why_read(
    stages: Sequence[tuple[str, NDArray[np.uint8]]],
    pixels: NDArray[np.uint8],
    maps: ArrayLike,
    *,
    map_names: Sequence[str],
    probabilities: ArrayLike,
    neighbours: NDArray[np.uint8],
    neighbour_labels: ArrayLike,
    sentences: Sequence[str],
    title: str,
) -> Figure:
    """Draw how a picture was prepared, what its ink speaks for, how sure the answer is, and what it is like.

    Parameters
    ----------
    stages : sequence of (str, uint8 (h, w) or (h, w, 3))
        Each step of the preparation; those in grey are drawn with ink black.
    pixels : uint8, shape (height, width)
        What the model saw.
    maps : float, shape (k, height, width)
        What each pixel says, in logits: above zero for.
    map_names : sequence of str
        What each map is for.
    probabilities : float, shape (10,)
        Of each digit.
    neighbours : uint8, shape (m, height, width)
        Training digits that are most like it.
    neighbour_labels : int, shape (m,)
        What they are.
    sentences : sequence of str
        What is to be said of it.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        If an array has another shape or type, or there are not as many names as maps.
    """
    check_pixels(pixels, "height, width")
    check_pixels(neighbours, "m, height, width")
    values, shares = finite_array(maps, "maps", ndim=3), finite_array(probabilities, "probabilities", ndim=1)
    labels = counts_array(neighbour_labels, "neighbour_labels")
    check_count(map_names, len(values), "map_names")
    check_count(labels, len(neighbours), "neighbour_labels")
    if values.shape[1:] != pixels.shape:
        raise DataError(f"maps must be of the picture's shape, {pixels.shape}; found {values.shape[1:]}.")
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, LINE_LENGTH)]
    figure, [first, second, third] = _rows(3, len(lines), title)
    _draw_stages(figure, first, stages)
    _draw_evidence(figure, second, pixels, values, map_names, shares)
    _draw_neighbours(figure, third, neighbours, labels)
    _write_lines(figure, lines)
    return figure


@styled
def nothing_read(
    stages: Sequence[tuple[str, NDArray[np.uint8]]], sentences: Sequence[str], *, title: str
) -> Figure:
    """Draw the preparation of a picture in which nothing was found; parameters are those of `why_read`."""
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, LINE_LENGTH)]
    figure, [place] = _rows(1, len(lines), title)
    _draw_stages(figure, place, stages)
    _write_lines(figure, lines)
    return figure


def _rows(count: int, lines: int, title: str) -> tuple[Figure, list[SubplotSpec]]:
    """Return a figure with rows for pictures and, below them, room for lines of text."""
    below = LINE_INCHES * (lines + 1)
    height = ROW_INCHES * count + below + 0.55
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=DPI)
    grid = figure.add_gridspec(
        count,
        1,
        left=0.03,
        right=0.97,
        top=1 - 0.62 / height,
        bottom=(below + 0.12) / height,
        hspace=0.32,
        height_ratios=[1, 1.12, 0.8][:count],
    )
    figure.text(0.03, 1 - 0.16 / height, title, size=10.5, weight="bold", va="top", parse_math=False)
    return figure, [grid[row, 0] for row in range(count)]


def _draw_stages(figure: Figure, place: SubplotSpec, stages: Sequence[tuple[str, NDArray[np.uint8]]]) -> None:
    for column, (name, picture) in enumerate(stages):
        ax = _tile(figure, place, column, len(stages), f"{column + 1}. {name}")
        look: dict[str, Any] = INK_ON_PAPER if picture.ndim == 2 else {"interpolation": "antialiased"}
        small = max(picture.shape) < SMALL_PICTURE
        ax.imshow(picture, **look | ({} if small else {"interpolation": "antialiased"}))
        # A square frame for a picture of any proportions.
        ax.set_box_aspect(1)
        ax.set_aspect("equal", adjustable="datalim")


def _draw_evidence(
    figure: Figure,
    place: SubplotSpec,
    pixels: NDArray[np.uint8],
    maps: NDArray[np.float64],
    names: Sequence[str],
    shares: NDArray[np.float64],
) -> None:
    scale = weight_scale(maps)
    axes = []
    for column, (name, values) in enumerate(zip(names, maps, strict=True)):
        ax = _tile(figure, place, column, len(maps) + 1, f"ink {name}")
        image = ax.imshow(values, **scale.colours)
        if pixels.min() < HALF_INK < pixels.max():
            ax.contour(pixels, levels=[HALF_INK], colors="#5A5A5A", linewidths=0.6)
        write_signs(ax, values, scale.limit, pixel_inches=MAP_INCHES / values.shape[1])
        ax.set(xlim=(-0.5, values.shape[1] - 0.5), ylim=(values.shape[0] - 0.5, -0.5))
        axes.append(ax)
    bar = colour_bar(
        image,
        axes[-1],
        "",
        location="bottom",
        extend=scale.extend,
        cax=axes[0].inset_axes((0.0, -0.17, 1.0, 0.06)),
    )
    bar.ax.tick_params(labelsize=6.5, length=2)
    axes[1].text(
        0.0,
        -0.1,
        "logits a pixel: red (+) speaks for it,\nblue (\N{MINUS SIGN}) against it",
        transform=axes[1].transAxes,
        size=SMALL,
        color=FAINT,
        va="top",
    )
    _draw_shares(_panel(figure, place, len(maps), len(maps) + 1), shares)


def _draw_shares(ax: Axes, shares: NDArray[np.float64]) -> None:
    digits = np.arange(len(shares))
    order = np.argsort(-shares, kind="stable")
    colours = [BLUE if digit == order[0] else WRONG if digit == order[1] else "#B5B5B5" for digit in digits]
    ax.barh(digits, shares, color=colours, height=0.72)
    for digit in order[:2]:
        ax.text(shares[digit] + 0.02, digit, f"{100 * shares[digit]:.1f} %", va="center", size=SMALL)
    ax.set(xlim=(0, 1.28), ylim=(len(shares) - 0.4, -0.6), xticks=[], yticks=digits)
    ax.tick_params(length=0, labelsize=SMALL)
    ax.spines[:].set_visible(False)
    ax.set_title("probability", size=TITLE_SIZE, weight="normal", pad=4)


def _draw_neighbours(
    figure: Figure, place: SubplotSpec, neighbours: NDArray[np.uint8], labels: NDArray[np.int64]
) -> None:
    columns = max(7, len(neighbours) + 1)
    words = _panel(figure, place, 0, columns)
    words.set_axis_off()
    words.text(0, 0.5, "training\ndigits most\nlike it", va="center", size=TITLE_SIZE)
    for column, (pixels, label) in enumerate(zip(neighbours, labels, strict=True), 1):
        _tile(figure, place, column, columns, f"{label}").imshow(pixels, **INK_ON_PAPER)


def _write_lines(figure: Figure, lines: Sequence[str]) -> None:
    height = figure.get_size_inches()[1]
    for number, line in enumerate(reversed(lines)):
        y = LINE_INCHES * (number + 0.6) / height
        figure.text(0.03, y, line, size=8.5, color=INK, va="bottom", parse_math=False)


def _tile(figure: Figure, place: SubplotSpec, column: int, columns: int, name: str) -> Axes:
    """Return Axes for a picture in a thin frame, with its name above."""
    ax = _panel(figure, place, column, columns)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#C8C8C8", linewidth=0.8)
    ax.set_title(name, size=TITLE_SIZE, weight="normal", pad=4)
    return ax


def _panel(figure: Figure, place: SubplotSpec, column: int, columns: int) -> Axes:
    return figure.add_subplot(GridSpecFromSubplotSpec(1, columns, place, wspace=0.14)[0, column])
