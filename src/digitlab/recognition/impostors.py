"""What is no digit, made of nothing but code, the letters that matplotlib brings, and digits spoilt.

A model has seen only digits and calls everything one of them. Shown these as well, a second model learns
where digits end.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digitlab.data import Dataset
from digitlab.data.framing import Geometry, framed

__all__ = ["impostors", "printed_digits"]

Points = NDArray[np.float64]
Bitmap = NDArray[np.bool_]
T = TypeVar("T")
Maker = Callable[[np.random.Generator], Bitmap]

# The side of the square that all is drawn in, and of one that holds fields of noise, in pixels.
SIDE, FIELD = 84, 28

# The fonts that matplotlib brings: the first ones have Greek and Cyrillic letters too.
WORLDLY: tuple[str, ...] = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Italic",
)
WORLDLY += ("DejaVuSerif-Bold", "DejaVuSansMono", "DejaVuSansMono-Oblique")
LATIN = ("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "cmr10", "cmti10", "cmss10", "cmtt10", "cmb10")
# All but I, l, O and o, which are a 1 and a 0 in shape. To know an S from a 5 takes having seen both.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
SIGNS = "&?!@#%$*+="
FOREIGN = "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩЖЗИЙЛУФЦЧШЩЪЫЬЭЮЯджлфцшщюя∂∑√∞∫≈≠≤≥"
DIGITS = "0123456789"

# How often each kind is made.
SHARES = {"strokes": 12, "letters": 12, "foreign": 4, "words": 2, "fields": 4, "blobs": 3, "spoilt": 4}


def impostors(count: int, digits: Dataset, geometry: Geometry, *, seed: int = 0) -> NDArray[np.uint8]:
    """Return pictures of what is no digit, framed as digits are, uint8 (count, h, w).

    Parameters
    ----------
    count
        How many.
    digits
        Those that are mirrored, turned, cut up and set side by side.
    geometry
        How they are framed.
    seed
        The same seed gives the same pictures.
    """
    rng = np.random.default_rng(seed)
    shares = np.array(list(SHARES.values())) / sum(SHARES.values())
    kinds = rng.multinomial(count, shares)
    made = dict(zip(SHARES, kinds.tolist(), strict=True))
    spoilt = _spoilt(digits, made.pop("spoilt"), rng)
    return np.concatenate([spoilt, *(_many(MAKERS[kind], n, geometry, rng) for kind, n in made.items())])


def printed_digits(count: int, geometry: Geometry, *, seed: int = 0) -> Dataset:
    """Return digits as fonts have them, framed as written ones are, as many of each as of any other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % len(DIGITS)
    pixels = [framed(_glyph(rng, DIGITS[label]), geometry) for label in labels]
    return Dataset(np.stack(pixels), labels, name="printed digits")


def _many(make: Maker, count: int, geometry: Geometry, rng: np.random.Generator) -> NDArray[np.uint8]:
    pictures = [np.zeros((0, *geometry.image_shape), np.uint8)]
    while len(pictures) <= count:
        bitmap = make(rng)
        if bitmap.any():
            pictures.append(framed(bitmap, geometry)[None])
    return np.concatenate(pictures)


def _strokes(rng: np.random.Generator) -> Bitmap:
    """Draw one to four lines, arcs, polygons or spirals with one pen."""
    image = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    width, filled = int(rng.integers(4, 14)), rng.random() < 0.2
    for _ in range(rng.choice([1, 1, 2, 2, 3, 4])):
        line = _one_of(LINES, rng)(rng) * SIDE
        places = [(float(x), float(y)) for x, y in line]
        if filled:
            draw.polygon(places, fill=255)
        draw.line(places, fill=255, width=width, joint="curve")
    return np.asarray(image) > 0


def _corners(rng: np.random.Generator) -> Points:
    return rng.uniform(0.1, 0.9, (int(rng.integers(2, 7)), 2))


