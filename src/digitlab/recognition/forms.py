"""What a form or a school book has printed, taken away: ruled lines, grids, boxes and combs."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.recognition.heights import usual_height
from digitlab.recognition.strokes import EIGHT, stroke_width

__all__ = ["without_forms"]

Bitmap = NDArray[np.bool_]
Parts = NDArray[np.intp]

# A ruled line is made of runs this long, as a share of the picture's side and in widths of strokes, and is in
# all at least that long.
SHORTEST_RUN, RUN_STROKES, SHORTEST_LINE = 1 / 40, 2.5, 1 / 5

# No digit's bar is as long, in heights of digits; nor is a 1 as high.
LEVEL_LENGTH, UPRIGHT_LENGTH = 2.0, 1.5

# A divider of a comb stands on a line and is higher than a digit, or only a tick.
DIVIDER, TICK = 1.15, 0.6

# Off a straight line by so much of its length, or so thick, a stroke is drawn by hand.
STRAIGHT, THICKEST = 0.02, 1 / 15

# The sides of a box lie in so much of it at its edges, and cover so much of their length.
BAND, COVERED = 0.1, 0.85
SMALLEST_BOX = 16


def without_forms(ink: Bitmap) -> Bitmap:
    """Return the ink without ruled lines, grids, boxes and combs; all of it if nothing else is there.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is.
    """
    everything, ink = ink, ink & ~_boxes(ink)
    level, upright = _lines(ink), _lines(ink.T).T
    height = usual_height(_without_upright(ink & ~_drawn(level)))
    level, upright = _longer(level, LEVEL_LENGTH * height, 1), _longer(upright, UPRIGHT_LENGTH * height, 0)
    lines = _drawn(level) | _drawn(upright)
    rest = ink & ~(lines & ~_crossings(ink, lines, aslant=True))
    rest = rest & ~_dividers(rest, _drawn(level), height)
    return rest if rest.any() else everything


def _lines(ink: Bitmap) -> Parts:
    """Return the numbers of straight, nearly level lines, 0 where there is none."""
    width = ink.shape[1]
    runs = _long_runs(ink, max(8, int(width * SHORTEST_RUN), int(RUN_STROKES * stroke_width(ink))))
    parts, count = ndimage.label(runs, EIGHT)
    lines = np.zeros_like(parts)
    for number, rows, start, stop in _extents(parts, count):
        if stop - start > SHORTEST_LINE * width:
            lines[rows, start:stop][_straight(parts[rows, start:stop] == number)] = number
    return np.asarray(lines)


def _extents(parts: Parts, count: int) -> Iterator[tuple[int, slice, int, int]]:
    for number, (rows, columns) in enumerate(ndimage.find_objects(parts, count), start=1):
        yield number, rows, columns.start, columns.stop


def _long_runs(ink: Bitmap, length: int) -> Bitmap:
    """Return the ink that lies in level runs of at least `length` pixels."""
    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    long = stops - starts >= length
    marks = np.zeros((ink.shape[0], ink.shape[1] + 1), np.int8)
    marks[rows[long], starts[long]] = 1
    marks[rows[long], stops[long]] = -1
    return np.asarray(marks.cumsum(axis=1)[:, :-1] > 0)


def _straight(part: Bitmap) -> Bitmap:
    """Return the thin, straight, nearly level line in a part; nothing if it is no such line."""
    columns = np.flatnonzero(part.any(axis=0))
    counts = part[:, columns].sum(axis=0)
    thickness = float(np.median(counts))
    thin = counts <= 1.5 * thickness
    middle = (np.arange(len(part)) @ part[:, columns]) / counts
    slope, start = np.polyfit(columns[thin], middle[thin], 1)
    off = np.abs(middle - slope * columns - start)[thin]
    length = part.shape[1]
    if np.median(off) > max(1.0, STRAIGHT * length) or thickness > max(3.0, length * THICKEST):
        return np.zeros_like(part)
    down = np.arange(len(part))[:, None] - slope * np.arange(length) - start
    return np.asarray(part & (np.abs(down) <= thickness / 2 + np.percentile(off, 90) + 1))


def _drawn(lines: Parts) -> Bitmap:
    """Return the lines, thickened by the pixels at their edges that no run had."""
    return ndimage.binary_dilation(lines > 0, EIGHT) if lines.any() else lines > 0


def _without_upright(ink: Bitmap) -> Bitmap:
    """Return the ink without parts that are upright lines alone, which tell no digit's height."""
    parts, count = ndimage.label(ink, EIGHT)
    wide = [stop - start > (rows.stop - rows.start) / 5 for _, rows, start, stop in _extents(parts, count)]
    return np.array([False, *wide])[parts] if any(wide) else ink


