"""Training images changed at random, inside jit: moved, turned, slanted, bent, thicker or thinner."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.xla_metadata import set_xla_metadata
from numpy.typing import NDArray

from digitlab.errors import ConfigError
from digitlab.models import random_bytes

__all__ = [
    "Augmentation",
    "Points",
    "augment",
    "extreme",
    "gaussian",
    "grid",
    "look_up",
    "random_points",
    "rotated",
    "scaled",
    "sheared",
    "shifted",
    "smooth_field",
    "with_stroke",
]

# Lengths are given for pictures of this height, MNIST's.
STANDARD_HEIGHT = 28

# What one dilation adds to a stroke's width.
MOST_STROKE = 2

RANGES = {
    "shift": (0, 14),
    "rotate": (0, 180),
    "scale": (0, 1),
    "shear": (0, 45),
    "stroke": (0, MOST_STROKE),
    "elastic": (0, 7),
    "elastic_scale": (1, 28),
}


@dataclass(frozen=True)
class Augmentation:
    """How far training images may be changed; static under jit.

    Each image draws its own changes, evenly from -setting to +setting. Lengths are in pixels
    of a picture 28 pixels high and stand for the same share of any other height. A step whose
    setting is 0 is left out.

    Parameters
    ----------
    shift
        Pixels up or down, and pixels left or right; at most 14.
    rotate
        Degrees; at most 180.
    scale
        The share by which to grow or shrink, even in the logarithm: 0.1 is from 1 / 1.1 to
        1.1; at most 1.
    shear
        Degrees by which upright strokes come to slant; at most 45.
    stroke
        Pixels that strokes become wider or narrower; at most 2, and at most 2 of a larger
        picture's own pixels.
    elastic
        How far a smooth random field moves a point: its root mean square, in pixels; at most 7.
    elastic_scale
        How smooth that field is: the standard deviation, in pixels, of the Gaussian it was
        smoothed with; from 1 to 28.

    Raises
    ------
    ConfigError
        If a setting is no number or out of range.
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    stroke: float = 0.0
    elastic: float = 0.0
    elastic_scale: float = 4.0

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = RANGES[field.name]
            value = getattr(self, field.name)
            if not _is_number(value) or not low <= value <= high:
                raise ConfigError(f"{field.name} must be a number from {low} to {high}, not {value!r}.")
            object.__setattr__(self, field.name, float(value))

    @property
    def warps(self) -> bool:
        """Whether any step moves points of the picture."""
        return any((self.shift, self.rotate, self.scale, self.shear, self.elastic))

    @property
    def is_off(self) -> bool:
        """Whether images stay as they are."""
        return not (self.stroke or self.warps)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def augment(pixels: jax.Array, settings: Augmentation, *, key: jax.Array) -> jax.Array:
    """Return the images, each changed in a way of its own.

    Parameters
    ----------
    pixels : uint8 (n, h, w)
        0 is paper, 255 is full ink. Outside a picture is paper.
    settings
        How far images may be changed; static under jit.
    key
        Decides the changes; of any kind that `jax.random.key` makes.

    Returns
    -------
    uint8 (n, h, w)
        `pixels` itself where `settings` are off.

    Notes
    -----
    Strokes become wider or narrower first. Then the picture is bent, scaled, sheared, rotated
    and shifted, in this order and about its centre, all by one interpolation: each pixel of
    the result looks where its ink was.
    """
    return pixels if settings.is_off else _augment(pixels, settings, key)


@partial(jax.jit, static_argnums=1)
def _augment(pixels: jax.Array, settings: Augmentation, key: jax.Array) -> jax.Array:
    draw_key, field_key = jax.random.split(key)
    stroke, *moves = jax.random.uniform(draw_key, (6, len(pixels), 1, 1), jnp.float32, -1, 1)
    if settings.stroke:
        widest = min(settings.stroke * _unit(pixels.shape), MOST_STROKE)
        pixels = _apart(with_stroke)(pixels, widest * stroke)
    if settings.warps:
        pixels = _apart(partial(_warp, settings))(pixels, field_key, *moves)
    return pixels


def _warp(settings: Augmentation, pixels: jax.Array, field_key: jax.Array, *moves: jax.Array) -> jax.Array:
    return look_up(pixels, random_points(settings, pixels.shape, moves, field_key))


