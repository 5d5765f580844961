"""Which settings mattered in a search."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from digitlab.errors import DataError
from digitlab.figures.checks import finite_array
from digitlab.figures.style import BLUE, SMALL, new_axes, styled, write_title

__all__ = ["setting_importance"]


@styled
def setting_importance(
    shares: Mapping[str, float], *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the share of what happened in a search that each setting explains.

    Parameters
    ----------
    shares : mapping from str to float
        From 0 to 1, for each setting; the first is drawn on top.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is no setting, or a share is not from 0 to 1.
    """
    values = finite_array(list(shares.values()), "The shares", ndim=1)
    if values.min() < 0 or values.max() > 1:
        raise DataError(
            f"Expected a share from 0 to 1 for each of one or more settings; found {dict(shares)}."
        )
    rows = range(len(values))
    ax = ax or new_axes(5.6, 0.32 * len(values) + 1.1)
    ax.barh(rows, values, height=0.62, color=BLUE)
    ax.set_yticks(rows, [name.replace("_", " ") for name in shares])
    ax.set_ylim(len(values) - 0.4, -0.6)
    for row, value in enumerate(values):
        ax.annotate(
            f"{100 * value:.0f} %", (value, row), (4, 0), textcoords="offset points", va="center", size=SMALL
        )
    ax.set_xlim(0, max(0.05, 1.12 * values.max()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
    ax.set_xlabel("share of the differences in validation accuracy that it explains (fANOVA)")
    ax.grid(axis="x")
    write_title(ax, title)
    return ax
