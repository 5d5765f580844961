"""Pictures of what is no digit, for measuring refusal: none of them is made as the guard's impostors are.

Letters come from other fonts (Debian's fonts-liberation, fonts-freefont-ttf, fonts-urw-base35 and
fonts-comic-neue; those that are not here are left out), photos are those that scikit-learn and matplotlib
bring, and shapes and textures are drawn by other code. Each picture is uint8 (96, 96, 3).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.datasets import load_sample_images

Rng = np.random.Generator
Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]
Maker = Callable[[Rng], Picture]
Place = tuple[float, float]
Line = Sequence[Place]

SIDE = 96
FONT_FOLDERS = ("truetype/liberation", "truetype/freefont", "opentype/urw-base35", "opentype/comic-neue")
NO_LETTERS = ("D050000L", "StandardSymbolsPS")
# Letters that are a digit in shape, in some hand or font: 0, 1, 2, 5, 6, 8 or 9.
LOOK_ALIKES = "BbDGgIiJjlLCcOoQqSsZz"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PLAIN_LETTERS = "".join(letter for letter in ALPHABET if letter not in LOOK_ALIKES)
SIGNS = "αβγδεζηθλμξπρστφχψωΓΔΛΞΠΣΦΨΩЖЯЮФЩДЦ&@#%$?!*"
TAU = 2 * np.pi


def pictures(kind: str, count: int, *, seed: int = 0) -> list[Picture]:
    """Return pictures of a kind: one of `KINDS`, or "printed digits", which are none to be refused."""
    rng = np.random.default_rng([seed, *kind.encode()])
    return [MAKERS[kind](rng) for _ in range(count)]


def blank(rng: Rng) -> Picture:
    """Return paper of any colour, even or with the light falling off, with the noise of a camera or none."""
    page = np.full((SIDE, SIDE), float(rng.choice([0, 30, 128, 200, 240, 255])))
    how = rng.integers(4)
    if how == 1:
        page = np.broadcast_to(np.linspace(rng.uniform(60, 255), rng.uniform(60, 255), SIDE), (SIDE, SIDE))
    if how == 2:
        clouds = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 20)
        page = 200 + 40 * clouds / abs(clouds).max()
    noise = rng.uniform(0, 3) if how else 0.0
    return _grey(page + rng.normal(0, 1, (SIDE, SIDE)) * noise)


def noise(rng: Rng) -> Picture:
    """Return noise: in colour, grey, black and white, or in clouds."""
    how = rng.integers(5)
    if how == 0:
        return rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    if how == 1:
        return _grey(128 + rng.normal(0, rng.uniform(10, 60), (SIDE, SIDE)))
    if how == 2:
        return _grey(np.where(rng.random((SIDE, SIDE)) < rng.uniform(0.02, 0.5), 0, 255))
    clouds = _stretched(ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), rng.uniform(0.7, 5)))
    share = rng.uniform(0.3, 0.8)
    return _grey(255 * clouds if how == 3 else np.where(clouds > np.quantile(clouds, share), 255, 0))


def texture(rng: Rng) -> Picture:
    """Return stripes, checks, grids, dots, bricks, rings, wood, hatching or cracks over the whole picture."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    length, angle = rng.uniform(6, 24), rng.uniform(0, np.pi)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    row = y // (length * 0.7 + 3)
    mortar = ((y % (length * 0.7 + 3)) < 2) | (((x + row % 2 * length) % (2 * length)) < 2)
    grain = 20 * ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 4)
    corners = rng.uniform(0, SIDE, (25, 2))
    far = np.sort(np.hypot(x[..., None] - corners[:, 0], y[..., None] - corners[:, 1]), axis=2)
    kinds: list[NDArray[Any]] = [
        np.sin(u * TAU / length) > rng.uniform(-0.5, 0.5),
        np.sin(u * TAU / length) * np.sin(v * TAU / length) > 0,
        (u % length > 2.5) & (v % length > 2.5),
        np.hypot(u % length - length / 2, v % length - length / 2) > 0.3 * length,
        ~mortar,
        np.sin(np.hypot(x - SIDE / 2, y - SIDE / 3) * TAU / length),
        np.sin((u + 6 * np.sin(v / 7) + grain) * TAU / length),
        far[..., 1] - far[..., 0] > 3,
        ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), (0.5, 6)),
    ]
    pattern = _stretched(kinds[rng.integers(len(kinds))].astype(float))
    return _grey(30 + 200 * pattern + rng.normal(0, 4, (SIDE, SIDE)))


def photo(rng: Rng) -> Picture:
    """Return a square cut from a photo: a temple, a flower, a portrait, a present, a relief."""
    photos = _photos()
    whole = photos[int(rng.integers(len(photos)))]
    height, width = whole.shape[:2]
    side = int(rng.uniform(0.25, 1) * min(height, width))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    cut = Image.fromarray(whole[top : top + side, left : left + side])
    return np.asarray(cut.resize((SIDE, SIDE), Image.Resampling.BOX))


