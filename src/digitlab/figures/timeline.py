"""The same tiles at several moments of one training, side by side on one scale, and one after the other."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from digitlab.figures.checks import check_columns, check_count, counts_array, finite_array, weight_pictures
from digitlab.figures.mosaic import Mosaic, frame, label, mosaic, mosaic_axes, side_by_side, smaller
from digitlab.figures.progress import over_steps, steps_taken, whole_percent
from digitlab.figures.style import (
    BLUE,
    FAINT,
    INK,
    SMALL,
    WRONG,
    colour_bar,
    size_inches,
    styled,
    write_title,
)
from digitlab.figures.weights import BAR_GAP_INCHES, weight_scale

__all__ = ["timeline_frames", "timeline_panels"]

WIDEST_INCHES = 12.0
PANEL_GAP_INCHES = 0.3
ROW_TILES = 16
FEWEST_AND_MOST_COLUMNS = (2, 6)
HEADER_INCHES = 0.45
BAR_INCHES = 1.05
HEADER_LIFT_POINTS = 3

FRAME_DPI = 100
TILE_PIXELS = 84
FRAME_COLUMNS = 6
MARGIN, TOP, BARS, BELOW = 16, 46, 276, 40
TICKS = 36
FRAME_LABEL = 6.8


@styled
def timeline_panels(
    kernels: ArrayLike,
    image_shape: tuple[int, int],
    steps: ArrayLike,
    *,
    accuracy: ArrayLike,
    log_loss: ArrayLike,
    noise: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the same tiles after several numbers of steps, side by side, all on one scale.

    Parameters
    ----------
    kernels : float, shape (snapshots, height * width, units)
        The weights of the units to draw, first to last, in each snapshot.
    image_shape : (int, int)
        Height and width of the digits in pixels.
    steps : int, shape (snapshots,)
    accuracy, log_loss : float, shape (snapshots,)
        What stands above each panel: a share, and nats an image.
    noise : bool, shape (snapshots, units), optional
        The tiles to mark as noise, by a thick frame and the word.
    names : sequence of str, optional
        Name of each unit; its number, from 0, by default.
    columns : int
        Tiles in a row of a panel; by default as many as leave the picture wide and not high.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If shapes do not fit each other, or a number is not finite.
    ConfigError
        If `columns` is below 1.
    """
    pictures, taken = _pictures(kernels, image_shape), counts_array(steps, "steps")
    snapshots, units = pictures.shape[:2]
    if columns is None:
        columns = _even_columns(units, int(np.clip(ROW_TILES // snapshots, *FEWEST_AND_MOST_COLUMNS)))
    check_columns(columns)
    names = [str(unit) for unit in range(units)] if names is None else names
    right, losses = (finite_array(each, "Accuracy and log loss", ndim=1) for each in (accuracy, log_loss))
    for each, count, what in (
        (taken, snapshots, "steps"),
        (right, snapshots, "accuracy"),
        (losses, snapshots, "log_loss"),
        (names, units, "names"),
    ):
        check_count(each, count, what)
    marked = np.zeros((snapshots, units), bool) if noise is None else np.asarray(noise, bool)
    scale = weight_scale(pictures)
    row = WIDEST_INCHES / snapshots - PANEL_GAP_INCHES
    tiles = side_by_side([mosaic(each, columns, row_inches=row) for each in pictures], PANEL_GAP_INCHES)
    tiles = smaller(tiles, WIDEST_INCHES / (tiles.picture.shape[1] * tiles.pixel_inches))
    ax, tiles = mosaic_axes(tiles, title, ax, below=BAR_INCHES + HEADER_INCHES)
    image = ax.imshow(tiles.picture, **scale.colours)
    _frame_and_name(ax, tiles, marked.ravel(), list(names) * snapshots, SMALL)
    for index, (step, share, loss) in enumerate(zip(taken, right, losses, strict=True)):
        _head(ax, tiles.lefts[index * units] - 0.5, step, share, loss)
    write_title(ax, title, pad=3 + 72 * HEADER_INCHES)
    gap = BAR_GAP_INCHES / size_inches(ax)[1]
    slim: dict[str, Any] = {"location": "bottom", "shrink": 0.6, "aspect": 55, "pad": gap}
    colour_bar(image, ax, scale.label, extend=scale.extend, **slim)
    return ax


def timeline_frames(
    kernels: ArrayLike,
    image_shape: tuple[int, int],
    steps: ArrayLike,
    *,
    accuracy: ArrayLike,
    log_loss: ArrayLike,
    recall: ArrayLike,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> list[NDArray[np.uint8]]:
    """Draw one picture for each snapshot: the tiles, the recall of each class, the accuracy so far.

    Parameters are those of `timeline_panels`, and `recall`, shares of shape (snapshots, classes).

    Returns
    -------
    list of uint8, shape (height, width, 3)
        All of one size and on one scale. A weight is a square of whole pixels.
    """
    return list(_frames(kernels, image_shape, steps, accuracy, log_loss, recall, names, title))


@styled
def _frames(*arguments: Any) -> Sequence[NDArray[np.uint8]]:
    return list(_draw_frames(*arguments))


def _draw_frames(
    kernels: ArrayLike,
    image_shape: tuple[int, int],
    steps: ArrayLike,
    accuracy: ArrayLike,
    log_loss: ArrayLike,
    recall: ArrayLike,
    names: Sequence[str] | None,
    title: str | None,
) -> Iterator[NDArray[np.uint8]]:
    pictures, taken = _pictures(kernels, image_shape), counts_array(steps, "steps")
    right, losses = (finite_array(each, "Accuracy and log loss", ndim=1) for each in (accuracy, log_loss))
    shares = finite_array(recall, "The recall", ndim=2)
    for each in (taken, right, losses, shares):
        check_count(each, len(pictures), "steps, accuracy, log_loss and recall")
    names = [str(unit) for unit in range(pictures.shape[1])] if names is None else names
    in_a_row = _even_columns(pictures.shape[1], FRAME_COLUMNS)
    laid_out = [mosaic(each, in_a_row) for each in pictures]
    side = max(1, TILE_PIXELS // max(image_shape))
    tiles = smaller(laid_out[0], side / FRAME_DPI / laid_out[0].pixel_inches)
    rows, columns = (
        max(count * side, least) for count, least in zip(tiles.picture.shape, (250, 200), strict=True)
    )
    width, height = columns + BARS + 3 * MARGIN, rows + TOP + BELOW
    figure = Figure(figsize=(width / FRAME_DPI, height / FRAME_DPI), dpi=FRAME_DPI)
    canvas = FigureCanvasAgg(figure)

    def axes(left: float, bottom: float, across: float, up: float) -> Axes:
        return figure.add_axes((left / width, bottom / height, across / width, up / height))

    down, across = (count * side for count in tiles.picture.shape)
    shown = axes(MARGIN, BELOW + rows - down, across, down)
    shown.set_axis_off()
    image = shown.imshow(tiles.picture, **weight_scale(pictures).colours, aspect="auto")
    _frame_and_name(shown, tiles, np.zeros(pictures.shape[1], bool), names, FRAME_LABEL / tiles.scale)
    left = columns + 2 * MARGIN
    bars = _Bars(axes(left + TICKS, BELOW + 0.42 * rows, BARS - 2 * TICKS, 0.53 * rows), shares[0])
    curve = axes(left + TICKS, BELOW, BARS - 2 * TICKS, 0.27 * rows)
    over_steps(curve, taken)
    curve.set_ylim(0, 100)
    curve.plot(taken, 100 * right, color=BLUE, linewidth=1.4)
    (dot,) = curve.plot([0], [0], "o", color=WRONG, markersize=6, clip_on=False, zorder=4)
    curve.set_title("% read right, over the steps", size=8, pad=4, weight="normal")
    heading = figure.text(MARGIN / width, 1 - 12 / height, "", va="top", size=11, weight="bold")
    if title:
        figure.text(1 - MARGIN / width, 1 - 14 / height, title, va="top", ha="right", size=8, color=FAINT)
    changing = [image, *shown.collections, *shown.texts, *bars.artists, dot, heading]
    for artist in changing:
        artist.set_animated(True)
    canvas.draw()  # type: ignore[no-untyped-call]
    still = canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]
    for mosaiced, step, share, loss, of_each in zip(laid_out, taken, right, losses, shares, strict=True):
        image.set_data(mosaiced.picture)
        heading.set_text(f"{steps_taken(step)}: {100 * share:.1f} % right, log loss {loss:.3g}")
        bars.show(of_each)
        dot.set_data([step], [100 * share])
        canvas.restore_region(still)  # type: ignore[no-untyped-call]
        for artist in changing:
            figure.draw_artist(artist)
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


class _Bars:
    """A bar for the recall of each class, with its number."""

    def __init__(self, ax: Axes, recall: NDArray[np.float64]) -> None:
        classes = range(len(recall))
        self.bars = ax.barh(classes, recall, color=BLUE, height=0.72)
        look: dict[str, Any] = {"va": "center", "size": SMALL}
        self.numbers = [ax.text(0, each, "", **look) for each in classes]
        ax.set(xlim=(0, 1), ylim=(len(recall) - 0.4, -0.6))
        ax.set_yticks(classes, [str(each) for each in classes])
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.tick_params(length=0)
        ax.set_title("% of each digit that is read right", size=8, pad=4, weight="normal")

    @property
    def artists(self) -> list[Artist]:
        return [*self.bars, *self.numbers]

    def show(self, recall: NDArray[np.float64]) -> None:
        for bar, number, share in zip(self.bars, self.numbers, recall, strict=True):
            bar.set_width(share)
            number.set_text(whole_percent(share))
            number.set_x(share + 0.02)


def _pictures(kernels: ArrayLike, image_shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the tiles of each snapshot, (snapshots, units, height, width)."""
    weights = finite_array(kernels, "The kernels", ndim=3)
    return np.stack([weight_pictures(each, image_shape) for each in weights])


def _even_columns(units: int, most: int) -> int:
    """Return how many tiles to put in a row so that few rows have nearly as many each."""
    return math.ceil(units / math.ceil(units / most))


def _frame_and_name(
    ax: Axes, tiles: Mosaic, noise: NDArray[np.bool_], names: Sequence[str], size: float
) -> None:
    frame(ax, tiles, np.flatnonzero(~noise))
    frame(ax, tiles, np.flatnonzero(noise), WRONG, width=1.3)
    for tile, (name, is_noise) in enumerate(zip(names, noise, strict=True)):
        label(ax, tiles, tile, name, size=size)
        if is_noise:
            label(ax, tiles, tile, "noise", right=True, colour=WRONG, size=0.85 * size)


def _head(ax: Axes, left: float, step: int, accuracy: float, log_loss: float) -> None:
    """Write above a panel which step it is, and what was read right then."""
    above: dict[str, Any] = {"textcoords": "offset points", "va": "bottom", "ha": "left", "color": INK}
    for text, lift, size, weight in (
        (steps_taken(step), 12, 9.5, "bold"),
        (f"{100 * accuracy:.1f} % right, log loss {log_loss:.3g}", 0, 8, "normal"),
    ):
        note = ax.annotate(
            text, (left, -0.5), (0, HEADER_LIFT_POINTS + lift), size=size, weight=weight, **above
        )
        note.set_in_layout(False)