def _scribble(rng: np.random.Generator) -> Points:
    """Return a smooth line through points drawn anywhere, or each near the one before."""
    count = int(rng.integers(3, 10))
    points = rng.uniform(0.1, 0.9, (count, 2))
    if rng.random() < 0.5:
        points = 0.5 + np.cumsum(rng.normal(0, 0.15, (count, 2)), axis=0)
    for _ in range(3):
        start, stop = points[:-1], points[1:]
        points = np.stack([0.75 * start + 0.25 * stop, 0.25 * start + 0.75 * stop], axis=1).reshape(-1, 2)
    return points


def _arc(rng: np.random.Generator) -> Points:
    begin = rng.uniform(0, 2 * np.pi)
    angles = np.linspace(begin, begin + rng.uniform(1, 2 * np.pi), 24)
    return rng.uniform(0.3, 0.7, 2) + rng.uniform(0.12, 0.45, 2) * _circle(angles)


def _polygon(rng: np.random.Generator) -> Points:
    """Return a closed polygon, or a star."""
    count = int(rng.integers(3, 11))
    radius = np.full(count + 1, rng.uniform(0.2, 0.45))
    if count % 2 == 0 and rng.random() < 0.6:
        radius[1::2] *= rng.uniform(0.3, 0.8)
    angles = rng.uniform(0, 2 * np.pi) + np.arange(count + 1) * 2 * np.pi / count
    return rng.uniform(0.4, 0.6, 2) + radius[:, None] * rng.uniform(0.6, 1, 2) * _circle(angles)


def _symmetric(rng: np.random.Generator) -> Points:
    """Return a line and its mirror image, closed: hearts, hourglasses, arrows, towers."""
    half = rng.uniform((0.05, 0.05), (0.5, 0.95), (int(rng.integers(3, 7)), 2))
    half[[0, -1], 0] = 0.5
    points = np.concatenate([half, np.array([1.0, 0.0]) + np.array([-1.0, 1.0]) * half[::-1]])
    return np.asarray(points if rng.random() < 0.7 else points[:, ::-1])


def _spiral(rng: np.random.Generator) -> Points:
    angles = np.linspace(0, rng.uniform(8, 25), 80)
    return np.asarray(0.5 + 0.4 * (angles / angles[-1])[:, None] * _circle(angles))


def _circle(angles: NDArray[np.float64]) -> Points:
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


LINES: Sequence[Callable[[np.random.Generator], Points]] = (
    _corners,
    _scribble,
    _scribble,
    _arc,
    _polygon,
    _polygon,
    _symmetric,
    _symmetric,
    _spiral,
)


def _one_of(choices: Sequence[T], rng: np.random.Generator) -> T:
    return choices[int(rng.integers(len(choices)))]


def _letter(rng: np.random.Generator) -> Bitmap:
    return _glyph(rng, LETTERS + LETTERS + SIGNS)


def _foreign(rng: np.random.Generator) -> Bitmap:
    return _glyph(rng, FOREIGN, WORLDLY)


