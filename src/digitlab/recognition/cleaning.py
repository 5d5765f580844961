"""What is no digit, taken away: ruled lines, boxes to write in, specks, neighbours cut off by the border."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.data.framing import box_of
from digitlab.recognition.strokes import EIGHT

__all__ = ["inside", "without_frames", "without_lines", "without_strays"]

Bitmap = NDArray[np.bool_]

# A ruled line has ink on so much of its way, begins and ends so near to the borders, and is this thin.
LINE_COVER, LINE_END, LINE_THICKNESS = 0.65, 0.03, 0.04
STEEPEST, SLOPES = 0.08, 17

# It reaches beyond all other ink by this share of the picture on each side.
BEYOND = 0.04

# A box to write in has lines along this share of two sides or more, no further in than that; the picture's
# border cuts off the others. Lines are thin, and made of runs of ink so long, all as shares of a side.
FRAME_COVER, FRAME_DEPTH, FRAME_LINE, FRAME_RUN = 0.65, 0.12, 0.08, 0.2

# Of the largest part's ink: below it a part is a speck, or at the border a neighbour's.
SPECK, INTRUDER = 0.03, 0.35

# A part smaller than this, of the largest, belongs to it if it is nearer than so many of its lengths.
SMALL, NEAR = 0.3, 0.4

# How far, as a share of the picture's side, a neighbour reaches in.
REACH = 0.2


def without_lines(ink: Bitmap) -> Bitmap:
    """Return the ink, bool (h, w), without ruled lines, level or upright, but with what crosses them."""
    lines = _level_lines(ink) | _level_lines(ink.T).T
    rest = ink & ~ndimage.binary_dilation(lines, EIGHT)
    if not lines.any() or not rest.any() or not _stands_free(without_strays(rest)):
        return ink
    return np.asarray(ink & ~(lines & ~_crossings(ink, lines)))


def without_frames(ink: Bitmap) -> Bitmap:
    """Return the ink, bool (h, w), without a box that was printed around what was written."""
    parts, _ = ndimage.label(ink, EIGHT)
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        frame = _frame(parts[box] == number, _cut_off(box, ink.shape))
        others = ink[box] & ~ndimage.binary_dilation(frame, EIGHT)
        if frame.any() and others.sum() > SPECK * frame.sum():
            ink = ink.copy()
            ink[box] &= ~(frame & ~_crossings(ink[box], frame))
    return ink


def without_strays(ink: Bitmap) -> Bitmap:
    """Return the ink, bool (h, w), without specks and without what reaches in from the border."""
    parts, count = ndimage.label(ink, EIGHT)
    if count < 2:
        return ink
    sizes, boxes = np.bincount(parts.ravel())[1:], ndimage.find_objects(parts)
    inside = np.array([not _is_stray(box, ink.shape) for box in boxes])
    main = int(np.argmax(np.where(inside, sizes, 0) if inside.any() else sizes))
    largest = sizes[main]
    near = np.array([_gap(box, boxes[main]) < NEAR * _length(boxes[main]) for box in boxes])
    keep = (sizes >= SPECK * largest) & (inside | (near & (sizes >= INTRUDER * largest)))
    keep &= near | (sizes >= SMALL * largest)
    return np.asarray(np.concatenate([[False], keep])[parts])


def inside(ink: Bitmap) -> Bitmap:
    """Return the parts of ink, bool (h, w), that the picture's border does not cut off."""
    parts, _ = ndimage.label(ink, EIGHT)
    cut = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    return np.asarray(ink & ~np.isin(parts, cut))


