"""Ink: any picture made into the pixels that a model was trained on, each step a value that can be shown."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.data.framing import FINE, MNIST, OPTDIGITS, Box, Geometry, box_of, framed
from digitlab.recognition.cleaning import inside, without_frames, without_lines, without_strays
from digitlab.recognition.paper import contrast_of
from digitlab.recognition.sheet import on_its_sheet
from digitlab.recognition.strokes import stroke_width, with_width, without_pinholes

__all__ = ["Found", "Ink", "Stage", "Steps", "find_ink", "frame_ink", "prepare", "stages_of"]

Bitmap = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]

# Ink is looked for in a picture whose longer side has about so many pixels.
LEAST_SIDE, MOST_SIDE = 160, 400

# Below it a picture is no photo: its paper has one colour.
BITMAP_SIDE = 64

# Edges are smoothed over so many of the model's pixels: some pictures show theirs as squares.
SMOOTH = 0.2

# A hole smaller than this, in pixels of the model squared, is grain.
PINHOLE = 0.5

# A digit that fills less of the picture's longer side is looked at again, alone, with so much around it.
SMALL, AROUND = 0.4, 0.35

# A pixel is ink where it has half of what strokes have, if that stands out from the paper's noise.
HALF, NOISE_LIMIT = 0.5, 4

# Strokes that take less of the paper's light than this are no strokes.
FAINTEST = 0.03

# A digit has at least this share of the ink that is neither line nor box nor reaches in from the border.
SCATTERED = 0.35


@dataclass(frozen=True)
class Steps:
    """Which steps are taken; all, but where it is measured what each is worth."""

    sheet: bool = True
    even_light: bool = True
    colour: bool = True
    lines: bool = True
    strays: bool = True
    closer: bool = True
    stroke: bool = True


@dataclass(frozen=True)
class Stage:
    """A step on the way: its name and what the picture was after it, uint8 (h, w) or (h, w, 3)."""

    name: str
    picture: NDArray[np.uint8]


@dataclass(frozen=True)
class Found:
    """The ink of a picture, before it is framed.

    Parameters
    ----------
    ink : float32 (h, w)
        How much there is: 0 is paper, 1 is what strokes have.
    threshold
        From how much on a pixel is ink.
    kept : bool (h, w)
        Where ink is that may belong to a digit.
    specks : bool (h, w)
        Where ink is that was left out for being small and apart from it, inside the picture.
    scale
        How many pixels of these a pixel of the picture has.
    offset
        Row and column, in the picture, of the first pixel.
    strength
        The share of the paper's light that the strokes take away, 0 to 1.
    dark_on_light
        Whether it is darker than its paper.
    """

    ink: Floats
    threshold: float
    kept: Bitmap
    specks: Bitmap
    scale: float
    offset: tuple[int, int]
    strength: float
    dark_on_light: bool

    @property
    def removed(self) -> Bitmap:
        """Ink that belongs to no digit: lines, boxes, specks; bool (h, w)."""
        return np.asarray((self.ink > self.threshold) & ~self.kept)

    @property
    def nothing(self) -> str:
        """Why there is nothing to read; empty where there is."""
        if not self.kept.any():
            return "nothing drawn"
        if self.strength < FAINTEST:
            return "too faint"
        if self.kept.sum() < SCATTERED * (self.kept.sum() + self.specks.sum()):
            return "nothing drawn that stands out: there are specks all over the picture"
        return ""

    def box_in_picture(self, part: Bitmap) -> Box:
        """Return the box of some of the ink, bool (h, w), in the picture's own pixels."""
        top, left, bottom, right = box_of(part)
        down, across = self.offset
        return (
            down + int(top / self.scale),
            across + int(left / self.scale),
            down + int(np.ceil(bottom / self.scale)),
            across + int(np.ceil(right / self.scale)),
        )


@dataclass(frozen=True)
class Ink:
    """What was found in a picture.

    Parameters
    ----------
    pixels : uint8 (h, w)
        What a model reads: 0 for paper, 255 for ink. All 0 where nothing was drawn.
    stages
        Every step, in its order.
    box
        Where the digit is in the picture, in its own pixels; None where nothing was drawn.
    stroke
        The width of its strokes as found, in pixels of `pixels`.
    strength
        The share of the paper's light that the strokes take away, 0 to 1.
    dark_on_light
        Whether it is darker than its paper.
    nothing
        Why there is nothing to read; empty where there is.
    """

    pixels: NDArray[np.uint8]
    stages: tuple[Stage, ...]
    box: Box | None
    stroke: float
    strength: float
    dark_on_light: bool
    nothing: str


def prepare(picture: Picture, geometry: Geometry = MNIST, *, steps: Steps = Steps()) -> Ink:
    """Find the digit in a picture and frame it as training digits are.

    Parameters
    ----------
    picture : uint8 (h, w, 3)
        Red, green and blue, as `open_picture` returns it.
    geometry
        How the training data were made.
    steps
        Which steps are taken.
    """
    found = find_ink(picture, steps=steps)
    shown = stages_of(picture, found)
    if found.nothing:
        blank = np.zeros(geometry.image_shape, np.uint8)
        return Ink(blank, shown, None, 0.0, found.strength, found.dark_on_light, found.nothing)
    ink = frame_ink(found, found.kept, geometry, steps=steps)
    return replace(ink, stages=shown + ink.stages)


