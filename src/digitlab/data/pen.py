"""Digits drawn by code, in the shapes that people write and a data set may have few of.

American digits make up MNIST: hardly a 1 there has a flag, hardly a 4 is a loop with a bar. Here each
digit is a few strokes through points, written in one of several ways, with a hand and a pen that differ.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.data.dataset import Dataset
from digitlab.data.framing import FINE, Geometry, framed

__all__ = ["WAYS", "Way", "draw_digit", "drawn_digits"]

Points = NDArray[np.float64]

# Spread of what differs from hand to hand: radians, shares of the height, logarithms.
TURN, SLANT, SLANT_MEAN, WIDTH, PEN = 0.12, 0.22, 0.1, 0.25, 0.3
LEAST_TREMOR, MOST_TREMOR = 0.01, 0.05
SHARPEST, ROUNDEST = 0.08, 0.28
CUTS = 3


class Way(NamedTuple):
    """A way to write a digit: its name, how often it is taken, and its strokes.

    A stroke is a line through points "x,y", x to the right and y down, in hundredths of the digit's
    height; ";" lifts the pen, and a point that is there twice stays a corner.
    """

    name: str
    weight: int
    drawing: str

    @property
    def strokes(self) -> list[Points]:
        """The points of each stroke, float64 (m, 2), in digit heights."""
        return [
            np.array([point.split(",") for point in stroke.split()], np.float64) / 100
            for stroke in self.drawing.split(";")
        ]


WAYS: dict[int, tuple[Way, ...]] = {
    0: (
        Way("from the top, closed", 3, "35,0 10,12 0,50 10,90 33,100 58,90 66,50 58,10 35,0 25,3"),
        Way("leaning", 1, "45,2 15,10 0,45 5,90 35,100 62,80 68,35 50,5 30,10"),
    ),
    1: (
        Way("plain", 1, "10,0 10,50 10,100"),
        Way("flagged", 3, "0,55 20,25 42,0 40,50 40,100"),
        Way("short flag", 3, "0,35 20,15 35,0 35,50 35,100"),
        Way("long flag", 2, "0,75 25,35 50,0 50,50 48,100"),
        Way("wide flag", 2, "0,50 35,20 65,0 60,50 55,100"),
        Way("with a foot", 1, "0,30 30,0 30,50 30,100; 0,100 30,100 60,100"),
    ),
    2: (
        Way("curved", 2, "5,22 20,2 50,3 60,25 45,55 0,100 0,100 35,100 70,98"),
        Way("looped", 1, "3,25 20,2 50,3 60,30 35,75 10,98 0,88 15,82 40,95 70,95"),
        Way("angular", 1, "0,5 30,0 60,12 60,35 30,70 0,100 0,100 65,100"),
    ),
    3: (
        Way("two bowls", 2, "3,15 20,0 50,5 55,28 25,45 25,45 55,55 62,80 35,100 0,88"),
        Way("flat top", 2, "0,0 30,0 58,0 58,0 25,40 25,40 55,48 62,75 40,100 0,90"),
        Way("looped waist", 1, "5,10 35,0 55,20 30,47 15,47 30,47 60,65 50,95 20,100 0,90"),
    ),
    4: (
        Way("open", 2, "20,0 10,30 0,55 0,55 35,55 75,53; 50,20 50,60 48,100"),
        Way("closed", 2, "50,0 25,30 0,62 0,62 35,62 75,62; 50,0 50,50 50,100"),
        Way("lasso", 2, "55,5 30,12 10,40 20,56 50,52 85,48; 57,5 53,50 48,100"),
        Way("one zigzag", 2, "40,0 20,18 2,42 2,42 30,42 62,40 62,40 58,70 56,100"),
        Way("one stroke and a bar", 1, "35,0 15,15 5,35 25,45 50,35 62,20 55,55 50,100; 30,50 80,44"),
        Way("loop", 2, "52,12 40,0 22,8 10,30 22,46 55,44 88,42; 53,10 50,50 46,100"),
        Way("crossing itself", 1, "45,30 50,5 30,5 8,42 20,56 80,50; 48,20 45,60 40,100"),
        Way("open, curved", 1, "2,0 0,25 5,45 30,48 58,42; 60,0 57,50 55,100"),
    ),
    5: (
        Way("one stroke", 2, "60,0 35,0 12,2 12,2 8,22 5,42 5,42 35,38 60,55 60,85 30,100 0,92"),
        Way("bar apart", 2, "12,5 8,25 5,45 5,45 35,40 58,60 52,90 25,100 0,92; 14,5 40,3 75,0"),
        Way("s-like", 1, "55,0 15,10 8,35 40,50 55,75 35,100 0,95"),
    ),
    6: (
        Way("curved", 2, "50,0 25,18 5,50 5,80 25,100 50,90 55,68 35,55 10,70"),
        Way("upright", 1, "25,0 8,30 0,65 12,95 40,100 58,80 48,58 20,58 2,78"),
        Way("hooked", 1, "60,5 30,5 5,40 2,75 20,100 48,95 55,70 35,58 8,72"),
    ),
    7: (
        Way("plain", 2, "0,2 30,3 60,0 60,0 42,40 25,100"),
        Way("barred", 3, "0,2 30,3 62,0 62,0 45,40 30,100; 15,50 65,47"),
        Way("barred, with a serif", 2, "2,15 3,2 3,2 35,4 65,1 65,1 48,40 35,100; 20,52 70,50"),
        Way("with a serif", 1, "2,15 3,2 3,2 30,4 60,1 60,1 40,45 32,100"),
        Way("barred, waved", 1, "0,10 20,0 45,6 65,2 55,30 40,65 38,100; 20,50 68,50"),
    ),
    8: (
        Way("one stroke", 2, "50,10 30,0 8,12 12,35 40,52 58,75 40,100 10,95 5,72 30,48 55,25 50,8"),
        Way(
            "two rings", 1, "30,0 8,10 8,35 30,46 52,35 52,10 30,0; 30,46 4,60 4,90 30,100 56,90 56,60 30,46"
        ),
        Way("open top", 1, "60,2 30,0 10,15 20,40 45,60 45,90 20,100 2,85 20,55 50,30 65,5"),
    ),
    9: (
        Way("straight tail", 2, "50,12 30,0 5,15 5,40 28,50 50,35 55,10 55,10 53,50 48,100"),
        Way("hooked tail", 2, "52,10 30,0 5,12 5,38 28,48 52,32 55,8 55,8 58,50 50,88 25,100 0,93"),
        Way("loose loop", 1, "58,5 25,2 2,20 10,42 40,42 58,20 58,5 55,50 35,100"),
        Way("g-like", 2, "50,3 20,2 5,20 12,40 35,42 55,25 55,5 60,40 58,80 35,100 8,98"),
        Way("leaning", 1, "50,5 20,0 0,20 12,42 50,36 56,2 56,2 40,50 25,100"),
        Way("flat loop", 1, "58,8 25,0 0,12 6,28 32,26 60,6 60,6 54,45 42,100"),
        Way("flat loop, hooked", 2, "58,10 25,0 2,12 8,30 35,26 60,6 62,45 52,85 25,100 0,88"),
    ),
}


def drawn_digits(count: int, geometry: Geometry, *, seed: int = 0) -> Dataset:
    """Draw digits, as many of each as of any other.

    Parameters
    ----------
    count
        How many images.
    geometry
        How they are framed.
    seed
        The same seed gives the same images.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % len(WAYS)
    pixels = [draw_digit(int(digit), geometry, rng) for digit in labels]
    return Dataset(np.stack(pixels), labels, name="drawn digits")