def _level_lines(ink: Bitmap) -> Bitmap:
    """Return where thin lines run from side to side, at any slope up to `STEEPEST`."""
    height, width = ink.shape
    thickest = max(2, round(LINE_THICKNESS * height))
    thick = ndimage.binary_opening(ink, np.ones((thickest + 1, 1), dtype=bool))
    thin = ink & ~thick
    lines = np.zeros_like(ink)
    if thin.any(axis=0).mean() < LINE_COVER:
        return lines
    columns, edge = np.arange(width), max(1, round(LINE_END * width))
    for slope in np.linspace(-STEEPEST, STEEPEST, SLOPES):
        rows = (np.arange(height)[:, None] + np.rint(slope * (columns - width / 2)).astype(int)) % height
        along = ndimage.maximum_filter1d(thin[rows, columns], 3, axis=0)
        ends = along[:, :edge].any(axis=1) & along[:, -edge:].any(axis=1)
        for row in np.flatnonzero(ends & (along.mean(axis=1) >= LINE_COVER)):
            for near in range(-thickest, thickest + 1):
                place = (rows[row] + near) % height
                lines[place, columns] |= thin[place, columns]
    return lines


def _stands_free(rest: Bitmap) -> bool:
    """Return whether the rest keeps away from two borders that face each other: those that lines run to."""
    height, width = rest.shape
    top, left, bottom, right = box_of(rest)
    aside = left > BEYOND * width and right < (1 - BEYOND) * width
    return bool(aside or (top > BEYOND * height and bottom < (1 - BEYOND) * height))


def _cut_off(box: tuple[slice, ...], shape: tuple[int, ...]) -> list[bool]:
    """Return which sides of a part lie on the picture's border: top, bottom, left, right."""
    ends = [(side.start == 0, side.stop == length) for side, length in zip(box, shape, strict=True)]
    return [end for pair in ends for end in pair]


def _frame(part: Bitmap, cut_off: list[bool]) -> Bitmap:
    """Return the sides of a part that is a box, without what touches them; nothing where it is none."""
    sides = [_side(np.rot90(part, turns)) for turns in (0, 2, 3, 1)]
    frame = np.zeros_like(part)
    drawn = [bool(side.any()) for side in sides]
    if sum(drawn) < 2 or not all(np.logical_or(drawn, cut_off)):
        return frame
    for side, turns in zip(sides, (0, 2, 3, 1), strict=True):
        frame |= np.rot90(side, -turns)
    return frame


def _side(part: Bitmap) -> Bitmap:
    """Return the thin line along a part's upper side; nothing if there is none."""
    height, width = part.shape
    depth = max(2, round(FRAME_DEPTH * height))
    runs = np.zeros_like(part)
    runs[:depth] = ndimage.binary_opening(part[:depth], np.ones((1, max(3, round(FRAME_RUN * width))), bool))
    covered = runs.any(axis=0)
    thickness = np.median(runs[:, covered].sum(axis=0)) if covered.any() else 0
    if covered.mean() < FRAME_COVER or thickness > max(3, FRAME_LINE * max(part.shape)):
        return np.zeros_like(part)
    # The edges of a slanting line are in no long run.
    return np.asarray(part & ndimage.binary_dilation(runs, EIGHT))


def _crossings(ink: Bitmap, lines: Bitmap) -> Bitmap:
    """Return where lines lie between other ink on both of their sides."""
    reach = 2 * max(2, round(LINE_THICKNESS * max(ink.shape)))
    others = ink & ~lines
    across = [
        ndimage.binary_closing(others, np.ones(shape, dtype=bool)) for shape in ((reach, 1), (1, reach))
    ]
    return np.asarray(lines & (across[0] | across[1]))


def _gap(one: tuple[slice, ...], other: tuple[slice, ...]) -> int:
    """Return how many rows or columns lie between two boxes, whichever are more."""
    return max(int(max(a.start - b.stop, b.start - a.stop, 0)) for a, b in zip(one, other, strict=True))


def _length(box: tuple[slice, ...]) -> int:
    return max(int(side.stop - side.start) for side in box)


def _is_stray(box: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    """Return whether a part hangs on the border and does not reach far in, or is a piece of line."""
    sides = list(zip(box, shape, strict=True))
    reaches_in = any(
        (side.start == 0 and side.stop < REACH * length)
        or (side.stop == length and side.start > (1 - REACH) * length)
        for side, length in sides
    )
    thin = min(side.stop - side.start for side in box) < LINE_THICKNESS * max(shape)
    return reaches_in or (thin and any(_cut_off(box, shape)))
