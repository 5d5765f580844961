"""Pictures of strings, made from digits that people wrote: near or far, on paper of all kinds, in forms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from digitlab import Dataset

Floats = NDArray[np.float32]
Labels = NDArray[np.intp]

# The least gap between two neighbours, in pixels of the data set; below 0 they overlap.
SPACINGS = {
    "wide": (6.0, 12.0),
    "usual": (2.0, 5.0),
    "tight": (0.5, 1.5),
    "touching": (-1.5, -0.5),
    "overlapping": (-3.5, -2.0),
}
SCALE = 3
SIGNS = "-./+()"


@dataclass(frozen=True)
class Written:
    r"""A picture of digits: uint8 (h, w, 3); its text, "\n" between lines; whose ink is where.

    Owners are 1 for the first digit and so on, -1 for the first sign, and 0 where no ink is.
    """

    picture: NDArray[np.uint8]
    text: str
    owners: Labels


def written(
    digits: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    generator: np.random.Generator,
    *,
    spacing: str = "usual",
    signs: float = 0.0,
    form: str = "",
) -> Written:
    """Write digits in a row, each enlarged, moved and of a size of its own, all slanted alike."""
    slant, rise = generator.uniform(-0.15, 0.15), generator.uniform(-0.03, 0.03)
    sizes = generator.uniform(0.85, 1.15, len(digits)) * SCALE
    row: list[tuple[Floats, int]] = []
    for number, (digit, size) in enumerate(zip(digits, sizes, strict=True), start=1):
        row.append((slanted(enlarged(digit, size), slant), number))
        if number < len(digits) and generator.random() < signs:
            row.append((sign(str(generator.choice(list(SIGNS))), slant, generator), -number))
    gaps = generator.uniform(*SPACINGS[spacing], len(row)) * SCALE
    if not signs:
        gaps = np.where(generator.random(len(row)) < 0.75, gaps, np.abs(gaps))
    ink, owners = placed(row, gaps, rise, generator)
    ink = np.maximum(ink, printed(form, ink.shape, owners, generator))
    return Written(on_paper(ink, generator), "".join(map(str, labels)), owners)


def enlarged(digit: NDArray[np.uint8], size: float) -> Floats:
    """Return a digit's ink, 0 to 1, `size` pixels for each of its own."""
    side = [max(1, round(length * size)) for length in digit.shape]
    image = Image.fromarray(digit).resize((side[1], side[0]), Image.Resampling.BICUBIC)
    return np.asarray(np.asarray(image) / 255, np.float32)


def slanted(ink: Floats, slant: float) -> Floats:
    """Lean ink to the right, by `slant` pixels for each that it goes up."""
    wide = np.pad(ink, ((0, 0), (8, 8)))
    moved = ndimage.affine_transform(wide, [[1, 0], [slant, 1]], [0, -slant * len(ink) / 2], order=1)
    return np.asarray(moved)


def sign(kind: str, slant: float, generator: np.random.Generator) -> Floats:
    """Draw a sign as a pen does, on a tile as high as a digit's."""
    side = 28 * SCALE
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    width, high = int(generator.integers(5, 9)), 20 * SCALE * generator.uniform(0.9, 1.2)
    middle, top = side / 2, (side - high) / 2
    wobble = generator.uniform(-2, 2, 4)
    if kind == "-":
        pen.line(
            [(middle - high / 5, middle + wobble[0]), (middle + high / 5, middle + wobble[1])], 255, width
        )
    elif kind == ".":
        spot = width * generator.uniform(0.5, 0.9)
        pen.ellipse([middle - spot, top + high - 2 * spot, middle + spot, top + high], 255)
    elif kind == "/":
        lean = high * generator.uniform(0.2, 0.35)
        pen.line([(middle + lean, top), (middle - lean, top + high)], 255, width)
    elif kind == "+":
        arm = high * 0.28
        pen.line([(middle - arm, middle + wobble[0]), (middle + arm, middle + wobble[1])], 255, width)
        pen.line([(middle + wobble[2], middle - arm), (middle + wobble[3], middle + arm)], 255, width)
    else:
        down = np.linspace(-1, 1, 15)
        bow = high * generator.uniform(0.12, 0.2) * (1 if kind == "(" else -1)
        points = [(middle + bow * at**2, side / 2 + at * high / 2) for at in down]
        pen.line(points, 255, width, joint="curve")
    soft = ndimage.gaussian_filter(np.asarray(canvas, np.float32) / 255, 0.8)
    return slanted(soft, slant)


