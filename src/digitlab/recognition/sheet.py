"""A sheet of paper that lies on something darker: what is seen around it is no ink."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitlab.recognition.paper import border, otsu

__all__ = ["on_its_sheet", "sheet_of"]

Bitmap = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]

# The sheet is looked for in a picture of this side.
SIDE = 160

# Of the border so much is not paper; of the picture so much is the sheet, and of the sheet so much is paper.
AROUND, LARGE, PAPER = 0.6, 0.15, 0.65

# It fills so much of the smallest box around it, at any of these angles (a ring or a disc fills 0.79), and
# just outside it is darker than this share of what is just inside: light falls off more slowly.
RECTANGULAR, DARKER = 0.85, 0.8
ANGLES = np.radians(np.arange(-44, 45, 4))

# Its edges, where it meets its shadow, belong to neither.
EDGE = 2


def on_its_sheet(picture: Picture) -> Picture:
    """Return a picture, uint8 (h, w, 3), with paper in place of what lies around its sheet of paper.

    It is returned as it is where it shows no sheet on something darker.
    """
    image = Image.fromarray(picture)
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    pixels = np.asarray(small)
    sheet = sheet_of(pixels.mean(axis=2))
    if not sheet.any():
        return picture
    nearest = ndimage.distance_transform_edt(~sheet, return_distances=False, return_indices=True)
    paper = Image.fromarray(pixels[tuple(nearest)]).resize(image.size, Image.Resampling.BICUBIC)
    return np.asarray(Image.composite(image, paper, Image.fromarray(sheet).resize(image.size)))


def sheet_of(grey: Floats) -> Bitmap:
    """Return where a sheet of paper lies on something darker, bool (h, w); nothing where there is none.

    Parameters
    ----------
    grey : float (h, w)
        How bright each pixel is.
    """
    bright = grey > otsu(grey)
    nothing = np.zeros_like(bright)
    if border(bright).mean() > 1 - AROUND or not bright.any():
        return nothing
    parts, _ = ndimage.label(bright)
    sheet = ndimage.binary_fill_holes(parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]))
    within = ndimage.binary_erosion(sheet, iterations=EDGE)
    is_sheet = (
        sheet.mean() > LARGE
        and bright[sheet].mean() > PAPER
        and _fills_a_rectangle(sheet)
        and _ends_sharply(grey, sheet, within)
    )
    return np.asarray(within) if is_sheet else nothing


def _fills_a_rectangle(sheet: Bitmap) -> bool:
    points = np.argwhere(sheet & ~ndimage.binary_erosion(sheet))
    down, across = points.T[:, None] - points.mean(axis=0)[:, None, None]
    cosines, sines = np.cos(ANGLES)[:, None], np.sin(ANGLES)[:, None]
    sides = (
        np.ptp(turned, axis=1) + 1
        for turned in (down * cosines - across * sines, across * cosines + down * sines)
    )
    return bool(sheet.sum() > RECTANGULAR * np.min(next(sides) * next(sides)))


def _ends_sharply(grey: Floats, sheet: Bitmap, within: Bitmap) -> bool:
    outside = ndimage.binary_dilation(sheet, iterations=2 * EDGE) & ~ndimage.binary_dilation(
        sheet, iterations=EDGE
    )
    inside = within & ~ndimage.binary_erosion(within, iterations=EDGE)
    return bool(outside.any() and np.median(grey[outside]) < DARKER * np.median(grey[inside]))
