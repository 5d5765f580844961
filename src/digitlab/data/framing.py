"""How the training data frame a digit, done to any bitmap of ink."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import ConfigError

__all__ = ["FINE", "MNIST", "OPTDIGITS", "Geometry", "box_of", "framed", "geometry_of"]

Bitmap = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""top, left, bottom, right; the last two are the first row and column outside."""


# A bitmap to be framed has so many pixels for each of the model's, as NIST's scans had.
FINE = 8


@dataclass(frozen=True)
class Geometry:
    """How pictures were made into the pixels of a data set.

    Parameters
    ----------
    name
        What it is called after.
    image_shape
        Height and width of a picture.
    box
        The side, in pixels, of the square that holds the ink.
    stroke
        The width of strokes in pixels of the picture: what few training digits are below, what is
        usual, and what few are above.
    """

    name: str
    image_shape: tuple[int, int]
    box: int
    stroke: tuple[float, float, float]


# Percentiles 1, 50 and 99 of the first 3,000 training images.
MNIST = Geometry("MNIST", (28, 28), 20, (1.4, 2.5, 5.1))
# The share of their pixels that is ink in the bundled digits.
OPTDIGITS_INK = (0.26, 0.36)
OPTDIGITS = Geometry("optdigits", (8, 8), 8, (0.8, 1.2, 2.0))


def geometry_of(image_shape: tuple[int, int]) -> Geometry:
    """Return the geometry of models that take such pictures.

    Raises
    ------
    ConfigError
        If there is none.
    """
    for geometry in (MNIST, OPTDIGITS):
        if geometry.image_shape == tuple(image_shape):
            return geometry
    height, width = image_shape
    raise ConfigError(
        f"This model was trained on pictures of {height}x{width} pixels. Own pictures are made into 28x28 "
        "(as MNIST) or 8x8 (as optdigits) only; name a run that was trained on one of these."
    )


def box_of(ink: Bitmap) -> Box:
    """Return the bounding box of the ink, which must have some."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def framed(ink: Bitmap, geometry: Geometry) -> NDArray[np.uint8]:
    """Return the pixels that a model is trained on, uint8 (h, w), 0 for paper and 255 for ink.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is; large, for its pixels are averaged.
    geometry
        How the data set was made.
    """
    return _as_optdigits(ink) if geometry is OPTDIGITS else _as_mnist(ink, geometry)


def _as_mnist(ink: Bitmap, geometry: Geometry) -> NDArray[np.uint8]:
    """Frame as QMNIST's authors found it done: square, areas averaged, peak at 255, mass in the middle."""
    small = _averaged(_square(ink), geometry.box, geometry.box)
    stretched = np.rint(small / max(small.max(), 1e-9) * 255).astype(np.uint8)
    return _centred(stretched, geometry.image_shape)


def _as_optdigits(ink: Bitmap) -> NDArray[np.uint8]:
    """Count the ink in 4x4 blocks of a 32x32 bitmap, 0 to 16; spread over the bytes as a data set's.

    The bitmap is made as those of the bundled digits look, which all have ink in the first and the last
    row, one share of ink, and no slant: stretched to 20x32, made as thick as they are, sheared upright.
    """
    top, left, bottom, right = box_of(ink)
    covered = _averaged(ink[top:bottom, left:right].astype(np.float32), 20, 32)
    # Of dust no pixel is half covered.
    stretched = covered >= min(0.5, float(covered.max()))
    bitmap = _of_usual_share(np.pad(stretched, ((0, 0), (6, 6))))
    counts = _upright(bitmap).reshape(8, 4, 8, 4).sum(axis=(1, 3))
    return np.asarray(np.rint(counts * (255 / 16)), np.uint8)


def _of_usual_share(bitmap: Bitmap) -> Bitmap:
    """Make strokes thicker or thinner, a pixel at a time, until as much is ink as of optdigits."""
    from scipy import ndimage  # what other users of data sets should not wait for

    low, high = OPTDIGITS_INK
    for _ in range(3):
        share = bitmap.mean()
        if share < low:
            bitmap = ndimage.binary_dilation(bitmap)
        elif share > high and (thinner := ndimage.binary_erosion(bitmap)).any():
            bitmap = thinner
    return bitmap


def _upright(bitmap: Bitmap) -> Bitmap:
    """Shift rows so that the first ink of the uppermost row stands above that of the lowest."""
    rows = np.flatnonzero(bitmap.any(axis=1))
    first, last = rows[0], rows[-1]
    slant = int(bitmap[first].argmax()) - int(bitmap[last].argmax())
    shifts = np.rint(slant * (np.arange(len(bitmap)) - first) / max(1, last - first)).astype(int)
    middle = round(float(shifts[rows].mean()))
    width = bitmap.shape[1]
    columns = (np.arange(width) - shifts[:, None] + middle) % width
    return np.take_along_axis(bitmap, columns, axis=1)


def _square(ink: Bitmap) -> NDArray[np.float32]:
    """Return the ink in the middle of a square as large as its longer side."""
    top, left, bottom, right = box_of(ink)
    if min(bottom - top, right - left) == 1:  # a line of one pixel could fall between those that are averaged
        return _square(ink[top:bottom, left:right].repeat(2, axis=0).repeat(2, axis=1))
    height, width = bottom - top, right - left
    side = max(height, width)
    square = np.zeros((side, side), np.float32)
    down, across = (side - height) // 2, (side - width) // 2
    square[down : down + height, across : across + width] = ink[top:bottom, left:right]
    return square


def _averaged(ink: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    from PIL import Image  # what other users of data sets should not wait for

    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))


def _centred(small: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Put a picture into a larger one by whole pixels, its centre of mass at (h / 2, w / 2)."""
    mass = small.sum(dtype=np.int64)
    place = []
    for axis, (length, whole) in enumerate(zip(small.shape, shape, strict=True)):
        centre = (small.sum(axis=1 - axis, dtype=np.int64) * np.arange(length)).sum() / mass
        place.append(int(np.clip(np.rint(whole / 2 - centre), 0, whole - length)))
    pixels = np.zeros(shape, np.uint8)
    pixels[place[0] : place[0] + small.shape[0], place[1] : place[1] + small.shape[1]] = small
    return pixels
