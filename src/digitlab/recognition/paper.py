"""From a picture to how much ink is where, whatever the light, the paper's colour and the pen's."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.recognition.strokes import EIGHT

__all__ = ["Contrast", "border", "contrast_of", "otsu"]

Floats = NDArray[np.floating[Any]]

# How bright red, green and blue look (ITU-R BT.601).
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)

# How strokes are is judged on a picture this large.
SMALL_SIDE = 160

# How wide, as shares of the picture's side, strokes are tried to be where light is uneven: they are no wider
# than the first at which the next would hardly take more for ink.
STROKE_WIDTHS = (0.04, 0.07, 0.11, 0.16, 0.22)
HARDLY_MORE = 1.3

# Light is uneven where the middle half of the border's pixels differ by more than this share.
EVEN = 0.06
# Of the side, strokes at the border are no wider.
EDGE = 0.22

# Two tones explain so much of the variance of a picture that has just two. Which is paper their shares of it
# and of its border leave open, where these add up to 1 within this.
TWO_TONES = 0.8
OPEN = 0.35

# Darker paper is taken as this: it divides.
LEAST_LIGHT = 0.15

# Strokes are above so many standard deviations of the paper; the strongest pixels are these.
NOISE_LIMIT = 6
STRONGEST = 99.95


@dataclass(frozen=True)
class Contrast:
    """How much each pixel differs from the paper beneath it, in the ink's direction.

    Parameters
    ----------
    ink : float32 (h, w)
        0 is paper, 1 is as much ink as strokes have.
    strength
        What that 1 was: the share of the paper's light that strokes take away (or add, on a dark page).
    noise
        The standard deviation of the paper, as a share of `strength`.
    dark_on_light
        Whether the ink is darker than the paper.
    """

    ink: Floats
    strength: float
    noise: float
    dark_on_light: bool


def contrast_of(picture: NDArray[np.uint8], *, even_light: bool = True, colour: bool = True) -> Contrast:
    """Find the ink of a picture.

    Light that falls unevenly multiplies: so ink is told by the share of the paper's light that it takes,
    and where light is uneven the paper is found by a morphological closing, which strokes vanish in and
    the edges of shadows do not. Colours are projected on the direction in which the ink differs from
    the paper, so that a pale pen counts as much as a black one, and lines of another colour count less.

    Parameters
    ----------
    picture : uint8 (h, w, 3)
        Red, green and blue.
    even_light
        Without it the paper has one colour.
    colour
        Without it only the mean of the three counts.
    """
    light = picture.astype(np.float32) / 255
    grey = _weighted(light, LUMINANCE)
    even = not even_light or _is_even(grey)
    dark, width = _two_tones(grey) if even else _uneven_tones(grey)
    away = _away_from_paper(light if dark else 1 - light, width)
    ink = _weighted(away, _direction(away)) if colour else away.mean(axis=2)
    strength, noise = _levels(ink)
    scale = max(strength, 1e-6)
    return Contrast(
        np.clip(ink / scale, 0, 1.5), strength / (np.sqrt(3) if colour else 1), noise / scale, dark
    )


def otsu(values: Floats, bins: int = 128) -> float:
    """Return the threshold that parts two groups best (Otsu, 1979: largest variance between them).

    Values that rounding alone tells apart are one group: none is above the largest.
    """
    largest = values.max()
    if largest - values.min() <= bins * np.spacing(abs(largest)):
        return float(largest)
    counts, edges = np.histogram(values, bins)
    centres = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    total = (counts * centres).cumsum()
    mean_below = total / np.maximum(below, 1)
    mean_above = (total[-1] - total) / np.maximum(above, 1)
    return float(edges[1 + np.argmax(below * above * (mean_below - mean_above) ** 2)])


def _weighted(colours: Floats, weights: Floats) -> Floats:
    """Return the weighted sum of three colours, float32 (h, w).

    Term by term: a matrix product rounds in another order at other places, and on other machines.
    """
    red, green, blue = np.moveaxis(colours, 2, 0)
    return np.asarray(red * weights[0] + green * weights[1] + blue * weights[2])


def _is_even(grey: Floats) -> bool:
    """Return whether the paper is as bright along one part of the border as along any other.

    Strokes that reach the border, dark ones or light ones, say nothing of it: they are closed first.
    """
    small = _shrunk(grey)
    papers = (border(small), border(_closed(small, EDGE)), border(-_closed(-small, EDGE)))
    spreads = (np.percentile(paper, [25, 50, 75]) for paper in papers)
    return any(high - low <= EVEN * middle for low, middle, high in spreads)


def _two_tones(grey: Floats) -> tuple[bool, None]:
    """Return whether ink is darker than paper in even light, and that no stroke's width need be known.

    Ink lies further from the commonest tone than anything else.
    """
    bright = grey > otsu(grey)
    between = bright.mean() * (~bright).mean() * (_mean(grey[bright]) - _mean(grey[~bright])) ** 2
    if between > TWO_TONES * grey.var():
        return _is_paper(bright), None
    low, middle, high = np.percentile(grey, [100 - STRONGEST, 50, STRONGEST])
    return bool(middle - low > high - middle), None


def _is_paper(tone: NDArray[np.bool_]) -> bool:
    """Return whether this of two tones is paper: what there is more of, in all and along the border.

    A digit that fills its picture is more than its paper, but in one part, and leaves the paper in several.
    """
    more = tone.mean() + border(tone).mean() - 1
    parts, others = (ndimage.label(each, EIGHT)[1] for each in (tone, ~tone))
    return bool(parts > others if abs(more) < OPEN and parts != others else more > 0)


def _uneven_tones(grey: Floats) -> tuple[bool, float]:
    """Return whether ink is darker than paper in uneven light, and the widest that strokes are, of the side.

    Strokes vanish in a closing as wide as they are, and a wider one takes hardly more; the paper between
    them takes a wider one.
    """
    small = _shrunk(grey)
    taken = [_taken_by_closing(tone) for tone in (small, -small)]
    enough = [_enough(energies) for energies in taken]
    first = min(enough)
    dark = taken[0][first] > taken[1][first]
    return dark, STROKE_WIDTHS[enough[0] if dark else enough[1]]


def _taken_by_closing(tone: Floats) -> list[float]:
    calm = _calm(tone)
    return [float(((_closed(calm, share) - tone) ** 2).sum()) for share in STROKE_WIDTHS]


def _enough(energies: list[float]) -> int:
    """Return the first width after which the next takes hardly more, else the last."""
    steps = enumerate(pairwise(energies))
    return next((number for number, (now, more) in steps if more <= HARDLY_MORE * now), len(energies) - 1)


def _shrunk(grey: Floats) -> Floats:
    image = Image.fromarray(grey)
    image.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BOX)
    return np.asarray(image)


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0


def border(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels along the border of a picture, (h, w), once each."""
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


