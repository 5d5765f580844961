"""Where each pixel of a moved, turned, slanted or bent picture looks, and what it sees there."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.xla_metadata import set_xla_metadata
from numpy.typing import NDArray

from digitlab.models import random_bytes

__all__ = [
    "Points",
    "apart",
    "framed",
    "gaussian",
    "grid",
    "look_up",
    "rotated",
    "rounded",
    "scaled",
    "sheared",
    "shifted",
    "smooth_field",
]


class Points(NamedTuple):
    """Where the pixels of the result look, in pixels down and right of the centre.

    Both are float32 and broadcast to (n, h, w).
    """

    rows: jax.Array
    columns: jax.Array


def grid(height: int, width: int) -> Points:
    """Return the pixels' own places, (1, h, 1) and (1, 1, w)."""
    rows, columns = (jnp.arange(size, dtype=jnp.float32) - (size - 1) / 2 for size in (height, width))
    return Points(rows.reshape(1, height, 1), columns.reshape(1, 1, width))


def shifted(points: Points, down: jax.Array, right: jax.Array) -> Points:
    """Look where ink was before it moved so many pixels: p - d."""
    return Points(points.rows - down, points.columns - right)


def rotated(points: Points, degrees: jax.Array) -> Points:
    """Look where ink was before it turned counter-clockwise: R(degrees)ᵀ p."""
    sine, cosine = jnp.sin(jnp.deg2rad(degrees)), jnp.cos(jnp.deg2rad(degrees))
    rows, columns = points
    return Points(cosine * rows + sine * columns, cosine * columns - sine * rows)


def sheared(points: Points, degrees: jax.Array) -> Points:
    """Look where ink was before upright strokes leant to the right: column + tan(degrees) · row."""
    return Points(points.rows, points.columns + jnp.tan(jnp.deg2rad(degrees)) * points.rows)


def scaled(points: Points, factor: jax.Array) -> Points:
    """Look where ink was before it grew: p / factor."""
    return Points(points.rows / factor, points.columns / factor)


def smooth_field(shape: tuple[int, ...], sigma: float, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return two random fields, float32 (n, h, w), of mean 0 and variance 1 at every pixel.

    Even noise, smoothed with a Gaussian of standard deviation `sigma` (Simard, Steinkraus and
    Platt 2003, section 2): G_h · noise · G_wᵀ with the matrices of `gaussian`.
    """
    n, height, width = shape
    down, across = gaussian(height, sigma), gaussian(width, sigma)
    noise = _noise((2, n, down.shape[1], across.shape[1]), key)
    field = jnp.einsum("hi,cnij,wj->cnhw", down, noise, across)
    return field[0], field[1]


def gaussian(size: int, sigma: float) -> NDArray[np.float32]:
    """Return the matrix that smooths m numbers of noise into `size` pixels, float32 (size, m).

    The numbers are `sigma` apart, from 2 sigma or more before the first pixel to as far behind
    the last. That is close enough: correlations differ from those of a number at every pixel
    by 2 exp(-π²), one in ten thousand (Poisson's summation formula), and m is far below `size`.
    Rows have norm 1, so the variance stays.
    """
    m = math.ceil((size - 1) / sigma) + 5
    pixels, sources = np.arange(size) - (size - 1) / 2, sigma * (np.arange(m) - (m - 1) / 2)
    weights = np.exp(-((pixels[:, None] - sources[None, :]) ** 2) / (2 * sigma**2))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights.astype(np.float32)


def _noise(shape: tuple[int, ...], key: jax.Array) -> jax.Array:
    """Return even noise of mean 0 and variance 1, float32.

    One of 256 levels, whose variance is (256² - 1) / 12.
    """
    return (random_bytes(key, shape).astype(jnp.float32) - 127.5) / math.sqrt((256**2 - 1) / 12)


def look_up(pixels: jax.Array, points: Points) -> jax.Array:
    """Return what is at the points, by bilinear interpolation; outside is paper.

    value = (1 - y) · ((1 - x) · p00 + x · p01) + y · ((1 - x) · p10 + x · p11)

    Parameters
    ----------
    pixels : uint8 (n, h, w)
    points
        Where to look.

    Returns
    -------
    uint8 (n, h, w)
    """
    n, height, width = pixels.shape
    row, y = _cell(points.rows + (height - 1) / 2, height)
    column, x = _cell(points.columns + (width - 1) / 2, width)
    image = jnp.arange(n, dtype=jnp.int32).reshape(n, 1, 1)
    place = (image * (height + 2) + row) * (width + 2) + column
    cells = apart(_fetch)(_packed(pixels), place)
    p00, p01, p10, p11 = ((cells >> bits & 255).astype(jnp.float32) for bits in (0, 8, 16, 24))
    above, below = p00 + x * (p01 - p00), p10 + x * (p11 - p10)
    return rounded(above + y * (below - above))


def _cell(at: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Return the pixel of the framed picture before `at`, int32, and the part of the way to the next."""
    at = jnp.clip(at + 1, 0, size + 1)
    before = jnp.minimum(jnp.floor(at), size)
    return before.astype(jnp.int32), at - before


def _packed(pixels: jax.Array) -> jax.Array:
    """Return the 2 x 2 pixels that begin at each pixel as the four bytes of one number, p00 lowest.

    Then one gather fetches all that an interpolation needs. The framed pictures lie one after
    the other, row by row: uint32 (n · (h + 2) · (w + 2),).
    """
    wide = framed(pixels)
    below = wide.shape[2]
    flat = jnp.pad(wide.ravel(), (0, below + 1))
    # Widening before cutting takes 2 µs an image more.
    p00, p01, p10, p11 = (flat[i : i + wide.size].astype(jnp.uint32) for i in (0, 1, below, below + 1))
    return p00 | p01 << 8 | p10 << 16 | p11 << 24


def _fetch(values: jax.Array, place: jax.Array) -> jax.Array:
    return values.at[place].get(mode="promise_in_bounds")


def framed(pixels: jax.Array) -> jax.Array:
    """Return the pictures with a pixel of paper all around, (n, h + 2, w + 2)."""
    return jnp.pad(pixels, ((0, 0), (1, 1), (1, 1)))


def rounded(values: jax.Array) -> jax.Array:
    """Return ink as whole levels, uint8."""
    return (values + 0.5).astype(jnp.uint8)


def apart(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Return a function that does the same, compiled apart from what is before and after it.

    XLA's compiler for CPUs fuses the making of an array into every place that reads it, where
    it is then made anew: without this `augment` takes five times as long. It drops an
    `optimization_barrier` before it fuses, but leaves a call marked like this one alone.
    """

    def marked(*operands: jax.Array) -> jax.Array:
        result: jax.Array = set_xla_metadata(jax.jit(function)(*operands), inlineable="false")  # type: ignore[no-untyped-call]
        return result

    return lambda *operands: jax.lax.platform_dependent(*operands, cpu=marked, default=function)
