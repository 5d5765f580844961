"""Accuracies with their intervals, one row a model."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import finite_array
from digitlab.figures.style import BLUE, FAINT, SMALL, new_axes, styled, write_title

__all__ = ["accuracy_intervals"]


@styled
def accuracy_intervals(
    intervals: Mapping[str, tuple[float, float, float]],
    *,
    points: Mapping[str, Sequence[float]] | None = None,
    baseline: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each model's accuracy as a dot and its 95 % interval as whiskers.

    Parameters
    ----------
    intervals : mapping from str to (accuracy, low, high)
        Shares from 0 to 1, for each model; the first is drawn on top.
    points : mapping from str to accuracies, optional
        Where an accuracy is a mean, that of each seed: a tick below.
    baseline : float, optional
        Accuracy of always answering the commonest class. A dashed line, or only a note
        where the line would take more than half of the axis from the models.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is no model, or not 0 <= low <= accuracy <= high <= 1.
    """
    accuracy, low, high = _columns(intervals)
    rows = range(len(accuracy))
    ax = ax or new_axes(6.6, 0.36 * len(rows) + 1.3)
    for name, each in (points or {}).items():
        values, row = finite_array(each, f"The accuracies of {name}", ndim=1), list(intervals).index(name)
        ax.plot(values, [row + 0.28] * len(values), "|", color=FAINT, markersize=7)
    whiskers = np.stack([accuracy - low, high - accuracy])
    ax.errorbar(accuracy, rows, xerr=whiskers, fmt="o", color=BLUE, capsize=3.5, markersize=5, elinewidth=1.6)
    ax.set_yticks(rows, list(intervals))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    for row in rows:
        note = f"{100 * accuracy[row]:.2f} %  ({100 * low[row]:.2f} to {100 * high[row]:.2f})"
        ax.text(1.02, row, note, va="center", size=SMALL, transform=ax.get_yaxis_transform())
    ax.set_xlabel(
        "mean accuracy, with its 95 % interval; below it each seed's"
        if points
        else "accuracy, with its 95 % interval"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
    ax.grid(axis="x")
    write_title(ax, title)
    if baseline is not None:
        _draw_baseline(ax, float(finite_array(baseline, "The baseline", ndim=0)), low.min(), high.max())
    return ax


def _columns(intervals: Mapping[str, tuple[float, float, float]]) -> NDArray[np.float64]:
    if not intervals:
        raise DataError("There must be at least one model to draw; found none.")
    rows = finite_array(list(intervals.values()), "Accuracies and their intervals", ndim=2)
    for name, (accuracy, low, high) in zip(intervals, rows, strict=True):
        if not 0 <= low <= accuracy <= high <= 1:
            raise DataError(
                f"{name}: expected 0 <= low <= accuracy <= high <= 1; found accuracy {accuracy:g} "
                f"with the interval {low:g} to {high:g}. Give shares, not per cent."
            )
    return rows.T


def _draw_baseline(ax: Axes, baseline: float, low: float, high: float) -> None:
    name = f"always the commonest class: {100 * baseline:.1f} %"
    if low - baseline > high - low:
        note = f"({name}, left of this axis)"
    else:
        ax.axvline(baseline, color=FAINT, linestyle="--", linewidth=1.2)
        note = f"(dashed: {name})"
    ax.set_xlabel(f"{ax.get_xlabel()}\n{note}")
