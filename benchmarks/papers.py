"""What lies under a digit and between it and the picture: paper, lines, light, a camera."""

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.special import expit

Rng = np.random.Generator
Floats = NDArray[np.floating[Any]]

WHITE_PAPERS = ((0.97, 0.97, 0.96), (0.93, 0.92, 0.88), (0.88, 0.88, 0.9), (0.8, 0.79, 0.77))
COLOURED_PAPERS = (
    (0.96, 0.9, 0.55),
    (0.93, 0.75, 0.8),
    (0.7, 0.85, 0.75),
    (0.7, 0.8, 0.93),
    (0.78, 0.64, 0.46),
)
BOARDS = ((0.1, 0.2, 0.15), (0.12, 0.12, 0.13), (0.15, 0.17, 0.25))
BLACK_PENS = ((0.08, 0.08, 0.1), (0.2, 0.2, 0.22), (0.12, 0.15, 0.3))
COLOURED_PENS = ((0.1, 0.2, 0.65), (0.75, 0.12, 0.15), (0.1, 0.45, 0.2), (0.45, 0.2, 0.6), (0.85, 0.4, 0.1))
CHALKS = ((0.9, 0.9, 0.88), (0.95, 0.9, 0.6), (0.8, 0.9, 0.95))
PENCILS = ((0.45, 0.45, 0.46), (0.55, 0.55, 0.56))
WOODS = ((0.45, 0.3, 0.18), (0.3, 0.2, 0.12), (0.2, 0.17, 0.15))
LINE_COLOURS = ((0.6, 0.72, 0.88), (0.72, 0.72, 0.74), (0.6, 0.8, 0.75))
BOX_COLOURS = ((0.25, 0.25, 0.28), (0.15, 0.25, 0.5), (0.8, 0.35, 0.3))


@dataclass(frozen=True)
class Light:
    """How light falls on a page, and how a camera takes it; ranges are drawn from evenly.

    Parameters
    ----------
    shadow
        "none", "soft" or "hard": a shadow over a part of the page.
    vignette
        How much darker corners are.
    tilt
        How far corners are off, as a share of the picture's side.
    turn
        The largest rotation, in degrees.
    blur
        The standard deviation of what is out of focus, as a share of the digit's height.
    noise
        The standard deviation of the sensor's noise, as a share of white.
    quality
        Of JPEG, 1 to 95.
    """

    shadow: str = "none"
    vignette: tuple[float, float] = (0.0, 0.25)
    tilt: float = 0.02
    turn: float = 4.0
    blur: tuple[float, float] = (0.0, 0.01)
    noise: tuple[float, float] = (0.003, 0.015)
    quality: tuple[int, int] = (60, 91)


def textured(shape: tuple[int, int], colour: tuple[float, ...], rng: Rng, strength: float = 1.0) -> Floats:
    """Return paper: float (h, w, 3), its grain fine and its clouds wide."""
    grain = ndimage.gaussian_filter(rng.normal(0, 1, shape), rng.uniform(0.5, 1.5))
    clouds = _enlarged(rng.normal(0, 1, (6, 6)), shape)
    uneven = 1 + strength * (rng.uniform(0.005, 0.02) * grain / grain.std() + rng.uniform(0, 0.015) * clouds)
    return np.asarray(np.array(colour) * uneven[..., None])


def on_a_table(page: Floats, rng: Rng) -> Floats:
    """Return the page on dark wood, of which a tenth to a fifth of its side is seen on each side."""
    height, width = page.shape[:2]
    top, left, bottom, right = (round(rng.uniform(0.1, 0.2) * min(height, width)) for _ in range(4))
    shape = height + top + bottom, width + left + right
    grain = ndimage.gaussian_filter(rng.normal(0, 1, shape), (1.5, 40))
    table = np.array(WOODS[rng.integers(len(WOODS))]) * (1 + 0.25 * grain / grain.std())[..., None]
    table[top : top + height, left : left + width] = page
    return np.asarray(table)


def laid_on(page: Floats, cover: Floats, colour: tuple[float, ...], place: tuple[int, int]) -> Floats:
    """Return the page with ink on it; what would lie outside is cut off."""
    whole = np.zeros(page.shape[:2])
    top, left = place
    height, width = cover.shape
    rows, columns = slice(max(top, 0), max(top + height, 0)), slice(max(left, 0), max(left + width, 0))
    seen = whole[rows, columns].shape
    whole[rows, columns] = cover[max(-top, 0) :, max(-left, 0) :][: seen[0], : seen[1]]
    return page * (1 - whole[..., None]) + np.array(colour) * whole[..., None]