def _glyph(rng: np.random.Generator, characters: str, fonts: Sequence[str] = WORLDLY + LATIN) -> Bitmap:
    """Draw one character, turned and slanted as by a hand."""
    image = Image.new("L", (SIDE, SIDE))
    font = _font(_one_of(fonts, rng), SIDE // 2)
    character = _one_of(characters, rng)
    ImageDraw.Draw(image).text((SIDE / 2, SIDE / 2), character, font=font, fill=255, anchor="mm")
    turn, slant, size = rng.normal(0, 0.1), rng.normal(0, 0.15), rng.uniform(0.8, 1)
    hand = size * np.array([[np.cos(turn), slant - np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    (a, b), (d, e) = hand
    c, f = SIDE / 2 - hand @ np.full(2, SIDE / 2)
    seen = image.transform(image.size, Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR)
    return np.asarray(seen) > 127


def _word(rng: np.random.Generator) -> Bitmap:
    image = Image.new("L", (2 * SIDE, SIDE))
    font = _font(_one_of(WORLDLY + LATIN, rng), SIDE // 3)
    text = "".join(rng.choice(list(LETTERS + DIGITS), rng.integers(2, 5)))
    ImageDraw.Draw(image).text((SIDE, SIDE / 2), text, font=font, fill=255, anchor="mm")
    return np.asarray(image) > 127


def _field(rng: np.random.Generator) -> Bitmap:
    """Return noise of any coarseness, stripes or a chequerboard, in two colours, over the whole square."""
    if rng.random() < 0.3:
        return _enlarged(_waves(rng) > rng.uniform(-0.5, 0.5))
    return _enlarged(_share_above(_clouds(rng), rng.uniform(0.2, 0.9)))


def _blob(rng: np.random.Generator) -> Bitmap:
    """Return a filled ellipse or rectangle, or a part of one as clouds cut it out."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    height, width = rng.uniform(0.15, 0.5, 2)
    blob = (x / width) ** 2 + (y / height) ** 2 < 1
    if rng.random() < 0.4:
        blob = (abs(x) < width) & (abs(y) < height)
    if rng.random() < 0.7:
        blob = blob & _enlarged(_share_above(_clouds(rng), rng.uniform(0.1, 0.6)))
    return np.asarray(blob)


def _clouds(rng: np.random.Generator) -> NDArray[np.float64]:
    noise = rng.normal(size=(FIELD, FIELD))
    return np.asarray(ndimage.gaussian_filter(noise, rng.uniform(0.2, 4, 2), mode="wrap"))


def _waves(rng: np.random.Generator) -> NDArray[np.float64]:
    y, x = np.mgrid[:FIELD, :FIELD]
    angle, length = rng.uniform(0, np.pi), rng.uniform(3, 15)
    along = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / length)
    across = np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / length)
    return np.asarray(along * across if rng.random() < 0.5 else along)


def _share_above(values: NDArray[np.float64], share: float) -> Bitmap:
    return np.asarray(values > np.quantile(values, share))


def _enlarged(small: Bitmap) -> Bitmap:
    return np.kron(small, np.ones((SIDE // FIELD, SIDE // FIELD), dtype=bool))


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size)


MAKERS: dict[str, Maker] = {
    "strokes": _strokes,
    "letters": _letter,
    "foreign": _foreign,
    "words": _word,
    "fields": _field,
    "blobs": _blob,
}


def _spoilt(digits: Dataset, count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return digits mirrored, turned on their side, of two tops, and side by side."""

    def some(share: int, of: Sequence[int]) -> NDArray[np.uint8]:
        rows = np.flatnonzero(np.isin(digits.labels, of))
        return digits.pixels[rng.choice(rows, share)] if len(rows) else digits.pixels[:0]

    mirrored, turned, tops, pairs = (count // 4 + (part < count % 4) for part in range(4))
    return np.concatenate(
        [
            some(mirrored, (2, 3, 4, 5, 6, 7, 9))[:, :, ::-1],
            np.rot90(some(turned, (2, 3, 4, 5, 7)), 1 if rng.random() < 0.5 else -1, (1, 2)),
            _stacked(some(tops, range(10)), some(tops, range(10))),
            _beside(some(pairs, range(10)), some(pairs, range(10))),
        ]
    )


def _stacked(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the upper halves of two digits above each other."""
    half = upper.shape[1] // 2
    return np.concatenate([upper[:, :half], lower[:, : upper.shape[1] - half]], axis=1)


def _beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put two digits side by side at half their size; sides are even."""
    count, height, width = left.shape
    pair: NDArray[Any] = np.concatenate([left, right], axis=2).astype(np.float32)
    small = pair.reshape(count, height // 2, 2, width, 2).mean(axis=(2, 4))
    small *= 255 / np.maximum(small.max(axis=(1, 2), keepdims=True), 1)
    margin = height // 4
    padded = np.pad(small, ((0, 0), (margin, height - height // 2 - margin), (0, 0)))
    return np.asarray(np.rint(padded), np.uint8)
