"""What changes with the steps of one training: the recall of each class, and numbers of each unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.figures.checks import check_count, counts_array, finite_array
from digitlab.figures.style import (
    BLUE,
    INK,
    SMALL,
    WRONG,
    new_axes,
    readable_on,
    styled,
    write_title,
)

__all__ = ["over_steps", "recall_over_steps", "steps_taken", "units_over_steps", "whole_percent"]

CELL_INCHES = (0.36, 0.3)


@styled
def recall_over_steps(
    steps: ArrayLike,
    recall: ArrayLike,
    *,
    learned: Sequence[int | None] | None = None,
    framed: str = "learned",
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which share of each class is read right after each number of steps, in per cent.

    Parameters
    ----------
    steps : int, shape (snapshots,)
    recall : float, shape (snapshots, classes)
        Shares in [0, 1].
    learned : sequence of int or None, optional
        The step from which on each class counts as learned: its number is bold, in a thick frame.
    framed : str
        What learned means, for a line above the picture.
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
        If the shapes do not fit each other, or a share is outside [0, 1].
    """
    taken, shares = counts_array(steps, "steps"), _shares(recall)
    check_count(shares, len(taken), "The recalls")
    snapshots, classes = shares.shape
    names = [str(each) for each in range(classes)] if class_names is None else list(class_names)
    since = [None] * classes if learned is None else list(learned)
    check_count(names, classes, "class_names")
    check_count(since, classes, "learned")
    across, down = CELL_INCHES
    ax = ax or new_axes(max(4.2, across * snapshots + 0.9), down * classes + 1.2)
    image = ax.imshow(shares.T, cmap="Blues", vmin=0, vmax=1, interpolation="none", aspect="auto")
    colours = image.to_rgba(shares.T)
    for (row, column), share in np.ndenumerate(shares.T):
        first = since[row] == taken[column]
        look: dict[str, Any] = {"weight": "bold"} if first else {}
        colour = readable_on(colours[row, column])
        ax.text(column, row, whole_percent(share), ha="center", va="center", color=colour, size=8, **look)
        if first:
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=WRONG, linewidth=2))
    ax.set_yticks(range(classes), names)
    slanted: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if taken.max() >= 1000 else {}
    )
    ax.set_xticks(range(snapshots), [f"{step:,}" for step in taken], **slanted)
    ax.set(xlabel="steps taken", ylabel="digit" if class_names is None else "class")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    write_title(ax, title, pad=20 if learned else None)
    if learned:
        note = f"% of each that is read right; framed: {framed}"
        ax.text(0, 1.012, note, transform=ax.transAxes, size=SMALL, va="bottom")
    return ax


@styled
def units_over_steps(
    steps: ArrayLike,
    values: ArrayLike,
    *,
    what: str,
    units: str = "units",
    marked: Sequence[int] = (),
    marked_as: str = "",
    limit: tuple[float, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one number of every unit over the steps: each a thin line, the median a thick one.

    Parameters
    ----------
    steps : int, shape (snapshots,)
    values : float, shape (snapshots, units)
    what : str
        What the numbers are.
    units : str
        What the units are called.
    marked : sequence of int
        Units whose lines are dashed, in another colour.
    marked_as : str
        What those are.
    limit : (float, str), optional
        A level to draw as a line, and its name.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the shapes do not fit each other, or a number is not finite.
    """
    taken, numbers = counts_array(steps, "steps"), finite_array(values, "The units' numbers", ndim=2)
    check_count(numbers, len(taken), "The units' numbers")
    ax = ax or new_axes(6.6, 3.6)
    others = np.delete(numbers, list(marked), axis=1)
    if others.size:
        lines = ax.plot(taken, others, color=BLUE, alpha=0.3, linewidth=0.7)
        lines[0].set_label(f"{others.shape[1]} {units}")
    if len(marked):
        dashed = ax.plot(taken, numbers[:, list(marked)], color=WRONG, linewidth=0.9, linestyle="--")
        dashed[0].set_label(f"{len(marked)} {units}, {marked_as}" if marked_as else f"{len(marked)} {units}")
    ax.plot(
        taken,
        np.median(numbers, axis=1),
        "o-",
        color=INK,
        linewidth=2,
        markersize=4,
        clip_on=False,
        label="median",
    )
    if limit:
        ax.axhline(limit[0], color=INK, linewidth=1.2, linestyle=":", zorder=3, label=limit[1])
    over_steps(ax, taken)
    ax.set(xlabel="steps taken (logarithmic from 1 on)", ylabel=what)
    ax.grid(axis="y")
    for line in ax.legend(frameon=False, fontsize=8).get_lines():
        line.set_alpha(1)
    write_title(ax, title)
    return ax


def over_steps(ax: Axes, steps: NDArray[np.int64]) -> None:
    """Give `ax` a horizontal axis of steps: from 0 to 1 in a straight line, logarithmic from there."""
    last = max(1, int(steps.max()))
    ax.set_xscale("symlog", linthresh=1, linscale=0.4)
    ax.set_xlim(0, last)
    ticks = [0, *(10**power for power in range(len(str(last))))]
    if last >= 2 * ticks[-1]:
        ticks.append(last)
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter("{x:,.0f}")


def steps_taken(step: int) -> str:
    """Return a number of steps in words, beginning with a capital."""
    if not step:
        return "Before the first step"
    return f"After {step:,} step" + ("s" if step > 1 else "")


def _shares(values: ArrayLike) -> NDArray[np.float64]:
    shares = finite_array(values, "The recall", ndim=2)
    if shares.min() < 0 or shares.max() > 1:
        raise DataError(f"Shares lie in [0, 1]; found {shares.min():g} to {shares.max():g}.")
    return shares


def whole_percent(share: float) -> str:
    """Return a share in whole per cent; never "100" or "0" for what is only near it."""
    percent = f"{100 * share:.0f}"
    if percent == "100" and share < 1:
        return ">99"
    return "<1" if percent == "0" and share > 0 else percent
