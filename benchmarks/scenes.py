"""A digit drawn on a screen, written on a page that is photographed, or scanned out of a form."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from papers import (
    BLACK_PENS,
    BOX_COLOURS,
    LINE_COLOURS,
    WHITE_PAPERS,
    Light,
    boxed,
    encoded,
    laid_on,
    on_a_table,
    photographed,
    ruled,
    textured,
    uneven,
)
from pens import Points, Rng, inked, written
from PIL import Image
from scipy import ndimage

Floats = NDArray[np.floating[Any]]
Subject = NDArray[np.uint8] | Sequence[Points]
"""Pixels as MNIST's, (28, 28), 255 for ink; or the strokes of `pens.written`."""

Colours = tuple[tuple[float, ...], ...]

# How far apart printed lines are, in heights of the digit.
PITCHES = {"ruled": (0.9, 1.5), "grid": (0.4, 0.8), "squared": (0.15, 0.35)}


def cover_of(
    subject: Subject, height: float, pen: tuple[float, float], rng: Rng, *, smooth: bool = True
) -> Floats:
    """Return how much of each pixel the ink covers, float (h, w), hardly any margin.

    Parameters
    ----------
    subject
        The digit.
    height
        In pixels, of strokes; of pixels, that of their square of 20x20.
    pen
        How wide strokes are at least and at most, as shares of the height.
    smooth
        Whether edges are anti-aliased.
    """
    if not isinstance(subject, np.ndarray):
        width = max(1.0, height * _between(pen, rng))
        return inked(subject, height - width, width, smooth=smooth)
    large = enlarged(subject, height / 20)
    inside = large > 0.1
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    crop = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return crop if smooth else np.asarray(crop > 0.5, np.float32)


def enlarged(pixels: NDArray[np.uint8], factor: float) -> Floats:
    """Return pixels made larger, smoothly, float (h, w) from 0 to 1."""
    height, width = (round(side * factor) for side in pixels.shape)
    large = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32) / 255


def drawing(
    subject: Subject,
    rng: Rng,
    *,
    paper: Colours = ((1.0,) * 3,),
    ink: Colours = ((0.0,) * 3,),
    pen: tuple[float, float] = (0.04, 0.12),
    smooth: bool = True,
    transparent: bool = False,
) -> bytes:
    """Draw with a round brush on a canvas of one colour, or on none."""
    side = int(rng.choice([140, 200, 280, 400, 560]))
    cover = cover_of(subject, side * rng.uniform(0.35, 0.8), pen, rng, smooth=smooth)
    shape = (max(side, cover.shape[0] + 4), max(side, cover.shape[1] + 4))
    place = _anywhere(shape, cover.shape, rng)
    colour = _one_of(ink, rng)
    if transparent:
        whole = laid_on(np.zeros((*shape, 1)), cover, (1.0,), place)
        return encoded(np.concatenate([np.ones((*shape, 3)) * colour, whole], axis=2))
    return encoded(laid_on(np.ones((*shape, 3)) * _one_of(paper, rng), cover, colour, place))


@dataclass(frozen=True)
class Page:
    """A page that is photographed; ranges are drawn from evenly, on a logarithmic scale.

    Parameters
    ----------
    height
        Of the digit, in pixels.
    room
        The picture's shorter side, in heights of the digit.
    pen
        Widths, in heights of the digit.
    papers, pens
        Their colours.
    lines
        "none", "ruled", "grid", "squared" (a narrow grid) or "box".
    table
        Whether the table that it lies on is seen all round.
    dry
        How much of the ink the paper's grain keeps away.
    light
        How it is taken.
    """

    height: tuple[float, float] = (110, 260)
    room: tuple[float, float] = (1.3, 2.6)
    pen: tuple[float, float] = (0.025, 0.12)
    papers: Colours = WHITE_PAPERS
    pens: Colours = BLACK_PENS
    lines: str = "none"
    table: bool = False
    dry: float = 0.15
    light: Light = field(default_factory=Light)

    def __call__(self, subject: Subject, rng: Rng) -> bytes:
        """Write the digit on the page, and photograph it."""
        height = _between(self.height, rng)
        cover = cover_of(subject, height, self.pen, rng)
        longer = max(cover.shape)
        short = longer * _between(self.room, rng)
        shape = (round(short), round(short * rng.choice([1, 4 / 3, 3 / 4])))
        shape = (max(shape[0], round(1.2 * longer)), max(shape[1], round(1.2 * longer)))
        page = textured(shape, _one_of(self.papers, rng), rng)
        place = _anywhere(shape, cover.shape, rng, margin=0.12)
        page = self._printed(page, longer, place, cover.shape, rng)
        page = laid_on(page, uneven(cover, rng, self.dry), _one_of(self.pens, rng), place)
        return photographed(on_a_table(page, rng) if self.table else page, longer, self.light, rng)

    def _printed(
        self, page: Floats, height: float, place: tuple[int, int], size: tuple[int, ...], rng: Rng
    ) -> Floats:
        if self.lines == "none":
            return page
        shape = page.shape[0], page.shape[1]
        if self.lines == "box":
            box = _around(place, size, height, rng)
            lines = boxed(shape, box, max(1, round(height * rng.uniform(0.01, 0.03))))
            return laid_on(page, lines, _one_of(BOX_COLOURS, rng), (0, 0))
        lines = ruled(shape, height * rng.uniform(*PITCHES[self.lines]), rng, grid=self.lines != "ruled")
        return laid_on(page, lines, _one_of(LINE_COLOURS, rng), (0, 0))


