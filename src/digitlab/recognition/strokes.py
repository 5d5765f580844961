"""How wide a pen's strokes are, and strokes made wider or narrower, on a bitmap."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["EIGHT", "stroke_width", "with_width", "without_pinholes"]

Bitmap = NDArray[np.bool_]

# Ink is in one part where it touches at corners, too.
EIGHT = np.ones((3, 3), dtype=bool)


def stroke_width(ink: Bitmap) -> float:
    """Return the mean width of the strokes, in pixels; 0 where there is no ink.

    Across a stroke of width w the distance to its edge rises from 0 to w / 2 and falls again, so its mean
    is w / 4.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is.
    """
    depth = _depth(ink)[ink]
    return 4 * float(depth.mean()) if depth.size else 0.0


def with_width(ink: Bitmap, width: float) -> Bitmap:
    """Return strokes of about this mean width, widened or narrowed evenly on both sides.

    No part becomes narrower than that: a thin tail of a thick blob keeps its width, around its middle line.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is.
    width
        In pixels. The picture grows where strokes would leave it.

    Returns
    -------
    bool (h + 2 m, w + 2 m)
        With a margin m of as many pixels as strokes grew on each side.
    """
    change = (width - stroke_width(ink)) / 2
    margin = max(0, int(np.ceil(change)))
    wide = np.pad(ink, margin)
    if change >= 0:
        return np.asarray(ndimage.distance_transform_edt(~wide) - 0.5 <= change)
    depth = _depth(wide)
    middle = wide & (depth >= ndimage.maximum_filter(depth, 3))
    thin = ndimage.distance_transform_edt(~middle) <= width / 2
    return np.asarray((depth > -change) | (wide & thin))


def without_pinholes(ink: Bitmap, most: float) -> Bitmap:
    """Return ink without its holes of fewer pixels than `most`: grain of chalk or a dry pen, and no loops."""
    holes, _ = ndimage.label(~ink)
    small = np.bincount(holes.ravel()) < most
    # What is ink has the number 0.
    small[0] = False
    return np.asarray(ink | small[holes])


def _depth(ink: Bitmap) -> NDArray[np.float64]:
    """Return how far each pixel of ink lies from its edge, which runs half a pixel before the next one."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))[1:-1, 1:-1]
    return np.asarray(np.maximum(distances - 0.5, 0))