def find_ink(picture: Picture, *, steps: Steps = Steps(), most_side: int = MOST_SIDE) -> Found:
    """Find the ink of a picture, uint8 (h, w, 3), and what of it may belong to digits.

    A digit that is small in its picture is looked for, and then looked at again alone.
    """
    if steps.sheet and max(picture.shape) >= BITMAP_SIDE:
        picture = on_its_sheet(picture)
    found = _find(picture, steps, most_side)
    if not steps.closer or found.nothing:
        return found
    box = found.box_in_picture(found.kept)
    size = max(box[2] - box[0], box[3] - box[1])
    if size > SMALL * max(picture.shape[:2]):
        return found
    around = int(AROUND * size) + 2
    top, left = max(0, box[0] - around), max(0, box[1] - around)
    part = picture[top : box[2] + around, left : box[3] + around]
    closer = _find(part, steps, most_side, removed=_cut(found, (top, left), part.shape[:2]))
    return found if closer.nothing else replace(closer, offset=(top, left))


def stages_of(picture: Picture, found: Found) -> tuple[Stage, ...]:
    """Return what led to the ink that was found."""
    return Stage("picture", picture), Stage("ink", _bytes(found.ink)), Stage("digit", _bytes(found.kept))


def frame_ink(found: Found, part: Bitmap, geometry: Geometry = MNIST, *, steps: Steps = Steps()) -> Ink:
    """Frame some of the ink that was found, bool (h, w), as training digits are."""
    top, left, bottom, right = box_of(part)
    detail = max(FINE, max(bottom - top, right - left) / geometry.box)
    fine = without_pinholes(_fine(found, part, geometry.box * detail, SMOOTH * detail), PINHOLE * detail**2)
    width = stroke_width(fine) / detail
    low, usual, high = geometry.stroke
    bears = low <= width <= high or geometry is OPTDIGITS or not steps.stroke
    wide = fine if bears else with_width(fine, usual * detail)
    pixels = framed(wide, geometry)
    shown = (Stage("strokes", _bytes(wide)), Stage("pixels", pixels))
    box = found.box_in_picture(part)
    return Ink(pixels, shown, box, width, found.strength, found.dark_on_light, "")


def _cut(found: Found, offset: tuple[int, int], shape: tuple[int, ...]) -> Bitmap:
    """Return what was removed in a part of the picture, a pixel for each of the picture's, bool (h, w)."""
    rows, columns = (
        np.minimum(((start + np.arange(length)) * found.scale).astype(int), most - 1)
        for start, length, most in zip(offset, shape, found.kept.shape, strict=True)
    )
    return found.removed[np.ix_(rows, columns)]


def _find(picture: Picture, steps: Steps, most_side: int, removed: Bitmap | None = None) -> Found:
    sized, scale = _sized(picture, most_side)
    photo = max(picture.shape) >= BITMAP_SIDE
    contrast = contrast_of(sized, even_light=steps.even_light and photo, colour=steps.colour)
    threshold = max(HALF, NOISE_LIMIT * contrast.noise)
    kept = contrast.ink > threshold
    if removed is not None:
        again = Image.fromarray(removed).resize((kept.shape[1], kept.shape[0]), Image.Resampling.NEAREST)
        kept &= ~ndimage.binary_dilation(np.asarray(again))
    if steps.lines and photo:
        kept = without_frames(without_lines(kept))
    written = without_strays(kept) if steps.strays else kept
    specks = inside(kept & ~written)
    return Found(
        contrast.ink, threshold, written, specks, scale, (0, 0), contrast.strength, contrast.dark_on_light
    )


def _sized(picture: Picture, most_side: int) -> tuple[Picture, float]:
    """Return a picture neither too small to draw strokes in nor too large to be quick, and its scale."""
    side = max(picture.shape[:2])
    scale = float(np.clip(side, LEAST_SIDE, most_side)) / side
    if scale == 1:
        return picture, 1.0
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    how = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(picture).resize((width, height), how)), scale


def _fine(found: Found, part: Bitmap, length: float, smooth: float) -> Bitmap:
    """Draw the ink anew, its longer side so long; never smaller than it is, for hair lines would be lost."""
    top, left, bottom, right = box_of(part)
    near = np.pad(ndimage.binary_dilation(part[top:bottom, left:right]), 1)
    rows, columns = np.ix_(_around(top, bottom, part.shape[0]), _around(left, right, part.shape[1]))
    amount = np.where(near, found.ink[rows, columns], 0) - found.threshold
    scale = length / max(bottom - top, right - left)
    height, width = (max(1, round(side * scale)) for side in amount.shape)
    drawn = Image.fromarray(amount.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    fine = _smoothed(np.asarray(drawn), smooth)
    return fine if fine.any() else np.ones((1, 1), dtype=bool)


def _smoothed(amount: Floats, smooth: float) -> Bitmap:
    """Return where there is ink, its edges smoothed where strokes are wide enough to bear it."""
    sharp = amount > 0
    if stroke_width(sharp) < 4 * smooth:
        return sharp
    return np.asarray(ndimage.gaussian_filter(amount, smooth) > 0)


def _around(start: int, stop: int, length: int) -> NDArray[np.intp]:
    return np.clip(np.arange(start - 1, stop + 1), 0, length - 1)


def _bytes(ink: NDArray[Any]) -> NDArray[np.uint8]:
    return np.rint(np.clip(ink.astype(np.float32), 0, 1) * 255).astype(np.uint8)
