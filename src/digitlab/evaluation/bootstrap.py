"""How sure a mean is when what was measured comes in groups: many digits by one writer."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import ConfigError, DataError
from digitlab.evaluation.intervals import Interval, normal_quantile

__all__ = ["group_bootstrap", "writer_interval"]

RESAMPLES = 10_000
# Fewer people, or fewer digits that differ from the rest, say too little of how people differ.
LEAST_WRITERS = 20
LEAST_EVENTS = 10
# Resamples are drawn in blocks of so many numbers, whatever the number of groups.
BLOCK = 2**22
STANDARD = NormalDist()


def group_bootstrap(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """Return the interval of a mean over images when whole groups of images are drawn anew.

    A writer's digits resemble each other, so 10,000 digits by 300 people tell less than 10,000 digits
    by 10,000 people. Drawing people with replacement, each with all their digits, keeps that.

    Parameters
    ----------
    values : float (n,)
        What is averaged: whether each image was read right, or a difference of two models.
    groups : integer (n,)
        Who wrote each image; any numbers.
    confidence
        The share of such intervals that should cover the mean over all people.
    resamples
        How often all groups are drawn anew.
    seed
        The same seed gives the same interval.

    Returns
    -------
    Interval or None
        The bias-corrected and accelerated interval; None where the groups have one mean and say
        nothing of their spread, as when every image was read right.

    Raises
    ------
    DataError
        If values and groups are not two vectors of one length, or there are not two groups.
    ConfigError
        If the confidence is not within (0, 1), or there are too few resamples for it.

    Notes
    -----
    B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987), 171-185: BCa, with the groups as
    the units that are drawn and left out.
    """
    sums, sizes = _totals(values, groups)
    if np.ptp(sums / sizes) == 0:
        return None
    z = normal_quantile(confidence)
    if resamples * (1 - confidence) / 2 < 1:
        raise ConfigError(f"{resamples} resamples are too few for a confidence of {confidence:g}.")
    estimate = sums.sum() / sizes.sum()
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    deviations = left_out.mean() - left_out
    spread = (deviations**2).sum()
    means = _resampled_means(sums, sizes, resamples, np.random.default_rng(seed))
    # A mean that equals the estimate, but for rounding, counts half on each side: accuracies are few-valued.
    off, rounding = means - estimate, 1e-9 * math.sqrt(spread)
    below = float((off < -rounding).mean() + (off <= rounding).mean()) / 2
    bias = STANDARD.inv_cdf(min(max(below, 0.5 / resamples), 1 - 0.5 / resamples))
    acceleration = (deviations**3).sum() / (6 * spread**1.5)
    ends = [_adjusted(bias, acceleration, side * z) for side in (-1, 1)]
    low, high = np.quantile(means, ends)
    return Interval(float(low), float(high))


def writer_interval(
    values: ArrayLike, writers: ArrayLike | None, *, confidence: float = 0.95
) -> Interval | None:
    """Return the interval over writers, or None where another one has to do.

    That is where the writers are not known, are fewer than 20, or fewer than 10 images differ from the
    value that most have: of so few, no resampling tells how people differ.

    Parameters
    ----------
    values : float (n,)
    writers : integer (n,) or None
    """
    if writers is None or len(np.unique(np.asarray(writers))) < LEAST_WRITERS:
        return None
    _, counts = np.unique(np.asarray(values), return_counts=True)
    if counts.sum() - counts.max() < LEAST_EVENTS:
        return None
    return group_bootstrap(values, writers, confidence=confidence)


def _totals(values: ArrayLike, groups: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each group's sum and size."""
    numbers, owners = np.asarray(values, np.float64), np.asarray(groups)
    if numbers.shape != owners.shape or numbers.ndim != 1:
        raise DataError(
            f"Expected a value and a group for each image, found {numbers.shape} and {owners.shape}."
        )
    names, owner = np.unique(owners, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"Resampling groups needs two or more of them, not {len(names)}.")
    sizes: NDArray[np.float64] = np.bincount(owner).astype(np.float64)
    return np.asarray(np.bincount(owner, numbers), np.float64), sizes


def _resampled_means(
    sums: NDArray[np.float64], sizes: NDArray[np.float64], resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean over images of each resample: Σ times · sums / Σ times · sizes."""
    groups, means = len(sums), []
    rows = max(1, BLOCK // groups)
    for start in range(0, resamples, rows):
        block = min(rows, resamples - start)
        drawn = generator.integers(groups, size=(block, groups))
        drawn += groups * np.arange(block)[:, None]
        times = np.bincount(drawn.ravel(), minlength=block * groups).reshape(block, groups)
        means.append((times @ sums) / (times @ sizes))
    return np.concatenate(means)


def _adjusted(bias: float, acceleration: float, z: float) -> float:
    """Return the share of resamples below an end of the BCa interval."""
    moved = bias + z
    stretched = bias + moved / (1 - acceleration * moved)
    return STANDARD.cdf(stretched) if math.isfinite(stretched) else float(stretched > 0)
