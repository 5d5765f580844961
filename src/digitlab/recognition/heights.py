"""How high digits are in a picture: the measure of everything else in it."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.recognition.strokes import EIGHT, stroke_width

__all__ = ["grouped", "usual_height"]

Bitmap = NDArray[np.bool_]

# Parts nearer than this, in widths of strokes, may be pieces of one broken line.
BROKEN_GAP = 1.5


def usual_height(ink: Bitmap) -> float:
    """Return the height of digits: half of the ink is in groups of parts that are at least as high.

    Parameters
    ----------
    ink : bool (h, w)
        Where ink is.

    Returns
    -------
    float
        In pixels; 0 where there is no ink.
    """
    groups = grouped(ink)
    if not groups.any():
        return 0.0
    heights = np.array([rows.stop - rows.start for rows, _ in ndimage.find_objects(groups)])
    sizes = np.bincount(groups[ink])[1:]
    order = np.argsort(heights)
    half = np.searchsorted(sizes[order].cumsum(), sizes.sum() / 2)
    return float(heights[order][half])


def grouped(ink: Bitmap) -> NDArray[np.intp]:
    """Return a number for each group of parts that are hardly apart, 0 where there is no ink."""
    if not ink.any():
        return np.zeros(ink.shape, np.intp)
    reach = BROKEN_GAP * stroke_width(ink) / 2
    near = ndimage.distance_transform_edt(~ink) <= reach
    groups, _ = ndimage.label(near, EIGHT)
    return np.where(ink, groups, 0)
