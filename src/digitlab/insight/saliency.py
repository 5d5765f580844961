"""Which ink of one picture speaks for a digit, and which against it: three maps, in logits.

What is explained is a score that is linear in the logits: the logit of `target` or, with a `rival`, that
logit minus the rival's. Each map gives every pixel a number, and the numbers of a map add up, exactly or
nearly, to the score. All of them speak of ink that is there. That paper is where there might be ink is
evidence too, but none of them can show it, for they compare the picture with blank paper.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.errors import ConfigError
from digitlab.models import Model, Params, predict_logits

__all__ = [
    "Attribution",
    "Occlusion",
    "gradient_times_input",
    "integrated_gradients",
    "occlusion",
    "usual_window",
]

Map = NDArray[np.float64]

FIRST_STEPS = 128
MOST_STEPS = 4096
TOLERANCE = 0.01
# So many points of the path go through the model at once.
AT_ONCE = 128
# A window is a seventh of the picture's shorter side: as wide as a stroke of MNIST's.
WINDOWS_ACROSS = 7


@dataclass(frozen=True, eq=False)
class Attribution:
    """What integrated gradients give each pixel of one picture.

    Attributes
    ----------
    values : float64 (h, w)
        Each pixel's part of the gain, in logits.
    gain : float
        The score of the picture minus that of blank paper: what the values should add up to.
    steps : int
        How many points of the path from blank paper to the picture were looked at.
    """

    values: Map
    gain: float
    steps: int

    @property
    def error(self) -> float:
        """How far the sum of the values is from the gain, as a share of it: the completeness error."""
        missing = abs(float(self.values.sum()) - self.gain)
        return missing / abs(self.gain) if self.gain else math.inf if missing else 0.0

    @property
    def sentence(self) -> str:
        """What the values add up to, and what they should."""
        return (
            f"Integrated gradients add up to {self.values.sum():+.3f} of the {self.gain:+.3f} logits between "
            f"this picture and blank paper: off by {100 * self.error:.2g} %, in {self.steps} steps."
        )


@dataclass(frozen=True, eq=False)
class Occlusion:
    """By how much the score falls when a window of the picture is painted paper, for windows all over it.

    Attributes
    ----------
    falls : float64 (rows, columns)
        For each window, in logits; below zero where the score rises.
    tops, lefts : int (rows,), (columns,)
        First pixel row of the windows of each row, and first pixel column of those of each column.
    window : int
        Side of a window, in pixels.
    image_shape : (int, int)
        Height and width of the picture.
    """

    falls: Map
    tops: NDArray[np.intp]
    lefts: NDArray[np.intp]
    window: int
    image_shape: tuple[int, int]

    @property
    def values(self) -> Map:
        """The falls as a map, float64 (h, w), in logits a pixel.

        Each window's fall is spread evenly over its pixels, and a pixel has the mean over the windows that
        cover it. For a linear score and windows at every pixel that is gradient times input, smoothed.
        """
        total, covered = np.zeros(self.image_shape), np.zeros(self.image_shape)
        for (row, column), place in self._places():
            total[place] += self.falls[row, column] / self.window**2
            covered[place] += 1
        return np.divide(total, covered, out=total, where=covered > 0)

    def sums_of(self, values: Map) -> Map:
        """Return the sum of another map of the same picture in each of the windows, (rows, columns)."""
        sums = np.zeros(self.falls.shape)
        for (row, column), place in self._places():
            sums[row, column] = values[place].sum()
        return sums

    def _places(self) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
        for (row, top), (column, left) in product(enumerate(self.tops), enumerate(self.lefts)):
            yield (row, column), (slice(top, top + self.window), slice(left, left + self.window))


def gradient_times_input(
    model: Model, params: Params, pixels: NDArray[np.uint8], target: int, *, rival: int | None = None
) -> Map:
    """Return the slope of the score in each pixel x its grey value, as if the score were straight.

    For the linear model it is exact: kernel column x ink.

    Parameters
    ----------
    model, params
        The architecture and its weights.
    pixels : uint8 (h, w)
        0 is paper, 255 is full ink.
    target
        The digit whose logit is explained.
    rival
        The digit whose logit is taken from it, if any.

    Returns
    -------
    float64 (h, w)
        In logits.

    Raises
    ------
    ConfigError
        If there is no such digit.
    """
    wanted = _wanted(model, target, rival)
    keep_compiled()
    return _float(_slopes(model, params, pixels[None].astype(np.float32), wanted)[0]) * pixels


def integrated_gradients(
    model: Model,
    params: Params,
    pixels: NDArray[np.uint8],
    target: int,
    *,
    rival: int | None = None,
    steps: int = FIRST_STEPS,
    tolerance: float = TOLERANCE,
) -> Attribution:
    """Return the slope averaged on the straight way from blank paper to the picture x the grey value.

    M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks" (ICML 2017), equation 1, by
    the midpoint rule: a finer one gains nothing, for the slope of a network of ReLUs has jumps.

    Parameters
    ----------
    model, params, pixels, target, rival
        As for `gradient_times_input`.
    steps
        Points on the way, 1 or more.
    tolerance
        While the completeness error is above this share, the steps are doubled, to 4096 at most;
        infinite for never.

    Raises
    ------
    ConfigError
        If there is no such digit, or no step.
    """
    if steps < 1:
        raise ConfigError(f"steps must be 1 or more; found {steps}.")
    wanted = _wanted(model, target, rival)
    paper_and_picture = predict_logits(model, params, np.stack([np.zeros_like(pixels), pixels]))
    gain = float(np.diff(paper_and_picture.astype(np.float64) @ wanted)[0])
    keep_compiled()
    while True:
        found = Attribution(_mean_slope(model, params, pixels, wanted, steps) * pixels, gain, steps)
        if found.error <= tolerance or 2 * steps > MOST_STEPS:
            return found
        steps *= 2


def occlusion(
    model: Model,
    params: Params,
    pixels: NDArray[np.uint8],
    target: int,
    *,
    rival: int | None = None,
    window: int | None = None,
    stride: int = 1,
) -> Occlusion:
    """Return by how much the score falls when a window of the picture is painted paper.

    M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks" (ECCV 2014), section 4.2,
    with paper in place of grey.

    Parameters
    ----------
    model, params, pixels, target, rival
        As for `gradient_times_input`.
    window
        Side of a window in pixels; `usual_window` by default.
    stride
        Pixels from one window to the next; the last one ends at the picture's edge in any case.

    Raises
    ------
    ConfigError
        If there is no such digit, or the window does not fit the picture, or the stride is below 1.
    """
    wanted = _wanted(model, target, rival)
    height, width = pixels.shape
    side = usual_window((height, width)) if window is None else window
    if not (1 <= side <= min(height, width) and stride >= 1):
        raise ConfigError(
            f"An occlusion window must be from 1 to {min(height, width)} pixels wide in a picture "
            f"of {height} x {width}, and the stride 1 or more; found {side} and {stride}."
        )
    tops, lefts = _starts(height, side, stride), _starts(width, side, stride)
    pictures = np.repeat(pixels[None], 1 + len(tops) * len(lefts), axis=0)
    for picture, (top, left) in zip(pictures[1:], product(tops, lefts), strict=True):
        picture[top : top + side, left : left + side] = 0
    scores = predict_logits(model, params, pictures).astype(np.float64) @ wanted
    falls = (scores[0] - scores[1:]).reshape(len(tops), len(lefts))
    return Occlusion(falls, tops, lefts, side, (height, width))


def usual_window(image_shape: tuple[int, int]) -> int:
    """Return the side of an occlusion window that is as wide as a stroke: 4 pixels of 28, and 2 at least."""
    shorter = min(image_shape)
    return min(shorter, max(2, round(shorter / WINDOWS_ACROSS)))


def _wanted(model: Model, target: int, rival: int | None) -> NDArray[np.float32]:
    """Return the score as weights of the logits: 1 for the target, -1 for the rival."""
    weights = np.zeros(model.classes, np.float32)
    for digit, sign in ((target, 1), (rival, -1)):
        if digit is None:
            continue
        if not 0 <= digit < model.classes:
            raise ConfigError(
                f"There is no digit {digit}: this model tells 0 to {model.classes - 1} apart. "
                "Choose one of these."
            )
        weights[digit] += sign
    return weights


@partial(jax.jit, static_argnums=0)
def _slopes(model: Model, params: Params, pixels: jax.Array, wanted: jax.Array) -> jax.Array:
    """Return the slope of each picture's score in its grey values, float32 (n, h, w) of float32 (n, h, w)."""
    slopes: jax.Array = jax.grad(lambda pixels: (model.apply(params, pixels) @ wanted).sum())(pixels)
    return slopes


def _mean_slope(
    model: Model, params: Params, pixels: NDArray[np.uint8], wanted: NDArray[np.float32], steps: int
) -> Map:
    points = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    total = np.zeros(pixels.shape)
    for start in range(0, steps, AT_ONCE):
        way = points[start : start + AT_ONCE, None, None] * pixels.astype(np.float32)
        total += _float(_slopes(model, params, way, wanted)).sum(axis=0)
    return total / steps


def _starts(side: int, window: int, stride: int) -> NDArray[np.intp]:
    return np.append(np.arange(0, side - window, stride), side - window)


def _float(array: jax.Array) -> Map:
    return np.asarray(array, np.float64)
