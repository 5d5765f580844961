"""What the first layer looks for: its weights as pictures, all on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import ConfigError
from digitlab.figures.checks import check_columns, check_count, weight_pictures
from digitlab.figures.mosaic import frame, label, mosaic, mosaic_axes
from digitlab.figures.style import INK, SMALL, colour_bar, new_axes, size_inches, styled, write_title

__all__ = [
    "WeightScale",
    "check_unit",
    "templates",
    "unit_closeup",
    "weight_image",
    "weight_scale",
    "weight_tiles",
]

PERCENTILE = 99.5
OUTLIER_RATIO = 1.5
BAR_GAP_INCHES = 0.1
BADGE_SIZE = 0.85 * SMALL


@dataclass(frozen=True)
class WeightScale:
    """The colours that all weights of one kernel share: from -limit over 0 to +limit.

    Attributes
    ----------
    limit : float
        Weight at which the colours end.
    largest : float
        Largest absolute weight; above `limit` when a few outliers are cut off.
    """

    limit: float
    largest: float

    @property
    def cut(self) -> bool:
        """Whether some weights lie beyond the colours' ends."""
        return self.largest > self.limit

    @property
    def colours(self) -> dict[str, Any]:
        """The arguments of `imshow`; masked cells stay paper white."""
        cmap = matplotlib.colormaps["RdBu_r"].with_extremes(bad="white")
        return {"cmap": cmap, "vmin": -self.limit, "vmax": self.limit, "interpolation": "none"}

    @property
    def extend(self) -> str:
        """Which ends of the colour bar are arrows."""
        return "both" if self.cut else "neither"

    @property
    def label(self) -> str:
        """What the colour bar says."""
        if not self.cut:
            return f"weight; colours end at ±{self.limit:.3g}, the largest |weight|"
        return (
            f"weight; colours end at ±{self.limit:.3g}, the {PERCENTILE}th\n"
            f"percentile of |weight| (the largest is {self.largest:.3g})"
        )


def weight_scale(kernel: NDArray[np.floating[Any]]) -> WeightScale:
    """Return the scale for all pictures of `kernel`.

    It ends at the largest absolute weight. If that is more than 1.5 times the 99.5th
    percentile, a few outliers would leave all else pale, and the scale ends at the
    percentile. Weights of exactly 0 (pixels without ink, which training never moved) do
    not count: they would pull the percentile down. A kernel of zeros gets a limit of 1.
    """
    sizes = np.abs(kernel[kernel != 0])
    if not sizes.size:
        return WeightScale(limit=1.0, largest=0.0)
    largest, usual = float(sizes.max()), float(np.percentile(sizes, PERCENTILE))
    return WeightScale(limit=usual if largest > OUTLIER_RATIO * usual else largest, largest=largest)


