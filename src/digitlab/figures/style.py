"""The look that all figures share: sizes, fonts, colours.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with
any common colour vision tell apart. No meaning rests on colour alone: line style,
marker, weight of type or a label says the same, so that a grey print can be read too.
"""

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.style import context
from numpy.typing import NDArray

__all__ = [
    "BLUE",
    "DPI",
    "FAINT",
    "INK",
    "LINES",
    "SMALL",
    "WRONG",
    "colour_bar",
    "new_axes",
    "readable_on",
    "size_inches",
    "styled",
    "write_title",
]

BLUE: Final = "#0072B2"
WRONG: Final = "#D55E00"
LINES: Final = (BLUE, WRONG, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK: Final = "#222222"
FAINT: Final = "#8A8A8A"
SMALL: Final = 7.5
DPI: Final = 150

# DejaVu Sans comes with matplotlib, so every machine draws the same picture; the other
# names are for viewers of an SVG that lack it. SVG text stays text: it can be searched,
# copied and read aloud, and the file is smaller than with outlines.
STYLE: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9,
    "text.color": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.h_pad": 0.07,
    "figure.constrained_layout.w_pad": 0.07,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    # A name with a dollar sign is a name, not a formula.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "digitlab",
}
_ONE_AT_A_TIME = RLock()

P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run `draw` under our style over matplotlib's defaults, and put the caller's settings back.

    The caller's own rcParams do not reach the picture, so the same arrays give the same
    bytes. rcParams belong to the whole process, hence one picture at a time.
    """

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with _ONE_AT_A_TIME, context(["default", STYLE]):
            return draw(*args, **kwargs)

    return in_style


def new_axes(width: float, height: float) -> Axes:
    """Return the Axes of a new figure of `width` x `height` inches, margins fitted to what is drawn."""
    return Figure(figsize=(width, height), dpi=DPI, layout="compressed").add_subplot()


def size_inches(ax: Axes) -> tuple[float, float]:
    """Return the width and height of `ax` before its margins are fitted."""
    return ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi


def write_title(ax: Axes, title: str | None, pad: float | None = None) -> None:
    """Write a title, broken into lines where the figure is too narrow for it."""
    title = title or ""
    # Breaking lines measures every text with two dollar signs as a formula, whatever parse_math says.
    ax.set_title(title, pad=pad, wrap="$" not in title)


def colour_bar(image: ScalarMappable, ax: Axes, label: str, **options: Any) -> Colorbar:
    """Add a colour bar without a frame to the figure of `ax`."""
    bar = ax.figure.colorbar(image, ax=ax, **options)
    bar.set_label(label, size=8)
    bar.outline.set_visible(False)
    return bar


def readable_on(rgba: NDArray[np.float64]) -> str:
    """Return the ink with more contrast on a colour, by WCAG's relative luminance."""
    luminance = np.dot([0.2126, 0.7152, 0.0722], np.power(rgba[:3], 2.2))
    return "white" if luminance < 0.18 else "black"