def draw_digit(digit: int, geometry: Geometry, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one digit in a way, with a hand and a pen of their own, uint8 (h, w)."""
    ways = WAYS[digit]
    shares = np.array([way.weight for way in ways], float)
    strokes = ways[rng.choice(len(ways), p=shares / shares.sum())].strokes
    low, usual, high = geometry.stroke
    pen = float(np.clip(usual * np.exp(rng.normal(0, PEN)), low, high))
    return framed(_inked(_by_hand(strokes, rng), pen, geometry.box), geometry)


def _by_hand(strokes: list[Points], rng: np.random.Generator) -> list[Points]:
    """Return the lines of strokes, each float64 (m, 2), as a hand may draw them."""
    turn, slant, width = rng.normal(0, TURN), rng.normal(SLANT_MEAN, SLANT), np.exp(rng.normal(0, WIDTH))
    tremor, roundness = rng.uniform(LEAST_TREMOR, MOST_TREMOR), rng.uniform(SHARPEST, ROUNDEST)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    hand = turned @ np.array([[width, -slant], [0, 1]])
    return [_rounded(_shaken(stroke, tremor, rng), roundness) @ hand.T for stroke in strokes]


def _shaken(points: Points, tremor: float, rng: np.random.Generator) -> Points:
    """Move each point a little; those of a corner stay together."""
    moved = points + rng.normal(0, tremor, points.shape)
    for corner in np.flatnonzero((points[1:] == points[:-1]).all(axis=1)):
        moved[corner + 1] = moved[corner]
    return moved


def _rounded(points: Points, share: float) -> Points:
    """Cut corners off at `share` of each side, again and again (Chaikin, 1974); the ends stay."""
    for _ in range(CUTS):
        start, stop = points[:-1], points[1:]
        cut = np.stack([start + share * (stop - start), stop - share * (stop - start)], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut[1:-1], points[-1:]])
    return points


def _inked(lines: list[Points], pen: float, box: int) -> NDArray[np.bool_]:
    """Draw lines with a round pen, `FINE` pixels for each of the model's, the whole `box` of those high."""
    points = np.concatenate(lines)
    low, span = points.min(axis=0), np.ptp(points, axis=0).max()
    scale, half = (box - pen) * FINE / span, pen * FINE / 2
    image = Image.new("L", (box * FINE, box * FINE))
    draw = ImageDraw.Draw(image)
    for line in lines:
        places = (line - low) * scale + half
        draw.line([tuple(place) for place in places], fill=255, width=round(2 * half), joint="curve")
        for x, y in (places[0], places[-1]):
            draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return np.asarray(np.asarray(image) > 127)
