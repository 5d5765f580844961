"""Pieces of a line of text: more than it has digits, each a digit or a part of one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.recognition.heights import BROKEN_GAP
from digitlab.recognition.lines import TextLine
from digitlab.recognition.seams import cut_by_seams
from digitlab.recognition.strokes import EIGHT, stroke_width

__all__ = ["HEIGHT", "Pieces", "pieces_of"]

Bitmap = NDArray[np.bool_]
Labels = NDArray[np.intp]

# Lines are cut at this height of their digits, in pixels: fine enough for a stroke's width.
HEIGHT = 48

# A part narrower than this, in heights of digits, is not two digits, and one wider than that none at all.
NARROW, WIDE = 0.4, 12

# A part lower than this may be a piece of a broken line.
LOW = 0.45


@dataclass(frozen=True)
class Pieces:
    """What a line falls into, from left to right.

    Parameters
    ----------
    labels : intp (h, w)
        1 to n; 0 is paper. Digits are about `HEIGHT` pixels high.
    parts : intp (n,)
        Which connected part of the ink each piece was cut from.
    contacts : float64 (n, n)
        How far two pieces touch, in widths of strokes.
    stroke
        The width of strokes, in pixels.
    """

    labels: Labels
    parts: Labels
    contacts: NDArray[np.float64]
    stroke: float


def pieces_of(line: TextLine) -> Pieces:
    """Cut a line wherever a digit may end."""
    ink = _scaled(line.ink, HEIGHT / line.height)
    stroke = max(1.0, stroke_width(ink))
    parts = _mended(ink, stroke)
    pieces = np.zeros_like(parts)
    origin: list[int] = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(parts), start=1):
        part = parts[rows, columns] == number
        cut = np.zeros(part.shape, np.intp)
        if NARROW * HEIGHT < part.shape[1] < WIDE * HEIGHT:
            cut = cut_by_seams(part, stroke, HEIGHT)
        found, cut = np.unique(cut[part], return_inverse=True)
        pieces[rows, columns][part] = cut + 1 + len(origin)
        origin += [number] * len(found)
    labels, order = _left_to_right(pieces)
    contacts = _contacts(labels, len(order)) / stroke
    return Pieces(labels, np.array(origin, np.intp)[order], contacts, stroke)


def _scaled(ink: Bitmap, scale: float) -> Bitmap:
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    resized = Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    scaled = np.asarray(resized) > 0.5
    return np.asarray(scaled if scaled.any() else np.ones((height, width), bool))


def _mended(ink: Bitmap, stroke: float) -> Labels:
    """Return numbers of the connected parts; small ones take that of the one part that they nearly touch."""
    parts, count = ndimage.label(ink, EIGHT)
    reach = int(np.ceil(BROKEN_GAP * stroke))
    same = np.arange(count + 1)
    for number, (rows, columns) in enumerate(ndimage.find_objects(parts), start=1):
        if rows.stop - rows.start < LOW * HEIGHT:
            wide = tuple(slice(max(0, side.start - reach), side.stop + reach) for side in (rows, columns))
            around = parts[wide]
            near = ndimage.distance_transform_edt(around != number) <= BROKEN_GAP * stroke
            others = np.setdiff1d(np.unique(same[around[near]]), [0, same[number]])
            if len(others) == 1:
                same[same == same[number]] = others[0]
    _, compact = np.unique(same, return_inverse=True)
    return np.asarray(compact[parts])


def _left_to_right(pieces: Labels) -> tuple[Labels, Labels]:
    """Return the pieces numbered by the middle of their boxes, from 1, and the order."""
    middles = [columns.start + columns.stop for _, columns in ndimage.find_objects(pieces)]
    order = np.argsort(middles, kind="stable")
    rank = np.zeros(len(order) + 1, np.intp)
    rank[order + 1] = np.arange(1, len(order) + 1)
    return rank[pieces], order


def _contacts(labels: Labels, count: int) -> NDArray[np.float64]:
    """Return at how many pixels, seen from either and averaged, each piece touches each other one."""
    touching = np.zeros((count + 1, count + 1))
    padded = np.pad(labels, 1)
    around = np.stack([padded[1:-1, 2:], padded[1:-1, :-2], padded[2:, 1:-1], padded[:-2, 1:-1]])
    for other in range(1, count + 1):
        touching[other] = np.bincount(labels[(around == other).any(axis=0)], minlength=count + 1)
    np.fill_diagonal(touching, 0)
    return (touching + touching.T)[1:, 1:] / 2