def _away_from_paper(light: Floats, width: float | None) -> Floats:
    """Return the share of the paper's light that is missing, float32 (h, w, 3), ink being dark."""
    if width is None:
        grey = _weighted(light, LUMINANCE)
        brightest = light[grey > otsu(grey)]
        paper = np.median(brightest, axis=0) if len(brightest) else light.max(axis=(0, 1))
    else:
        paper = np.stack([_closed(_calm(light[..., channel]), width) for channel in range(3)], axis=2)
    return np.asarray((paper - light) / np.maximum(paper, LEAST_LIGHT), np.float32)


def _calm(tone: Floats) -> Floats:
    return np.asarray(ndimage.median_filter(tone, 3, mode="nearest"))


def _closed(tone: Floats, share: float) -> Floats:
    """Return the light of the paper beneath dark strokes that are no wider than `share` of the side."""
    size = 1 + 2 * max(1, int(max(tone.shape) * share / 2))
    # Beyond the border there is neither ink nor paper: a stroke along it is as wide as it is inside.
    grown = ndimage.maximum_filter(tone, size, mode="constant", cval=-np.inf)
    return np.asarray(ndimage.minimum_filter(grown, size, mode="constant", cval=np.inf))


def _direction(away: Floats) -> Floats:
    """Return the unit vector, (3,), in which the strongest ink differs from the paper."""
    flat = np.maximum(away.reshape(-1, 3), 0).astype(np.float64)
    mean = flat.sum(axis=1) ** 3 @ flat
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _levels(ink: Floats) -> tuple[float, float]:
    """Return the strength of strokes, and the standard deviation of paper by its median deviation."""
    half = float(np.percentile(ink, STRONGEST)) / 2
    paper = ink[ink <= half]
    noise = 1.4826 * float(np.median(np.abs(paper - np.median(paper)))) if paper.size else 0.0
    strokes = ink[ink > max(NOISE_LIMIT * noise, half)]
    return (float(np.median(strokes)) if strokes.size else 0.0), noise
