"""What others do to a picture before a model reads it: the least, and the usual."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def plain_resize(picture: Pixels) -> Pixels:
    """Return a whole picture (h, w, 3) squeezed into 28x28 grey pixels, uint8, light ones for ink."""
    return np.asarray(Image.fromarray(_ink(picture)).resize((28, 28), Image.Resampling.LANCZOS))


def box_and_centre(picture: Pixels) -> Pixels:
    """Return 28x28 pixels: what is above half of the strongest ink, boxed, 20 large, mass in the middle."""
    ink = _ink(picture)
    found = ink > (int(ink.max()) + int(np.median(ink))) / 2
    if not found.any():
        return np.zeros((28, 28), np.uint8)
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    crop = np.where(found, ink, 0)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    scale = 20 / max(crop.shape)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    small = np.asarray(Image.fromarray(crop).resize((width, height), Image.Resampling.BOX))
    return _centred(small)


def _ink(picture: Pixels) -> Pixels:
    """Return grey, so that its border is dark."""
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return np.asarray(255 - grey if np.median(border) > 127 else grey)


def _centred(small: Pixels) -> Pixels:
    rows, columns = np.indices(small.shape)
    mass = max(1, int(small.sum()))
    top = round(14 - (rows * small).sum() / mass)
    left = round(14 - (columns * small).sum() / mass)
    top, left = (
        int(np.clip(place, 0, 28 - side)) for place, side in zip((top, left), small.shape, strict=True)
    )
    pixels = np.zeros((28, 28), np.uint8)
    pixels[top : top + small.shape[0], left : left + small.shape[1]] = small
    return pixels
