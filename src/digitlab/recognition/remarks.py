"""What is unusual about a picture by itself, in words: as faint, small, cut off or leaning."""

import math

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Geometry
from digitlab.recognition.ink import Ink

__all__ = ["borders", "picture_remarks", "slant"]

# Strokes that take less than this share of the paper's light are pale on a screen too.
FAINT = 0.2
# Degrees: percentiles 0.1 and 99.9 of the first 6,000 of MNIST's training digits.
LEAST_SLANT, MOST_SLANT = -40, 44


def picture_remarks(ink: Ink, geometry: Geometry) -> tuple[str, ...]:
    """Say what is unusual about a picture in which something was found."""
    said = []
    if ink.strength < FAINT:
        said.append(f"looks faint: its strokes take {100 * ink.strength:.0f} % of the paper's light")
    if ink.box:
        top, left, bottom, right = ink.box
        longer = max(bottom - top, right - left)
        if longer < geometry.box:
            said.append(f"is small: {longer} pixels, where training digits have {geometry.box}")
        if any(borders(ink)):
            said.append("touches the edge of the picture: a part of it may be cut off")
    degrees = slant(ink.pixels)
    if not LEAST_SLANT <= degrees <= MOST_SLANT:
        side = "right" if degrees > 0 else "left"
        said.append(f"leans {abs(degrees):.0f}° to the {side}, farther than nearly all training digits")
    return tuple(said)


def borders(ink: Ink) -> tuple[bool, ...]:
    """Return whether ink reaches the picture's upper, left, lower and right border."""
    if ink.box is None:
        return (False,) * 4
    height, width = ink.stages[0].picture.shape[:2]
    top, left, bottom, right = ink.box
    return top <= 1, left <= 1, bottom >= height - 1, right >= width - 1


def slant(pixels: NDArray[np.uint8]) -> float:
    """Return by how many degrees a digit leans to the right, uint8 (h, w); 0 where it is level or empty.

    It is that of the line nearest to the ink of each row: arctan(-Σ x y / Σ y²) over the ink, x to the right
    and y downwards from its centre of mass.
    """
    ink = pixels.astype(np.float64)
    mass = ink.sum()
    if not mass:
        return 0.0
    y, x = (grid - (grid * ink).sum() / mass for grid in np.indices(pixels.shape))
    spread = (ink * y**2).sum()
    return math.degrees(math.atan2(-(ink * x * y).sum(), spread)) if spread else 0.0