def _unit(shape: tuple[int, ...]) -> float:
    """Return how many pixels of (n, h, w) are as long as one of a picture of the standard height."""
    return shape[1] / STANDARD_HEIGHT


def _apart(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Return a function that does the same, compiled apart from what is before and after it.

    XLA's compiler for CPUs fuses the making of an array into every place that reads it, where
    it is then made anew: without this `augment` takes five times as long. It drops an
    `optimization_barrier` before it fuses, but leaves a call marked like this one alone.
    """

    def marked(*operands: jax.Array) -> jax.Array:
        result: jax.Array = set_xla_metadata(jax.jit(function)(*operands), inlineable="false")  # type: ignore[no-untyped-call]
        return result

    return lambda *operands: jax.lax.platform_dependent(*operands, cpu=marked, default=function)


def with_stroke(pixels: jax.Array, width: jax.Array) -> jax.Array:
    """Make strokes wider by `width`, or narrower where it is negative.

    Grey dilation by a square of 3 x 3 moves both edges of a stroke by a pixel: it adds 2 to
    the width. Erosion takes 2 away. In between: ink + |width| / 2 · (extreme - ink).

    Parameters
    ----------
    pixels : uint8 (n, h, w)
    width : float32 (n, 1, 1)
        In pixels, from -2 to 2.

    Returns
    -------
    uint8 (n, h, w)
    """
    ink = pixels.astype(jnp.float32)
    target = jnp.where(width > 0, extreme(pixels, jnp.maximum), extreme(pixels, jnp.minimum))
    return _rounded(ink + jnp.abs(width) / 2 * (target.astype(jnp.float32) - ink))


def extreme(pixels: jax.Array, choose: Callable[[jax.Array, jax.Array], jax.Array]) -> jax.Array:
    """Return the largest or smallest of each pixel and the eight around it, as `choose` does of two."""
    framed = _framed(pixels)
    rows = choose(choose(framed[:, :-2], framed[:, 1:-1]), framed[:, 2:])
    return choose(choose(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])


def _framed(pixels: jax.Array) -> jax.Array:
    """Return the pictures with a pixel of paper all around, (n, h + 2, w + 2)."""
    return jnp.pad(pixels, ((0, 0), (1, 1), (1, 1)))


def _rounded(values: jax.Array) -> jax.Array:
    return (values + 0.5).astype(jnp.uint8)


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


def random_points(
    settings: Augmentation, shape: tuple[int, ...], moves: Sequence[jax.Array], field_key: jax.Array
) -> Points:
    """Return where images are to look.

    Parameters
    ----------
    settings
        How far from the pixels' own places.
    shape
        (n, h, w) of the images.
    moves : five float32 (n, 1, 1)
        Which part of the settings, from -1 to 1: of shift down, shift right, rotate, shear, scale.
    field_key
        Decides the elastic field.
    """
    down, right, turn, slant, growth = moves
    unit, points = _unit(shape), grid(*shape[1:])
    if settings.shift:
        points = shifted(points, settings.shift * unit * down, settings.shift * unit * right)
    if settings.rotate:
        points = rotated(points, settings.rotate * turn)
    if settings.shear:
        points = sheared(points, settings.shear * slant)
    if settings.scale:
        points = scaled(points, jnp.exp(math.log1p(settings.scale) * growth))
    if settings.elastic:
        field = smooth_field(shape, settings.elastic_scale * unit, field_key)
        points = shifted(points, *(settings.elastic * unit / math.sqrt(2) * part for part in field))
    return points


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
    cells = _apart(_fetch)(_packed(pixels), place)
    p00, p01, p10, p11 = ((cells >> bits & 255).astype(jnp.float32) for bits in (0, 8, 16, 24))
    above, below = p00 + x * (p01 - p00), p10 + x * (p11 - p10)
    return _rounded(above + y * (below - above))


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
    framed = _framed(pixels)
    below = framed.shape[2]
    flat = jnp.pad(framed.ravel(), (0, below + 1))
    # Widening before cutting takes 2 µs an image more.
    p00, p01, p10, p11 = (flat[i : i + framed.size].astype(jnp.uint32) for i in (0, 1, below, below + 1))
    return p00 | p01 << 8 | p10 << 16 | p11 << 24


def _fetch(values: jax.Array, place: jax.Array) -> jax.Array:
    return values.at[place].get(mode="promise_in_bounds")
