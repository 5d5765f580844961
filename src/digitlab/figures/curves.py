"""Log loss against periods, for training and validation."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, counts_array, finite_array
from digitlab.figures.style import LINES, SMALL, new_axes, size_inches, styled, write_title

__all__ = ["compare_loss_curves", "loss_curves", "spread"]

MARKERS = "os^Dvp"
MOST_MARKERS = 25
LOG_SCALE_RATIO = 30


class _Line(NamedTuple):
    label: str
    number: int
    validation: bool
    periods: NDArray[np.int64]
    log_loss: NDArray[np.float64]


def loss_curves(
    periods: ArrayLike,
    train_log_loss: ArrayLike,
    validation_log_loss: ArrayLike,
    *,
    name: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the log loss of one training, on training and validation examples.

    Parameters
    ----------
    periods : int, shape (n,)
    train_log_loss, validation_log_loss : float, shape (n,)
        Mean log loss in nats after each period.
    name : str, optional
        The model's, as title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the lengths differ, nothing is there, or a log loss is negative or not finite.
    """
    return compare_loss_curves({"": (periods, train_log_loss, validation_log_loss)}, title=name, ax=ax)


@styled
def compare_loss_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the log loss of several trainings in one picture.

    A model has one colour and marker; validation is solid and filled, training dashed and
    hollow. The name and the last value stand at the end of each line. The vertical axis
    starts at 0 and is logarithmic only if the largest log loss is over 30 times the
    smallest: then a line near the end would lie on the axis.

    Parameters
    ----------
    curves : mapping from str to (periods, train_log_loss, validation_log_loss)
        Three arrays of one length for each model.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the lengths differ, nothing is there, or a log loss is negative or not finite.
    """
    if not curves:
        raise DataError("There must be at least one curve to draw; found none.")
    lines = [line for number, item in enumerate(curves.items()) for line in _lines(number, *item)]
    ax = ax or new_axes(6.6, 3.9)
    for line in lines:
        _draw(ax, line)
    _scale_axes(ax, lines)
    _label_ends(ax, lines)
    write_title(ax, title)
    return ax


def _lines(number: int, name: str, curves: tuple[ArrayLike, ArrayLike, ArrayLike]) -> list[_Line]:
    periods = counts_array(curves[0], "periods")
    if np.any(np.diff(periods) <= 0):
        raise DataError(f"periods must increase from one to the next; found {periods.tolist()}.")
    training = _log_loss(curves[1], periods, "training")
    validation = _log_loss(curves[2], periods, "validation")
    return [
        _Line(f"{name} training".strip(), number, False, periods, training),
        _Line(f"{name} validation".strip(), number, True, periods, validation),
    ]


def _log_loss(values: ArrayLike, periods: NDArray[np.int64], kind: str) -> NDArray[np.float64]:
    log_loss = finite_array(values, f"The {kind} log loss", ndim=1)
    check_count(log_loss, len(periods), f"The {kind} log losses")
    if log_loss.min() < 0:
        raise DataError(f"The {kind} log loss is never below 0; found {log_loss.min():g}.")
    return log_loss


def _draw(ax: Axes, line: _Line) -> None:
    colour = LINES[line.number % len(LINES)]
    step = math.ceil(len(line.periods) / MOST_MARKERS)
    ax.plot(
        line.periods,
        line.log_loss,
        color=colour,
        linestyle="-" if line.validation else "--",
        marker=MARKERS[line.number % len(MARKERS)],
        markersize=4.5,
        markerfacecolor=colour if line.validation else "white",
        markevery=((len(line.periods) - 1) % step, step),
        linewidth=1.6,
        label=line.label,
    )


def _scale_axes(ax: Axes, lines: Sequence[_Line]) -> None:
    first, last = min(line.periods[0] for line in lines), max(line.periods[-1] for line in lines)
    margin = 0.03 * (last - first) or 0.5
    ax.set_xlim(first - margin, last + margin)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    _scale_log_loss(ax, np.concatenate([line.log_loss for line in lines]))
    ax.grid(axis="y")
    ax.set(xlabel="period", ylabel="log loss")


def _scale_log_loss(ax: Axes, log_loss: NDArray[np.float64]) -> None:
    smallest, largest = log_loss.min(), log_loss.max()
    if smallest > 0 and largest > LOG_SCALE_RATIO * smallest:
        ax.set_yscale("log")
        ax.set_ylim(smallest / 1.3, largest * 1.3)
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    else:
        ax.set_ylim(0, 1.06 * largest or 1)


def _label_ends(ax: Axes, lines: Sequence[_Line]) -> None:
    to_axes = ax.transData - ax.transAxes
    ends = to_axes.transform([(line.periods[-1], line.log_loss[-1]) for line in lines])
    line_height = 1.3 * SMALL / 72 / size_inches(ax)[1]
    heights = spread(ends[:, 1], line_height)
    for line, end, height in zip(lines, ends, heights, strict=True):
        _label_end(ax, line, end, float(height))


def _label_end(ax: Axes, line: _Line, end: tuple[float, float], height: float) -> None:
    """Write the name beside the axes at `height`, joined to the line's `end` (all in axes units)."""
    colour = LINES[line.number % len(LINES)]
    weight = "bold" if line.validation else "normal"
    text = f"{line.label}  {line.log_loss[-1]:#.3g}".removesuffix(".")
    ax.text(1.03, height, text, size=SMALL, weight=weight, va="center", transform=ax.transAxes)
    joint = [(end[0] + 0.012, end[1]), (1.025, height)]
    ax.add_artist(
        LineCollection([joint], colors=colour, linewidths=1.0, transform=ax.transAxes, clip_on=False)
    )


def spread(positions: ArrayLike, distance: float) -> NDArray[np.float64]:
    """Move `positions` as little as needed to be at least `distance` apart, in the same order.

    This is the least-squares problem min sum (y_i - x_i)^2 with y_(i+1) >= y_i + distance: an
    isotonic regression of x_i - i * distance.
    """
    x = np.asarray(positions, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    steps = distance * np.arange(len(x))
    spaced = np.empty_like(x)
    spaced[order] = _isotonic(x[order] - steps) + steps
    return spaced


def _isotonic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest sequence that never falls: pool neighbours that do into their mean.

    scipy.optimize has this too, but would add a third of a second to each training's start.
    """
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    return np.repeat([mean for mean, _ in pools], [size for _, size in pools])
