"""Whether probabilities mean what they say: accuracy against confidence."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, finite_array
from digitlab.figures.style import FAINT, LINES, SMALL, new_axes, styled, write_title

__all__ = ["coverage_curves", "reliability_diagram"]

MARKERS = "os^D"
ROOM = 0.15
MOST_POINTS = 500


@styled
def reliability_diagram(
    bins: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share that was right against the confidence, with its interval, bin by bin.

    On the diagonal a probability means what it says; above it the model is better than it
    believes, below it is worse. Both axes show the part where the bins lie.

    Parameters
    ----------
    bins : mapping from str to (confidence, accuracy, low, high)
        Four arrays of one length, in [0, 1], for each way of having probabilities.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the lengths differ, nothing is there, or a number is outside [0, 1].
    """
    if not bins:
        raise DataError("There must be at least one set of bins to draw; found none.")
    drawn = {name: _checked(arrays) for name, arrays in bins.items()}
    least = min(min(arrays[0].min(), arrays[2].min()) for arrays in drawn.values())
    start = max(0.0, least - ROOM * (1 - least)) if least < 1 else 0.0
    ax = ax or new_axes(4.6, 4.4)
    ax.plot([start, 1], [start, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        "means what it says",
        (start + 0.04 * (1 - start),) * 2,
        xytext=(-3, 3),
        textcoords="offset points",
        color=FAINT,
        size=SMALL,
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        va="bottom",
    )
    for number, (name, arrays) in enumerate(drawn.items()):
        _draw(ax, name, number, *arrays)
    ax.set(
        xlim=(start, 1), ylim=(start, 1), xlabel="confidence", ylabel="share that was right", aspect="equal"
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
    ax.grid(visible=True)
    ax.legend(loc="lower right", frameon=True, edgecolor="none", framealpha=1, fontsize=8)
    write_title(ax, title)
    return ax


@styled
def coverage_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    target: float,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many answers are right if only the surest images are read, against how many those are.

    Parameters
    ----------
    curves : mapping from str to (coverage, accuracy)
        Two arrays of one length, in [0, 1], for each model, coverage ascending.
    target
        A share that should be right, drawn as a line.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the lengths differ, nothing is there, or a number is outside [0, 1].
    """
    if not curves:
        raise DataError("There must be at least one curve to draw; found none.")
    ax = ax or new_axes(5.6, 3.6)
    ax.axhline(target, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        f"{100 * target:g} % right",
        (1, target),
        xytext=(4, 0),
        textcoords="offset points",
        color=FAINT,
        size=SMALL,
        va="center",
    )
    lowest = target
    for number, (name, arrays) in enumerate(curves.items()):
        coverage, accuracy = _checked(arrays)
        # So many points are as many as can be seen.
        shown = np.unique(np.linspace(0, len(coverage) - 1, MOST_POINTS).astype(int))
        ax.plot(coverage[shown], accuracy[shown], color=LINES[number % len(LINES)], linewidth=1.4, label=name)
        # The first few images say little, and would squeeze all others into a line.
        lowest = min(lowest, accuracy[len(accuracy) // 20 :].min())
    ax.set(
        xlim=(0, 1),
        ylim=(lowest - ROOM * (1 - lowest), 1 + 0.02 * (1 - lowest)),
        xlabel="share of the images that is read, the surest first",
        ylabel="share that is right",
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
    ax.grid(visible=True)
    if len(curves) > 1:
        ax.legend(loc="lower left", frameon=True, edgecolor="none", framealpha=1, fontsize=8)
    write_title(ax, title)
    return ax


def _draw(
    ax: Axes,
    name: str,
    number: int,
    confidence: NDArray[np.float64],
    accuracy: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> None:
    ax.errorbar(
        confidence,
        accuracy,
        yerr=np.clip([accuracy - low, high - accuracy], 0, None),
        color=LINES[number % len(LINES)],
        marker=MARKERS[number % len(MARKERS)],
        markerfacecolor="white" if number else None,
        markersize=4.5,
        linewidth=1.2,
        elinewidth=0.8,
        label=name,
        clip_on=False,
        zorder=3 + number,
    )


def _checked(arrays: tuple[ArrayLike, ...]) -> list[NDArray[np.float64]]:
    checked = [finite_array(each, "Confidence, accuracy and its interval", ndim=1) for each in arrays]
    for each in checked:
        check_count(each, len(checked[0]), "The bins' numbers")
        if each.min() < 0 or each.max() > 1:
            raise DataError(f"Shares lie in [0, 1]; found {each.min():g} to {each.max():g}.")
    return checked
