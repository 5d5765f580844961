"""Several digits in one picture: its ink cut into digits, in the order of reading."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.data.framing import Box, Geometry
from digitlab.errors import PictureError
from digitlab.recognition.forms import without_forms
from digitlab.recognition.ink import Found, Steps, find_ink
from digitlab.recognition.lattice import Runs, best_path
from digitlab.recognition.lines import TextLine, text_lines
from digitlab.recognition.pieces import Pieces, pieces_of
from digitlab.recognition.strokes import EIGHT
from digitlab.recognition.wholeness import DIGIT, SIGN, wholeness

__all__ = ["WEIGHTS", "Part", "cut_ink", "evidence", "found_ink"]

Bitmap = NDArray[np.bool_]

# All ink is looked at, in a picture large enough for a line of small digits.
EVERYTHING = Steps(lines=False, strays=False, closer=False)
MOST_SIDE = 1200

# No digit has fewer rows of pixels of the picture, not even in the smallest of fonts.
FEWEST_ROWS = 5

# A part whose darkest spot is paler than this, of the usual, was not written with the same pen.
PALE = 0.5

# Nor was one smaller than this, as a share of the part that the middle pixel of all ink is in.
SPECK = 0.004

# What falls into more parts is a texture.
MOST_PARTS = 400

# No model is surer than this that something is not so.
LEAST = 1e-5

# How much it weighs against a run of pieces that it is a digit more; that the model is unsure which, and that
# it looks like no whole digit, both in nats; how far it was cut from others, in widths of strokes; how wide a
# gap it has, in heights of digits; how many tall parts it has beyond one; how far it stays below half of that
# height; that it is a sign more, and that it looks like none. Chosen by hand on validation strings and single
# validation digits, beginning from what `benchmarks/wholeness.py weights` fits.
WEIGHTS = {
    "digit": -2.5,
    "unsure": 2.0,
    "unlike": 0.57,
    "cut": 1.2,
    "gap": 9.3,
    "parts": 3.2,
    "low": 10.0,
    "sign": -1.6,
    "unlike a sign": 0.9,
}

Confidence = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""Of pixels (n, h, w), the probability of each one's likeliest digit, (n,)."""


@dataclass(frozen=True)
class Part:
    """One digit of a picture.

    Parameters
    ----------
    ink : bool (h, w)
        Its own ink; a neighbour's in the same box is not there.
    box
        Where it lies in what was cut, in its pixels.
    line
        In which line of text, from 0.
    """

    ink: Bitmap
    box: Box
    line: int


def found_ink(picture: NDArray[np.uint8]) -> Found:
    """Find the ink of a picture, uint8 (h, w, 3), without specks and what is printed on a form.

    Raises
    ------
    PictureError
        If it is in too many parts to be digits.
    """
    found = find_ink(picture, steps=EVERYTHING, most_side=MOST_SIDE)
    ink = without_forms(_written(found.kept, found.ink))
    ink &= ink.any(axis=1).sum() > (FEWEST_ROWS - 0.5) * found.scale
    parts = ndimage.label(ink, EIGHT)[1]
    if parts > MOST_PARTS:
        raise PictureError(
            f"The picture has {parts:,} separate pieces of ink, and at most {MOST_PARTS} are read as digits. "
            "Nothing was read; cut out the part of it with the digits."
        )
    return replace(found, kept=ink)


def _written(found: Bitmap, ink: NDArray[Any]) -> Bitmap:
    """Return the parts as strong and not much smaller than those with most ink: no pale grid, no specks."""
    parts, count = ndimage.label(found, EIGHT)
    if not count:
        return found
    strengths = ndimage.maximum(ndimage.uniform_filter(ink, 3), parts, np.arange(count + 1))
    sizes = np.bincount(parts.ravel())
    own = parts[found]
    kept = (strengths > PALE * np.median(strengths[own])) & (sizes > SPECK * np.median(sizes[own]))
    kept[0] = False
    return np.asarray(kept[parts])


def cut_ink(ink: Bitmap, geometry: Geometry, confidence: Confidence) -> list[Part]:
    """Cut ink into digits, from left to right and line by line; signs between them are left out.

    Parameters
    ----------
    ink : bool (h, w)
        As `found_ink` returns it.
    geometry
        How the model's training data were made.
    confidence
        What the model says of pixels.
    """
    return [
        part
        for number, line in enumerate(text_lines(ink))
        for part in _digits(line, number, geometry, confidence)
    ]


def _digits(line: TextLine, number: int, geometry: Geometry, confidence: Confidence) -> list[Part]:
    pieces = pieces_of(line)
    owner = _lifted(pieces, _owners(Runs(pieces), geometry, confidence), line.ink)
    return [
        _part(owner[place] == digit, place, line, number)
        for digit, place in enumerate(ndimage.find_objects(owner), start=1)
        if place is not None
    ]


def _owners(runs: Runs, geometry: Geometry, confidence: Confidence) -> NDArray[np.intp]:
    """Return the digit that each piece belongs to, from 1, and 0 for signs: (1 + pieces,), by label."""
    scores = -evidence(runs, confidence(runs.pixels(geometry))) @ np.array(list(WEIGHTS.values()))
    digits, signs = np.where(runs.may_be_signs, scores.T, [scores[:, 0], np.full(len(scores), -np.inf)])
    owners = np.zeros(runs.ends.max() + 1, np.intp)
    chosen = best_path(runs.ends, np.maximum(digits, signs))
    for digit, run in enumerate((run for run in chosen if digits[run] >= signs[run]), start=1):
        start, stop = runs.ends[run]
        owners[start + 1 : stop + 1] = digit
    return owners


def evidence(runs: Runs, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what speaks against each run as a digit and as a sign, float64 (m, 2, len(WEIGHTS)).

    Parameters
    ----------
    runs
        Of a line.
    confidence : float64 (m,)
        How sure the model is which digit each is.
    """
    found = np.zeros((len(confidence), 2, len(WEIGHTS)))
    seen = wholeness(runs.views())
    found[:, 0, 0] = found[:, 1, -2] = 1
    found[:, 0, 1] = _nats(confidence)
    found[:, 0, 2], found[:, 1, -1] = _nats(seen[:, DIGIT]), _nats(seen[:, SIGN])
    found[:, 0, 3:-2] = runs.features()
    return found


def _nats(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    return -np.log(np.maximum(probability, LEAST))


def _lifted(pieces: Pieces, owners: NDArray[np.intp], ink: Bitmap) -> NDArray[np.intp]:
    """Return the owner of each pixel of a line, as that of the nearest pixel that was given to one."""
    nearest = ndimage.distance_transform_edt(pieces.labels == 0, return_distances=False, return_indices=True)
    small = owners[pieces.labels[tuple(nearest)]]
    height, width = ink.shape
    resized = Image.fromarray(small.astype(np.int32)).resize((width, height), Image.Resampling.NEAREST)
    return np.where(ink, np.asarray(resized), 0)


def _part(ink: Bitmap, place: Any, line: TextLine, number: int) -> Part:
    rows, columns = place
    top, left = rows.start + line.top, columns.start + line.left
    return Part(ink, (top, left, top + len(ink), left + ink.shape[1]), number)