@styled
def weight_tiles(
    kernel: ArrayLike,
    image_shape: tuple[int, int],
    *,
    columns: int = 10,
    order: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    badges: Sequence[str] | None = None,
    colours: Sequence[str | None] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of each unit as a tile, upright like the digits, all on one scale.

    Parameters
    ----------
    kernel : array of float, shape (height * width, units)
        Weight of every pixel, row by row from the top left, for every unit.
    image_shape : (int, int)
        Height and width of the digits in pixels.
    columns : int
        Tiles in a row.
    order : sequence of int, optional
        The units to draw, first to last; all by number by default. The scale is the
        whole kernel's in any case.
    names : sequence of str, optional
        Name of every unit of the kernel; its number, from 0, by default.
    badges : sequence of str, optional
        A word for every unit of the kernel, written above its tile at the right.
    colours : sequence of str or None, optional
        The colour of every unit's badge, and of a heavy frame around its tile; None for a plain tile.
    title : str, optional
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the kernel does not fit `image_shape`, or is not finite.
    ConfigError
        If `order` names a unit that is not there, or `columns` is below 1.
    """
    pictures = weight_pictures(kernel, image_shape)
    check_columns(columns)
    shown = _units(order, len(pictures))
    names = [str(unit) for unit in range(len(pictures))] if names is None else names
    check_count(names, len(pictures), "names")
    words = [""] * len(pictures) if badges is None else badges
    check_count(words, len(pictures), "badges")
    paints = [None] * len(pictures) if colours is None else colours
    check_count(paints, len(pictures), "colours")
    scale = weight_scale(pictures)
    tiles = mosaic(pictures[shown], columns)
    ax, tiles = mosaic_axes(tiles, title, ax, below=0.75)
    image = ax.imshow(tiles.picture, **scale.colours)
    frame(ax, tiles, range(len(shown)))
    for tile, unit in enumerate(shown):
        label(ax, tiles, tile, names[unit])
        if words[unit]:
            colour = paints[unit] or INK
            label(ax, tiles, tile, words[unit], right=True, colour=colour, size=BADGE_SIZE)
    for colour in dict.fromkeys(paint for paint in (paints[unit] for unit in shown) if paint):
        frame(
            ax, tiles, [tile for tile, unit in enumerate(shown) if paints[unit] == colour], colour, width=1.6
        )
    gap = BAR_GAP_INCHES / size_inches(ax)[1]
    slim: dict[str, Any] = {"location": "bottom", "shrink": 0.7, "aspect": 45, "pad": gap}
    colour_bar(image, ax, scale.label, extend=scale.extend, **slim)
    return ax


def weight_image(
    kernel: ArrayLike, image_shape: tuple[int, int], *, columns: int = 10, enlarged: int = 2
) -> NDArray[np.uint8]:
    """Return the tiles of `weight_tiles` alone, without a word, for pages that show pictures pixel by pixel.

    Parameters
    ----------
    kernel, image_shape, columns
        As `weight_tiles`.
    enlarged : int
        Pixels to a side for each weight.

    Returns
    -------
    uint8 (h, w, 3)
        Red, green and blue; white between the tiles.

    Raises
    ------
    DataError, ConfigError
        As `weight_tiles`.
    """
    pictures = weight_pictures(kernel, image_shape)
    check_columns(columns)
    units, height, width = pictures.shape
    columns = min(columns, units)
    rows = -(-units // columns)
    cells = np.ma.zeros((rows * columns, height + 1, width + 1))
    cells[:] = np.ma.masked
    cells[:units, :height, :width] = pictures
    grid = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    whole = grid.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]
    scale = weight_scale(pictures)
    shares = (whole + scale.limit) / (2 * scale.limit)
    colours = scale.colours["cmap"](shares.clip(0, 1), bytes=True)[..., :3]
    return np.asarray(colours.repeat(enlarged, axis=0).repeat(enlarged, axis=1))


def templates(
    kernel: ArrayLike,
    image_shape: tuple[int, int],
    *,
    columns: int = 5,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the linear model's template of each class: ink on red speaks for it, on blue against it.

    Parameters, result and errors are those of `weight_tiles`; `kernel` has one column a
    class, and each tile bears the class's number.
    """
    return weight_tiles(kernel, image_shape, columns=columns, title=title, ax=ax)


@styled
def unit_closeup(
    kernel: ArrayLike,
    image_shape: tuple[int, int],
    unit: int,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of one unit large, on the scale that `weight_tiles` uses for all.

    Parameters
    ----------
    kernel : array of float, shape (height * width, units)
        Weight of every pixel, row by row from the top left, for every unit.
    image_shape : (int, int)
        Height and width of the digits in pixels.
    unit : int
        Number of the unit, from 0.
    title : str, optional
        In place of "unit 98 (units 0 to 99)".
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If the kernel does not fit `image_shape`, or is not finite.
    ConfigError
        If there is no such unit.
    """
    pictures = weight_pictures(kernel, image_shape)
    check_unit(unit, len(pictures))
    scale = weight_scale(pictures)
    ax = ax or new_axes(4.8, 4.0)
    image = ax.imshow(pictures[unit], **scale.colours)
    ax.spines[:].set_visible(True)
    ax.set(xlabel="pixel column", ylabel="pixel row")
    colour_bar(image, ax, scale.label, extend=scale.extend)
    write_title(ax, f"unit {unit} (units 0 to {len(pictures) - 1})" if title is None else title)
    return ax


def _units(order: Sequence[int] | None, units: int) -> list[int]:
    shown = list(range(units) if order is None else order)
    if not shown:
        raise ConfigError("order names no unit, so there is nothing to draw: leave it out to draw them all.")
    for unit in shown:
        check_unit(unit, units)
    return shown


def check_unit(unit: int, units: int) -> None:
    """Raise `ConfigError` if a layer of so many units has none of number `unit`."""
    if not 0 <= unit < units:
        raise ConfigError(
            f"There is no unit {unit}: this layer has {units} units, numbered from 0 to {units - 1}. "
            "Choose one of these."
        )
