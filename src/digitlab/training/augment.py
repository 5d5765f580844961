"""Training images changed at random, inside jit: moved, turned, slanted, bent, thicker or thinner."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial

import jax
import jax.numpy as jnp

from digitlab.errors import ConfigError
from digitlab.models import is_number
from digitlab.training.warp import (
    Points,
    apart,
    framed,
    grid,
    look_up,
    rotated,
    rounded,
    scaled,
    sheared,
    shifted,
    smooth_field,
)

__all__ = ["Augmentation", "augment", "extreme", "random_points", "with_stroke"]

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
            if not is_number(value) or not low <= value <= high:
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
        pixels = apart(with_stroke)(pixels, widest * stroke)
    if settings.warps:
        pixels = apart(partial(_warp, settings))(pixels, field_key, *moves)
    return pixels


def _warp(settings: Augmentation, pixels: jax.Array, field_key: jax.Array, *moves: jax.Array) -> jax.Array:
    return look_up(pixels, random_points(settings, pixels.shape, moves, field_key))


def _unit(shape: tuple[int, ...]) -> float:
    """Return how many pixels of (n, h, w) are as long as one of a picture of the standard height."""
    return shape[1] / STANDARD_HEIGHT


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
    return rounded(ink + jnp.abs(width) / 2 * (target.astype(jnp.float32) - ink))


def extreme(pixels: jax.Array, choose: Callable[[jax.Array, jax.Array], jax.Array]) -> jax.Array:
    """Return the largest or smallest of each pixel and the eight around it, as `choose` does of two."""
    wide = framed(pixels)
    rows = choose(choose(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    return choose(choose(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])


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
