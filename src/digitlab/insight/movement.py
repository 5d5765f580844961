"""How far a layer's weights have moved, and how like their last ones they are already."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["alike", "begins_at_zero", "moved"]


def moved(kernels: ArrayLike) -> NDArray[np.float64]:
    """Return how far each unit's weights are from the first ones, in lengths of these: ‖w_t - w_0‖ / ‖w_0‖.

    Parameters
    ----------
    kernels : float (snapshots, inputs, units)

    Returns
    -------
    float64 (snapshots, units)
        In lengths of the last weights, ‖w_t - w_0‖ / ‖w_T‖, where training began at zero.
    """
    weights = np.asarray(kernels, np.float64)
    lengths = np.linalg.norm(weights[-1 if begins_at_zero(weights) else 0], axis=0)
    return _divided(np.linalg.norm(weights - weights[0], axis=1), lengths)


def alike(kernels: ArrayLike) -> NDArray[np.float64]:
    """Return the cosine between each unit's weights and its last ones, w_t · w_T / ‖w_t‖ ‖w_T‖.

    Parameters
    ----------
    kernels : float (snapshots, inputs, units)

    Returns
    -------
    float64 (snapshots, units)
        0 where all weights of either are 0.
    """
    weights = np.asarray(kernels, np.float64)
    lengths = np.linalg.norm(weights, axis=1)
    return _divided(np.einsum("siu,iu->su", weights, weights[-1]), lengths * lengths[-1])


def begins_at_zero(kernels: NDArray[Any]) -> bool:
    """Return whether all first weights are 0, as the linear model's are."""
    return not kernels[0].any()


def _divided(numbers: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numbers, by, out=np.zeros(numbers.shape), where=by > 0)
