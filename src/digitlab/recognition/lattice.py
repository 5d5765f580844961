"""All ways to put a line's pieces together, what speaks for each, and the best of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.data.framing import Geometry, framed
from digitlab.recognition.pieces import HEIGHT, Pieces
from digitlab.recognition.strokes import with_width

__all__ = ["VIEW", "Runs", "best_path"]

Bitmap = NDArray[np.bool_]
Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

# No digit is cut into more pieces, and none is wider, in heights of digits.
MOST_PIECES, WIDEST = 8, 1.8

# A view shows so many pixels, of which a digit's height takes so many; what else is there is paler.
VIEW, VIEWED_HEIGHT, OTHERS = (32, 32), 20, 96

# A part at least so high, in heights of digits, is more than a broken-off piece.
TALL = 0.6

# Few digits are lower than this, in heights of their line's.
LOWEST = 0.5


@dataclass(frozen=True)
class Runs:
    """Pieces next to each other that together may be one digit, or one sign.

    Parameters
    ----------
    pieces
        Of the line.
    """

    pieces: Pieces

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """The first piece of each run and the first one after it, intp (m, 2)."""
        count = len(self._boxes)
        likely = [
            (start, stop)
            for start in range(count)
            for stop in range(start + 1, min(count, start + MOST_PIECES) + 1)
            if stop == start + 1 or self._wide(start, stop) < WIDEST * HEIGHT
        ]
        return np.array(likely, np.intp)

    @cached_property
    def may_be_signs(self) -> NDArray[np.bool_]:
        """Whether each run is one connected part, all of it."""
        parts = self.pieces.parts
        return np.array(
            [
                (parts[start:stop] == parts[start]).all() and (parts == parts[start]).sum() == stop - start
                for start, stop in self.ends
            ]
        )

    def pixels(self, geometry: Geometry) -> Pixels:
        """Return each run as a model reads it, uint8 (m, h, w)."""
        return np.stack([self._framed(start, stop, geometry) for start, stop in self.ends])

    def views(self) -> Pixels:
        """Return each run among its neighbours, all at one scale, uint8 (m, 32, 32); the others are grey."""
        side = round(VIEW[0] * HEIGHT / VIEWED_HEIGHT)
        around = np.pad(self.pieces.labels, side)
        return np.stack([self._view(around, side, start, stop) for start, stop in self.ends])

    def features(self) -> Floats:
        """Return what of a run's shape is measured: see `WEIGHTS` of `segments`, float64 (m, 4)."""
        return np.array([self._measured(start, stop) for start, stop in self.ends])

    @cached_property
    def _boxes(self) -> NDArray[np.intp]:
        """Top, left, bottom and right of each piece, (n, 4)."""
        places = ndimage.find_objects(self.pieces.labels)
        return np.array([(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in places])

    @cached_property
    def _heights(self) -> dict[int, int]:
        """How high each connected part is."""
        parts, boxes = self.pieces.parts, self._boxes
        return {
            int(part): int(boxes[parts == part, 2].max() - boxes[parts == part, 0].min())
            for part in np.unique(parts)
        }

    def _box(self, start: int, stop: int) -> tuple[int, int, int, int]:
        own = self._boxes[start:stop]
        top, left = own[:, :2].min(axis=0)
        bottom, right = own[:, 2:].max(axis=0)
        return int(top), int(left), int(bottom), int(right)

    def _wide(self, start: int, stop: int) -> int:
        _, left, _, right = self._box(start, stop)
        return right - left

    def _high(self, start: int, stop: int) -> int:
        top, _, bottom, _ = self._box(start, stop)
        return bottom - top

    def _framed(self, start: int, stop: int, geometry: Geometry) -> Pixels:
        top, left, bottom, right = self._box(start, stop)
        labels = self.pieces.labels[top:bottom, left:right]
        # Doubled, for a single row of pixels can fall between two of a model's.
        ink = ((labels > start) & (labels <= stop)).repeat(2, axis=0).repeat(2, axis=1)
        scale = geometry.box / max(ink.shape)
        low, usual, high = (width / scale for width in geometry.stroke)
        return framed(ink if low <= 2 * self.pieces.stroke <= high else with_width(ink, usual), geometry)

    def _view(self, around: NDArray[np.intp], side: int, start: int, stop: int) -> Pixels:
        top, left, bottom, right = self._box(start, stop)
        down, across = (top + bottom + side) // 2, (left + right + side) // 2
        labels = around[down : down + side, across : across + side]
        grey = np.where((labels > start) & (labels <= stop), 255, np.where(labels > 0, OTHERS, 0))
        return np.asarray(Image.fromarray(grey.astype(np.uint8)).resize(VIEW, Image.Resampling.BOX))

    def _measured(self, start: int, stop: int) -> list[float]:
        own = slice(start, stop)
        outside = np.ones(len(self._boxes), bool)
        outside[own] = False
        return [
            self.pieces.contacts[own][:, outside].sum() / 2,
            self._gap(start, stop),
            self._tall_parts(start, stop) - 1.0,
            max(0.0, LOWEST - self._high(start, stop) / HEIGHT),
        ]

    def _gap(self, start: int, stop: int) -> float:
        """Return the widest paper from top to bottom between pieces, in heights of digits."""
        boxes = self._boxes[start:stop]
        boxes = boxes[np.argsort(boxes[:, 1], kind="stable")]
        gaps = boxes[1:, 1] - np.maximum.accumulate(boxes[:, 3])[:-1]
        return max(0, int(gaps.max(initial=0))) / HEIGHT

    def _tall_parts(self, start: int, stop: int) -> int:
        parts = np.unique(self.pieces.parts[start:stop])
        return max(1, sum(self._heights[int(part)] > TALL * HEIGHT for part in parts))


def best_path(ends: NDArray[np.intp], scores: Floats) -> list[int]:
    """Return which runs, in their order, take up every piece once with the greatest sum of scores.

    Parameters
    ----------
    ends : intp (m, 2)
        The first piece of each run and the first one after it.
    scores : float64 (m,)
        Of each run.
    """
    last_end = int(ends[:, 1].max())
    total = np.full(last_end + 1, -np.inf)
    total[0] = 0
    last = np.full(last_end + 1, -1)
    for run in np.argsort(ends[:, 0], kind="stable"):
        start, stop = ends[run]
        if total[start] + scores[run] > total[stop]:
            total[stop], last[stop] = total[start] + scores[run], run
    chosen: list[int] = []
    while last_end:
        chosen.append(int(last[last_end]))
        last_end = int(ends[chosen[-1], 0])
    return chosen[::-1]