def uneven(cover: Floats, rng: Rng, strength: float) -> Floats:
    """Return ink as a dry pen leaves it: less on the paper's grain."""
    grain = ndimage.gaussian_filter(rng.normal(0, 1, cover.shape), max(0.6, max(cover.shape) / 150))
    return np.asarray(cover * np.clip(1 - strength * (0.5 + 0.5 * grain / grain.std()), 0, 1))


def ruled(shape: tuple[int, int], pitch: float, rng: Rng, *, grid: bool) -> Floats:
    """Return printed lines, level and with `grid` upright too: how much of each pixel they cover."""
    height, width = shape
    thick = max(1.0, pitch * rng.uniform(0.02, 0.04))
    cover = _lines(height, pitch, thick, rng)[:, None] * np.ones(width)
    if grid:
        cover = np.maximum(cover, _lines(width, pitch, thick, rng)[None, :])
    return cover


def _lines(length: int, pitch: float, thick: float, rng: Rng) -> Floats:
    at = (np.arange(length) + rng.uniform(0, pitch)) % pitch
    return np.asarray(np.clip(thick / 2 + 0.5 - np.abs(at - pitch / 2), 0, 1))


def boxed(shape: tuple[int, int], box: tuple[int, int, int, int], thick: int) -> Floats:
    """Return the edges of a box (top, left, bottom, right), which may lie partly outside."""
    cover = np.zeros(shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    top, left, bottom, right = box
    outside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    inside = (
        (rows >= top + thick)
        & (rows < bottom - thick)
        & (columns >= left + thick)
        & (columns < right - thick)
    )
    cover[outside & ~inside] = 1
    return cover


def photographed(page: Floats, height: float, light: Light, rng: Rng) -> bytes:
    """Return a JPEG of a page.

    Parameters
    ----------
    page : float (h, w, 3)
        What share of red, green and blue it throws back.
    height
        Of the digit in pixels, the measure of blur.
    light
        How it is taken.
    """
    seen = _moved(page, light, rng) * _shading(page.shape[:2], light, rng)[..., None]
    blurred = ndimage.gaussian_filter(seen, (*[height * rng.uniform(*light.blur)] * 2, 0))
    balanced = blurred * rng.uniform(0.92, 1.0, 3) * rng.uniform(0.85, 1.02)
    noise = rng.uniform(*light.noise) * rng.normal(0, 1, seen.shape) * np.sqrt(0.3 + balanced.clip(0))
    return encoded(balanced + noise, "JPEG", quality=int(rng.integers(*light.quality)))


def _moved(page: Floats, light: Light, rng: Rng) -> Floats:
    """Return the page turned and seen from aside; what was outside of it looks as its edge does."""
    height, width = page.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    middle = np.array([width / 2, height / 2])
    angle = math.radians(rng.uniform(-light.turn, light.turn))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    from_ = (
        (corners - middle) @ turn.T + middle + rng.uniform(-light.tilt, light.tilt, (4, 2)) * (width, height)
    )
    rows, columns = np.mgrid[:height, :width]
    places = np.stack([columns.ravel(), rows.ravel(), np.ones(height * width)])
    across, down, depth = _homography(corners, from_) @ places
    at = [(down / depth).reshape(height, width), (across / depth).reshape(height, width)]
    return np.stack(
        [ndimage.map_coordinates(page[..., each], at, order=1, mode="nearest") for each in range(3)], axis=2
    )


def _homography(source: Floats, target: Floats) -> Floats:
    """Return the matrix (3, 3) that takes four points to four others, by the eight equations that say so."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1).reshape(3, 3)


def _shading(shape: tuple[int, int], light: Light, rng: Rng) -> Floats:
    """Return the light on each pixel: brighter to one side, darker in the corners, a shadow over a part."""
    height, width = shape
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * math.pi)
    side = down * math.sin(angle) + across * math.cos(angle)
    even = 1 - rng.uniform(0, 0.12) * (side + 1) - rng.uniform(*light.vignette) * (down**2 + across**2) / 2
    if light.shadow == "none":
        return np.asarray(even)
    bent = side + rng.uniform(-0.3, 0.3) * (across * math.sin(angle) - down * math.cos(angle)) ** 2
    edge = rng.uniform(0.1, 0.5) if light.shadow == "soft" else rng.uniform(0.005, 0.03)
    depth = rng.uniform(0.25, 0.55)
    shaded = expit((bent - rng.uniform(-0.5, 0.5)) / edge * 4)
    return np.asarray(even * (1 - depth * shaded))


def _enlarged(small: Floats, shape: tuple[int, int]) -> Floats:
    image = Image.fromarray(small.astype(np.float32)).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(image, np.float64)


def encoded(shares: Floats, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture file: shares of white (h, w), (h, w, 3), or with what they cover (h, w, 4)."""
    file = io.BytesIO()
    Image.fromarray(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)).save(file, kind, **options)
    return file.getvalue()