def placed(
    row: list[tuple[Floats, int]], gaps: NDArray[np.float64], rise: float, generator: np.random.Generator
) -> tuple[Floats, Labels]:
    """Put tiles side by side, as far apart as the gaps say, in the row where they are nearest."""
    height = 44 * SCALE
    ink = np.zeros((height, 34 * SCALE * (len(row) + 1)), np.float32)
    owners = np.zeros(ink.shape, np.intp)
    frontier, left = np.full(height, -np.inf), 6 * SCALE
    for (tile, number), gap in zip(row, gaps, strict=True):
        top = int((height - len(tile)) / 2 + generator.normal(0, 1) * SCALE - rise * left)
        top = int(np.clip(top, 0, height - len(tile)))
        solid = tile > 0.5
        rows = np.flatnonzero(solid.any(axis=1))
        first, last = solid[rows].argmax(axis=1), solid.shape[1] - solid[rows, ::-1].argmax(axis=1)
        reach = ndimage.maximum_filter1d(frontier, 5)[top + rows]
        clear = reach - first + gap
        at = int(clear.max()) if np.isfinite(clear).any() else left
        # What finds no ink in its rows still goes on to the right.
        at = max(at, left)
        place = ink[top : top + len(tile), at : at + tile.shape[1]]
        whose = owners[top : top + len(tile), at : at + tile.shape[1]]
        tile = tile[:, : place.shape[1]]
        whose[(tile > 0.5) & (tile > place)] = number
        np.maximum(place, tile, out=place)
        frontier[top + rows] = np.maximum(frontier[top + rows], at + last)
        left = at + int(first.min()) + 3
    right = int(np.flatnonzero(ink.max(axis=0) > 0.1)[-1]) + 8 * SCALE
    return ink[:, :right], owners[:, :right]


def printed(form: str, shape: tuple[int, int], owners: Labels, generator: np.random.Generator) -> Floats:
    """Draw what a form has printed: lines, a frame around all, or nothing."""
    height, width = shape
    ink = Image.new("L", (width, height))
    pen, thick = ImageDraw.Draw(ink), int(generator.integers(1, 4))
    rows = np.flatnonzero((owners > 0).any(axis=1))
    if form == "lines":
        tilt = generator.uniform(-0.01, 0.01) * width
        foot = rows[-1] + int(generator.integers(-3, 8))
        for y in (foot, foot - 34 * SCALE, foot + 34 * SCALE):
            pen.line([(0, y), (width, y + tilt)], 255, thick)
    elif form == "grid":
        pitch, start = int(generator.integers(30, 45)), int(generator.integers(0, 30))
        for x in range(start, width, pitch):
            pen.line([(x, 0), (x, height)], 110, 1)
        for y in range(start, height, pitch):
            pen.line([(0, y), (width, y)], 110, 1)
    elif form == "boxes":
        top, bottom = max(1, rows[0] - 9), min(height - 2, rows[-1] + 9)
        for number in range(1, int(owners.max()) + 1):
            columns = np.flatnonzero((owners == number).any(axis=0))
            pen.rectangle([columns[0] - 7, top, columns[-1] + 7, bottom], outline=255, width=thick)
    return np.asarray(np.asarray(ink) / 255 * 0.9, np.float32)


def on_paper(ink: Floats, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Lay ink on paper with a grain, a shade across it and a colour."""
    paper = generator.uniform(0.75, 1.0) * generator.uniform(0.95, 1.0, 3)
    pen = generator.uniform(0.0, 0.3, 3)
    height, width = ink.shape
    shade = 1 - generator.uniform(0, 0.2) * np.linspace(0, 1, width)[None, :, None]
    grain = generator.normal(0, 0.015, (height, width, 1))
    light = (paper * (1 - ink[..., None]) + pen * ink[..., None]) * shade + grain
    return np.asarray(np.clip(np.rint(light * 255), 0, 255), np.uint8)


def drawn_by_one(dataset: Dataset, count: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Return the numbers of `count` images by one writer, or of anybody's where writers are not known."""
    if dataset.writers is None:
        return generator.integers(0, len(dataset.labels), count)
    own = np.flatnonzero(dataset.writers == generator.choice(dataset.writers))
    return generator.choice(own, count)
