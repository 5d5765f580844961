"""Lines of text: which ink of a picture stands in one row, from top to bottom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.recognition.heights import grouped, usual_height
from digitlab.recognition.strokes import EIGHT

__all__ = ["TextLine", "text_lines"]

Bitmap = NDArray[np.bool_]
Place = tuple[slice, slice]

# In heights of digits: what is lower makes no line, what is smaller both ways is a speck, what is farther
# from every line belongs to none, and what is higher than a digit may be two lines that nearly touch.
LOW, SPECK, FAR, TWO_LINES = 0.45, 0.08, 0.6, 1.6

# Less paper than this, in heights of the lower of two parts one over the other, is a crack in one digit.
CRACK = 0.2

# Digits lower than this, in pixels, cannot be told apart.
LOWEST = 6

# Two neighbours in a line share this much of the height of the lower one.
SHARED = 0.4


@dataclass(frozen=True)
class TextLine:
    """A row of digits.

    Parameters
    ----------
    ink : bool (h, w)
        Its ink alone, and its box as large as that.
    top, left
        Where the box lies in the picture.
    height
        The usual height of its digits, in pixels.
    """

    ink: Bitmap
    top: int
    left: int
    height: float


def text_lines(ink: Bitmap) -> list[TextLine]:
    """Return the rows of digits in a picture, top to bottom; not those too low to be read.

    A part goes to the row whose last part shares most of its height, so that rows may slant.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is; nothing but digits and what stands between them.
    """
    height = usual_height(ink)
    units = _units(ink, height)
    places: list[Place] = ndimage.find_objects(units)
    tall = [number for number, place in enumerate(places) if _tall(place) >= LOW * height]
    rows: list[list[int]] = []
    for number in sorted(tall, key=lambda number: places[number][1].start):
        _row_of(places[number], rows, places).append(number)
    rows.sort(key=lambda row: float(np.mean([_middle(places[number]) for number in row])))
    rows = _unbroken(rows, places)
    small = set(range(len(places))) - set(tall)
    for number in sorted(small):
        if max(_tall(places[number]), _wide(places[number])) >= SPECK * height:
            _join(number, rows, places, FAR * height, set(tall))
    lines = [_line(units, row, places) for row in rows]
    return [line for line in lines if line.height >= LOWEST]


def _units(ink: Bitmap, height: float) -> NDArray[np.intp]:
    """Return numbers of the groups of parts; parts of a group too high for one line each get their own."""
    groups = grouped(ink)
    high = [False, *(_tall(place) > TWO_LINES * height for place in ndimage.find_objects(groups))]
    parts, _ = ndimage.label(ink & np.array(high)[groups], EIGHT)
    both = np.where(parts > 0, parts + groups.max(initial=0), groups)
    numbers = np.unique(both[ink])
    return np.asarray(np.where(ink, np.searchsorted(numbers, both) + 1, 0))


def _row_of(place: Place, rows: list[list[int]], places: list[Place]) -> list[int]:
    """Return the row that a part goes on with, or a new one."""
    shares = [_shared(place, places[row[-1]]) for row in rows]
    if shares and max(shares) >= SHARED:
        return rows[int(np.argmax(shares))]
    rows.append([])
    return rows[-1]


def _unbroken(rows: list[list[int]], places: list[Place]) -> list[list[int]]:
    """Return the rows, those put together that are the upper and the lower part of one digit alone."""
    whole: list[list[int]] = []
    for row in rows:
        above = whole[-1] if whole else []
        if len(row) == len(above) == 1 and _is_below(places[row[0]], places[above[0]]):
            above += row
        else:
            whole.append(row)
    return whole


def _is_below(lower: Place, upper: Place) -> bool:
    """Return whether hardly any paper is between two parts, one under the other."""
    gap = lower[0].start - upper[0].stop
    both = min(lower[1].stop, upper[1].stop) - max(lower[1].start, upper[1].start)
    narrower = min(_wide(lower), _wide(upper))
    return bool(gap < CRACK * min(_tall(lower), _tall(upper)) and both > narrower / 2)


def _join(number: int, rows: list[list[int]], places: list[Place], limit: float, tall: set[int]) -> None:
    """Give a small part to the row of the digit nearest to it."""
    near = [(_apart(places[number], places[other]), row) for row in rows for other in row if other in tall]
    distance, row = min(near, key=lambda each: each[0])
    if distance <= limit:
        row.append(number)


def _apart(one: Place, other: Place) -> float:
    """Return how far apart two boxes are, what is above or below counting more than what is beside."""
    down, across = (max(0, a.start - b.stop, b.start - a.stop) for a, b in zip(one, other, strict=True))
    return float(np.hypot(2 * down, across / 2))


def _shared(one: Place, other: Place) -> float:
    both = min(one[0].stop, other[0].stop) - max(one[0].start, other[0].start)
    return float(both / min(_tall(one), _tall(other)))


def _line(units: NDArray[np.intp], row: list[int], places: list[Place]) -> TextLine:
    top, left = (min(places[number][axis].start for number in row) for axis in (0, 1))
    bottom, right = (max(places[number][axis].stop for number in row) for axis in (0, 1))
    ink = np.isin(units[top:bottom, left:right], np.array(row) + 1)
    height = usual_height(ink) if len(row) > 2 else float(bottom - top)
    return TextLine(ink, top, left, height)


def _tall(place: Place) -> int:
    return int(place[0].stop - place[0].start)


def _wide(place: Place) -> int:
    return int(place[1].stop - place[1].start)


def _middle(place: Place) -> float:
    return float(place[0].start + place[0].stop) / 2