def _longer(lines: Parts, length: float, axis: int) -> Parts:
    """Return the lines that are longer than `length` along an axis."""
    places = ndimage.find_objects(lines)
    long = [box is not None and box[axis].stop - box[axis].start > length for box in places]
    return np.where(np.array([False, *long])[lines], lines, 0)


def _crossings(ink: Bitmap, lines: Bitmap, *, aslant: bool) -> Bitmap:
    """Return where strokes go on at both sides of a line: straight across, or also aslant."""
    if not lines.any():
        return lines
    thickness = 2 + int(2 * ndimage.distance_transform_cdt(np.pad(lines, 1)).max())
    across = np.ones((1, 2 * thickness + 1 if aslant else 1), bool)
    found = np.zeros_like(lines)
    for axis, along in enumerate((across, across.T)):
        others = ndimage.binary_dilation(ink & ~lines, along)
        above, below = (_reached(others, lines, thickness, step, axis) for step in (1, -1))
        found |= lines & ink & above & below
    return found


def _reached(others: Bitmap, lines: Bitmap, thickness: int, step: int, axis: int) -> Bitmap:
    """Return which pixels of lines lie in one direction from other ink, up to a line's thickness."""
    reached = others
    for _ in range(thickness):
        moved = np.roll(reached, step, axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
        moved[tuple(edge)] = False
        reached = reached | (moved & lines)
    return reached


def _dividers(rest: Bitmap, level: Bitmap, height: float) -> Bitmap:
    """Return the upright lines that stand on a level one: a comb's."""
    if not level.any():
        return level
    parts, count = ndimage.label(rest, EIGHT)
    near = np.unique(parts[ndimage.binary_dilation(level, EIGHT, iterations=2)])
    chosen = np.zeros(count + 1, bool)
    for number, rows, start, stop in _extents(parts, count):
        tall, wide = rows.stop - rows.start, stop - start
        is_line = number in near and wide < tall / 5 + 1
        chosen[number] = is_line and not TICK * height < tall < DIVIDER * height
    return np.asarray(chosen[parts])


def _boxes(ink: Bitmap) -> Bitmap:
    """Return the sides of boxes that have something in them."""
    sides = np.zeros_like(ink)
    parts, count = ndimage.label(ink, EIGHT)
    for number, rows, start, stop in _extents(parts, count):
        place = rows, slice(start, stop)
        part = parts[place] == number
        if min(part.shape) >= SMALLEST_BOX and _has_four_sides(part):
            frame = _frame(part)
            inside = ink[place] & ~frame
            if inside.sum() > 0.1 * frame.sum():
                sides[place] |= frame & ~_crossings(ink[place], frame, aslant=False)
    return sides


def _has_four_sides(part: Bitmap) -> bool:
    band = _band(part)
    covered = (
        part[:band].any(axis=0),
        part[-band:].any(axis=0),
        part[:, :band].any(axis=1),
        part[:, -band:].any(axis=1),
    )
    return bool(min(side.mean() for side in covered) > COVERED)


def _band(part: Bitmap) -> int:
    return max(4, int(BAND * min(part.shape)))


def _frame(part: Bitmap) -> Bitmap:
    """Return what of a part runs along its box, and the upright lines that divide it."""
    band = _band(part)
    edge = np.ones_like(part)
    edge[band:-band, band:-band] = False
    dividers = _long_runs(part.T, int(COVERED * part.shape[0])).T
    return part & (edge | dividers)
