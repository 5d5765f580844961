"""Features of any kind and scale as what the models read: pictures in which 255 is full ink."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shape", "as_pixels", "find_scale", "flattened", "roomy"]

Shape = tuple[int, int]
"""Height and width of a picture."""

FULL_INK = 255
# What is smaller is taken for this, because 255 divided by it is still finite.
SMALLEST_SCALE = 1e-300
LEAST_ROWS = 256


def flattened(X: Any) -> tuple[Any, Shape | None]:
    """Return (n, h, w) as (n, h * w) and (h, w); what is not that, as it is, and None."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    if len(X.shape) != 3:
        return X, None
    count, height, width = X.shape
    return X.reshape(count, height * width), (height, width)


def find_scale(features: NDArray[Any]) -> float:
    """Return the largest value where none is negative, else the root mean square; 1 where all are zero."""
    low, high = float(features.min()), float(features.max())
    largest = max(-low, high)
    if largest == 0:
        return 1.0
    if low < 0:
        shares = (features / largest).ravel()
        largest *= math.sqrt(shares @ shares / shares.size)
    return max(largest, SMALLEST_SCALE)


def as_pixels(features: NDArray[Any], scale: float, image_shape: Shape, rows: int) -> NDArray[Any]:
    """Return features as pictures in which 255 is `scale`, then blank ones, float32 (rows, h, w).

    Bytes that are pixels already stay bytes.
    """
    as_they_are = features.dtype == np.uint8 and scale == FULL_INK
    pixels = np.zeros((rows, features.shape[1]), np.uint8 if as_they_are else np.float32)
    if as_they_are:
        pixels[: len(features)] = features
    else:
        with np.errstate(over="ignore"):
            factor = np.float64(FULL_INK / scale)
            np.multiply(features, factor, out=pixels[: len(features)], casting="unsafe")
    return pixels.reshape(rows, *image_shape)


def roomy(images: int) -> int:
    """Return `images`, rounded up to one of eight numbers in each octave.

    What is compiled is for so many images; the folds of a cross-validation, which differ by one, share it.
    """
    step = max(LEAST_ROWS, 1 << max(0, images.bit_length() - 4))
    return -(-images // step) * step