def scribble(rng: Rng) -> Picture:
    """Return one smooth line through points drawn anywhere, or each near the one before."""
    count = int(rng.integers(5, 14))
    points = rng.uniform(12, SIDE - 12, (count, 2))
    if rng.random() < 0.5:
        points = np.clip(SIDE / 2 + np.cumsum(rng.normal(0, 14, (count, 2)), axis=0), 6, SIDE - 6)
    at = np.linspace(0, count - 1, 200)
    line = np.stack([ndimage.map_coordinates(points[:, axis], [at], order=3) for axis in (0, 1)], axis=1)
    return _drawn([_places(line)], int(rng.integers(2, 7)))


def animal(rng: Rng) -> Picture:
    """Return a beast with a body, legs, a neck and a head, filled: a horse, more or less."""
    image, draw = _page()
    x, y, long, high = 46 + rng.normal(0, 3), 48 + rng.normal(0, 3), rng.uniform(18, 26), rng.uniform(8, 13)
    draw.ellipse((x - long, y - high, x + long, y + high), fill=0)
    for share in (-0.85, -0.55, 0.55, 0.85):
        foot = (x + share * long + rng.normal(0, 3), y + high + rng.uniform(12, 24))
        draw.line([(x + share * long, y), foot], fill=0, width=int(rng.integers(3, 7)))
    head = (x + long * rng.uniform(1.1, 1.5), y - high - rng.uniform(6, 16))
    draw.line([(x + 0.8 * long, y), head], fill=0, width=int(rng.integers(6, 11)))
    draw.ellipse((head[0] - 6, head[1] - 4, head[0] + 9, head[1] + 5), fill=0)
    tail = (x - long - rng.uniform(4, 12), y + rng.uniform(-4, 14))
    draw.line([(x - long, y - 2), tail], fill=0, width=3)
    picture = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image
    return _grey(np.asarray(picture, float))


def letter(rng: Rng, characters: str) -> Picture:
    """Return one character in a font."""
    return _text(str(rng.choice(list(characters))), int(rng.integers(40, 70)), rng)


def sign(rng: Rng) -> Picture:
    """Return a Greek or Cyrillic letter or a sign, in a font that has them."""
    having = [path for path in fonts() if path.stem.startswith(("FreeSans", "FreeSerif", "Liberation"))]
    return _text(str(rng.choice(list(SIGNS))), int(rng.integers(40, 70)), rng, having)


def word(rng: Rng) -> Picture:
    """Return two to five letters in a font."""
    return _text("".join(rng.choice(list(ALPHABET), rng.integers(2, 6))), 28, rng)


def shape(rng: Rng, names: Sequence[str]) -> Picture:
    """Return one of `SHAPES`, drawn with a pen of any width, turned a little."""
    lines, filled = SHAPES[names[int(rng.integers(len(names)))]]
    turn, size = rng.normal(0, 0.15), rng.uniform(22, 38)
    turned = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = SIDE / 2 + rng.uniform(-6, 6, 2)
    squeezed = rng.uniform(0.75, 1, 2)
    placed = [_places((np.array(line) * squeezed) @ turned.T + middle) for line in lines]
    return _drawn(placed, int(rng.integers(3, 9)), filled=filled)


def _circle(radius: float = 1.0, across: float = 0.0, down: float = 0.0, part: float = 1.0) -> Line:
    angles = np.linspace(0, TAU * part, 60)
    return _places(np.stack([across + radius * np.cos(angles), down + radius * np.sin(angles)], axis=1))


def _star(points: int, inner: float) -> Line:
    angles = -np.pi / 2 + np.arange(2 * points + 1) * np.pi / points
    radius = np.where(np.arange(2 * points + 1) % 2, inner, 1)
    return _places(np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1))