def scan(
    subject: Subject,
    rng: Rng,
    *,
    margin: tuple[float, float] = (0.1, 0.4),
    pen: tuple[float, float] = (0.035, 0.1),
    pens: Colours = BLACK_PENS,
    paper: Colours = ((0.97,) * 3,),
    dry: float = 0.1,
    strays: str = "none",
) -> bytes:
    """Scan a cell of a form; `strays` are "none", "specks", "neighbours", "box" (the digit may touch it)."""
    cover = cover_of(subject, _between((50, 130), rng), pen, rng)
    longer = max(cover.shape)
    top, left, bottom, right = (round(longer * rng.uniform(*margin)) for _ in range(4))
    shape = (cover.shape[0] + top + bottom, cover.shape[1] + left + right)
    page = textured(shape, _one_of(paper, rng), rng, 0.5)
    ink = _one_of(pens, rng)
    page = laid_on(page, uneven(cover, rng, dry), ink, (top, left))
    if strays == "box":
        box = _around((top, left), cover.shape, longer, rng, (0.0, 0.15))
        lines = boxed(shape, box, max(1, round(longer * rng.uniform(0.01, 0.04))))
        page = laid_on(page, lines, _one_of(BOX_COLOURS, rng), (0, 0))
    if strays == "specks":
        page = laid_on(page, _specks(shape, longer, rng), ink, (0, 0))
    if strays == "neighbours":
        page = _with_neighbours(page, longer, (left, right), ink, rng)
    soft = ndimage.gaussian_filter(page, (0.5, 0.5, 0)) + rng.normal(0, 0.008, page.shape)
    return encoded(soft if rng.random() < 0.5 else soft.mean(axis=2))


def bitmap(subject: Subject, rng: Rng, *, side: int, stretched: bool = False, levels: int = 2) -> bytes:
    """Scan into few pixels without a margin; `stretched` fills the square, whatever the digit's shape."""
    cover = cover_of(subject, 160, (0.05, 0.14), rng)
    height, width = (side, side) if stretched else _fitted(cover.shape, side)
    small = np.asarray(Image.fromarray(cover).resize((width, height), Image.Resampling.BOX))
    cut = small > 0.4 if levels == 2 else np.rint(small * (levels - 1)) / (levels - 1)
    square = np.zeros((side, side))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = cut
    return encoded(1 - square if rng.random() < 0.7 else square)


def _fitted(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    longer = max(shape)
    return max(1, round(shape[0] * side / longer)), max(1, round(shape[1] * side / longer))


def _specks(shape: tuple[int, int], height: float, rng: Rng) -> Floats:
    cover = np.zeros(shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for _ in range(rng.integers(2, 9)):
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        radius = height * rng.uniform(0.006, 0.018)
        distance = np.hypot(rows - row, columns - column)
        cover = np.maximum(cover, np.clip(radius + 0.5 - distance, 0, 1))
    return cover


def _with_neighbours(
    page: Floats, height: float, room: tuple[int, int], ink: tuple[float, ...], rng: Rng
) -> Floats:
    """Add the digits before and after, of which the cell's border cuts off all but an edge."""
    for right, free in enumerate(room):
        strokes = written(int(rng.integers(10)), rng).strokes
        cover = inked(strokes, height * rng.uniform(0.8, 1.1), height * 0.05)
        seen = round(min(rng.uniform(0.05, 0.18) * height, 0.6 * free))
        left = page.shape[1] - seen if right else seen - cover.shape[1]
        page = laid_on(page, cover, ink, (round((page.shape[0] - cover.shape[0]) / 2), left))
    return page


def _around(
    place: tuple[int, int],
    size: tuple[int, ...],
    height: float,
    rng: Rng,
    room: tuple[float, float] = (0.08, 0.3),
) -> tuple[int, int, int, int]:
    """Return a box around a digit, larger than it by so many heights on each side."""
    top, left, bottom, right = (round(height * rng.uniform(*room)) for _ in range(4))
    return place[0] - top, place[1] - left, place[0] + size[0] + bottom, place[1] + size[1] + right


def _anywhere(
    shape: tuple[int, int], size: tuple[int, ...], rng: Rng, margin: float = 0.02
) -> tuple[int, int]:
    """Return a place for something of this size, a margin as a share of it away from the border."""
    free = [whole - length for whole, length in zip(shape, size, strict=True)]
    edge = [min(margin * max(size), each / 2) for each in free]
    top, left = (round(rng.uniform(near, each - near)) for near, each in zip(edge, free, strict=True))
    return top, left


def _between(limits: tuple[float, float], rng: Rng) -> float:
    return math.exp(rng.uniform(math.log(limits[0]), math.log(limits[1])))


def _one_of(colours: Colours, rng: Rng) -> tuple[float, ...]:
    return colours[rng.integers(len(colours))]
