"""Whether neighbouring weights of a tile are alike, as in a stroke, or strangers, as in noise."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.evaluation.intervals import normal_quantile

__all__ = ["inked_pixels", "morans_i", "noise_limit", "noise_spread"]

LEAST_INK = 0.01
ONE_IN_A_THOUSAND = 0.998


def morans_i(tiles: ArrayLike, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how alike neighbouring weights are: 1 in smooth tiles, about 0 in noise, below in a chessboard.

    I = (n / E) · Σ z_i z_j / Σ z_i², the first sum over the E pairs of pixels of the mask that are side by
    side or one above the other, z the distance from the mean over the n pixels of the mask (P. A. P. Moran,
    "Notes on continuous stochastic phenomena", Biometrika 37 (1950), 17-23).

    Parameters
    ----------
    tiles : float (..., h, w)
    mask : bool (h, w)
        The pixels that count.

    Returns
    -------
    float64 (...)
        0 where all weights are the same, or no two pixels are neighbours.
    """
    values = np.asarray(tiles, np.float64)
    n, pairs = int(mask.sum()), _pairs(mask)
    if not pairs:
        return np.zeros(values.shape[:-2])
    mean = values.sum(axis=(-2, -1), where=mask, keepdims=True) / n
    z = np.where(mask, values - mean, 0.0)
    products = (z[..., 1:, :] * z[..., :-1, :]).sum((-2, -1)) + (z[..., 1:] * z[..., :-1]).sum((-2, -1))
    squares = (z**2).sum((-2, -1))
    varies = squares > np.finfo(np.float32).eps ** 2 * n * mean[..., 0, 0] ** 2
    found = np.zeros(squares.shape)
    np.divide(n * products, pairs * squares, out=found, where=varies)
    return found


def noise_spread(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return mean and standard deviation of Moran's I where all weights are independent and normal.

    E[I] = -1 / (n - 1) and E[I²] = (n² S1 - n S2 + 3 S0²) / ((n² - 1) S0²) with S0 = 2 E, S1 = 4 E and
    S2 = 4 Σ d_i², where pixel i has d_i neighbours (A. D. Cliff and J. K. Ord, "Spatial Processes" (1981),
    section 1.5).
    """
    n, pairs = int(mask.sum()), _pairs(mask)
    if not pairs:
        return 0.0, 0.0
    s0, s1, s2 = 2 * pairs, 4 * pairs, 4 * int((_neighbours(mask) ** 2).sum())
    mean = -1 / (n - 1)
    second = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2)
    return mean, math.sqrt(max(0.0, second - mean**2))


def noise_limit(mask: NDArray[np.bool_]) -> float:
    """Return the Moran's I that only one in a thousand tiles of noise exceeds, by the normal distribution."""
    mean, deviation = noise_spread(mask)
    return mean + normal_quantile(ONE_IN_A_THOUSAND) * deviation


def inked_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels have ink in 1 % or more of the images, bool (h, w) of uint8 (n, h, w).

    The weights of the others hardly move in training, whatever the unit learns.
    """
    return np.asarray((pixels > 0).mean(axis=0) >= LEAST_INK)


def _pairs(mask: NDArray[np.bool_]) -> int:
    return int((mask[1:] & mask[:-1]).sum() + (mask[:, 1:] & mask[:, :-1]).sum())


def _neighbours(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many neighbours within the mask each of its pixels has, (n,)."""
    wide = np.pad(mask, 1).astype(np.int64)
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return np.asarray(around[mask])
