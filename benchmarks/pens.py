"""Digits written by code, in the ways that people write them, and strokes as an ideal pen leaves them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from ways import WAYS

Rng = np.random.Generator
Points = NDArray[np.float64]
Floats = NDArray[np.float32]

# How hands differ: of control points, in heights; of the whole, in radians and shares.
UNSTEADY, ROTATION, SLANT, STRETCH, TREMOR = 0.022, 0.09, 0.16, 0.14, 0.004
# Of a path, for a length of one height.
POINTS = 100


@dataclass(frozen=True)
class Written:
    """A digit as the pen went.

    Parameters
    ----------
    digit
        Which it is.
    way
        In which of the `WAYS` it is written.
    strokes : float64 (n, 2) each
        Across and down, the whole 1 high.
    """

    digit: int
    way: str
    strokes: tuple[Points, ...]


def written(digit: int, rng: Rng, way: str | None = None) -> Written:
    """Write a digit in one of its ways, by a hand of its own."""
    names = list(WAYS[digit])
    weights = np.array([WAYS[digit][name][0] for name in names])
    way = way or names[rng.choice(len(names), p=weights / weights.sum())]
    strokes = [_path(np.array(points), rng) for points in WAYS[digit][way][1]]
    hand = _hand(rng)
    return Written(digit, way, _one_high([stroke @ hand.T for stroke in strokes]))


def _path(control: Points, rng: Rng) -> Points:
    """Return the pen's path through unsteady control points: smooth, but for its corners."""
    corner = np.flatnonzero(np.all(control[1:] == control[:-1], axis=1)) + 1
    shaken = control + rng.normal(0, UNSTEADY, control.shape)
    shaken[corner] = shaken[corner - 1]
    path = np.concatenate([_smooth(piece) for piece in np.split(shaken, corner)])
    tremor = gaussian_filter1d(rng.normal(0, 1, path.shape), 5, axis=0) * 4
    return np.asarray(path + TREMOR * tremor * rng.uniform(0, 2))


def _smooth(points: Points) -> Points:
    if len(points) < 2:
        return points
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1).clip(1e-6))
    at = np.concatenate([[0], steps.cumsum()])
    curve = CubicSpline(at, points, bc_type="natural" if len(points) > 2 else "not-a-knot")
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return np.asarray(curve(np.linspace(0, at[-1], max(4, round(length * POINTS)))))


def _hand(rng: Rng) -> Points:
    """Return a matrix that turns, slants and stretches."""
    angle, slant = rng.normal(0, ROTATION), rng.normal(-0.08, SLANT)
    stretch = math.exp(rng.normal(0, STRETCH))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return np.asarray(turn @ np.array([[stretch, slant], [0, 1]]))


def _one_high(strokes: Sequence[Points]) -> tuple[Points, ...]:
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return tuple((stroke - low) / (high[1] - low[1]) for stroke in strokes)


def inked(strokes: Sequence[Points], height: float, width: float, *, smooth: bool = True) -> Floats:
    """Draw strokes with a round brush.

    Parameters
    ----------
    strokes
        As `Written` has them.
    height
        Of the digit, pen's middle to pen's middle, in pixels.
    width
        Of the pen, in pixels.
    smooth
        Whether edges are anti-aliased.

    Returns
    -------
    float32 (h, w)
        How much of each pixel is ink, 0 to 1; hardly any margin.
    """
    finer = 4 if smooth else 1
    margin = width / 2 + 2
    paths = [(stroke * height + margin) * finer for stroke in strokes]
    across, down = np.ceil(np.concatenate(paths).max(axis=0) + margin * finer).astype(int) // finer + 1
    image = Image.new("L", (int(across) * finer, int(down) * finer))
    draw = ImageDraw.Draw(image)
    for path in paths:
        _stroke(draw, path, width * finer)
    small = image.resize((int(across), int(down)), Image.Resampling.BOX)
    return np.asarray(np.asarray(small, np.float32) / 255, np.float32)


def _stroke(draw: ImageDraw.ImageDraw, path: Points, width: float) -> None:
    radius = width / 2
    draw.line([(float(x), float(y)) for x, y in path], fill=255, width=max(1, round(width)))
    for x, y in path if width > 1.5 else ():
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