def _heart() -> Line:
    t = np.linspace(0, TAU, 80)
    down = (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    return _places(np.stack([np.sin(t) ** 3, -down], axis=1))


def _wave() -> Line:
    x = np.linspace(-1, 1, 80)
    return _places(np.stack([x, 0.35 * np.sin(8 * x)], axis=1))


def _spiral() -> Line:
    t = np.linspace(0, 1, 160)
    return _places(np.stack([t * np.cos(16 * t), t * np.sin(16 * t)], axis=1))


def _places(points: Floats) -> Line:
    return [(float(x), float(y)) for x, y in points]


BOX = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)]
TRIANGLE = [(0.0, -1.0), (0.95, 0.8), (-0.95, 0.8), (0.0, -1.0)]
DIAMOND = [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
HOUSE = [(-1.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (1.0, 1.0), (-1.0, 1.0)]
BOLT = [(0.2, -1.0), (-0.6, 0.1), (0.0, 0.1), (-0.2, 1.0), (0.6, -0.15), (0.0, -0.15), (0.2, -1.0)]

SHAPES: dict[str, tuple[Sequence[Line], bool]] = {
    "disc": ([_circle()], True),
    "box": ([BOX], False),
    "square": ([BOX], True),
    "triangle": ([TRIANGLE], False),
    "filled triangle": ([TRIANGLE], True),
    "diamond": ([DIAMOND], False),
    "pentagon": ([_star(5, float(np.cos(np.pi / 5)))], False),
    "star": ([_star(5, 0.4)], False),
    "filled star": ([_star(6, 0.5)], True),
    "cross": ([[(-1, -1), (1, 1)], [(1, -1), (-1, 1)]], False),
    "plus": ([[(0, -1), (0, 1)], [(-1, 0), (1, 0)]], False),
    "arrow": ([[(-1, 0), (1, 0)], [(0.5, -0.5), (1, 0), (0.5, 0.5)]], False),
    "heart": ([_heart()], False),
    "filled heart": ([_heart()], True),
    "house": ([HOUSE, [(-1, 0), (1, 0)]], False),
    "face": (
        [_circle(), _circle(0.1, -0.4, -0.3), _circle(0.1, 0.4, -0.3), _circle(0.5, 0, 0.1, 0.5)],
        False,
    ),
    "spiral": ([_spiral()], False),
    "wave": ([_wave()], False),
    "rings": ([_circle(), _circle(0.5)], False),
    "ladder": (
        [
            [(-0.6, -1), (-0.6, 1)],
            [(0.6, -1), (0.6, 1)],
            [(-0.6, -0.4), (0.6, -0.4)],
            [(-0.6, 0.3), (0.6, 0.3)],
        ],
        False,
    ),
    "window": ([BOX, [(0, -1), (0, 1)], [(-1, 0), (1, 0)]], False),
    "equals": ([[(-1, -0.4), (1, -0.4)], [(-1, 0.4), (1, 0.4)]], False),
    "envelope": ([[(-1, -0.7), (1, -0.7), (1, 0.7), (-1, 0.7), (-1, -0.7), (0, 0), (1, -0.7)]], False),
    "bolt": ([BOLT], True),
    "hourglass": ([[(-0.8, -1), (0.8, -1), (-0.8, 1), (0.8, 1), (-0.8, -1)]], False),
    "tick": ([[(-1, 0.1), (-0.4, 0.8), (1, -0.9)]], False),
    "circle": ([_circle()], False),
    "line": ([[(0, -1), (0, 1)]], False),
}
# A circle is a 0, and a line a 1, an hourglass an angular 8.
DIGITS_IN_SHAPE = ("circle", "line", "hourglass")
PLAIN_SHAPES = tuple(name for name in SHAPES if name not in DIGITS_IN_SHAPE)


@lru_cache
def fonts() -> tuple[Path, ...]:
    """Return the font files to draw letters with."""
    root = Path("/usr/share/fonts")
    found = [path for name in FONT_FOLDERS for path in sorted((root / name).glob("*.[to]tf"))]
    if not found:
        raise SystemExit(f"refusal.py: no fonts in {root}: install fonts-liberation or fonts-freefont-ttf.")
    return tuple(path for path in found if path.stem not in NO_LETTERS)


@lru_cache
def _photos() -> tuple[Picture, ...]:
    folder = Path(matplotlib.get_data_path()) / "sample_data"
    names = ("grace_hopper.jpg", "Minduka_Present_Blue_Pack.png")
    brought = [np.asarray(Image.open(folder / name).convert("RGB")) for name in names]
    relief = np.load(folder / "jacksboro_fault_dem.npz")["elevation"].astype(float)
    return (*load_sample_images().images, *brought, _grey(255 * _stretched(relief)))


def _text(text: str, size: int, rng: Rng, among: Sequence[Path] = ()) -> Picture:
    image, draw = _page()
    files = among or fonts()
    font = ImageFont.truetype(files[int(rng.integers(len(files)))], size)
    draw.text((SIDE / 2, SIDE / 2), text, font=font, fill=0, anchor="mm")
    return _grey(np.asarray(image, float))


def _drawn(lines: Sequence[Line], width: int, *, filled: bool = False) -> Picture:
    image, draw = _page()
    for line in lines:
        if filled:
            draw.polygon(line, fill=0)
        draw.line(line, fill=0, width=width, joint="curve")
    return _grey(np.asarray(image, float))


def _page() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (SIDE, SIDE), 255)
    return image, ImageDraw.Draw(image)


def _grey(values: NDArray[Any]) -> Picture:
    return np.repeat(np.clip(np.rint(values), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _stretched(values: Floats) -> Floats:
    return np.asarray((values - values.min()) / max(float(np.ptp(values)), 1e-9))


MAKERS: dict[str, Maker] = {
    "blank": blank,
    "noise": noise,
    "textures": texture,
    "shapes": lambda rng: shape(rng, PLAIN_SHAPES),
    "letters": lambda rng: letter(rng, PLAIN_LETTERS),
    "words": word,
    "signs": sign,
    "scribbles": scribble,
    "photos": photo,
    "animals": animal,
    "look-alike letters": lambda rng: letter(rng, LOOK_ALIKES),
    "look-alike shapes": lambda rng: shape(rng, DIGITS_IN_SHAPE),
    "printed digits": lambda rng: letter(rng, "0123456789"),
}
KINDS = tuple(MAKERS)[:-1]
UNMISTAKABLE = KINDS[:-2]
