"""Reading only what one is sure of: how much is read, and how much of that is right."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import ConfigError, DataError
from digitlab.evaluation.bootstrap import writer_interval
from digitlab.evaluation.intervals import Interval, wilson_interval

__all__ = [
    "SURE",
    "Coverage",
    "answers",
    "check_shares",
    "coverage_curve",
    "coverage_from",
    "least_confidence",
]

SURE = 0.999

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """What is read with some confidence or more.

    Parameters
    ----------
    confidence
        From which on answers are taken.
    coverage
        The share of images that are read with that confidence or more.
    accuracy, interval
        The share of them that is right, and its 95 % interval: over writers, or else Wilson's.
    """

    confidence: float
    coverage: float
    accuracy: float
    interval: Interval


def coverage_curve(shares: ArrayLike, labels: ArrayLike) -> Floats:
    """Return the share read and the share right among the surest 1, 2, ... n images, float64 (n, 2)."""
    confidence, right = answers(shares, labels)
    order = np.argsort(-confidence, kind="stable")
    count = np.arange(1, len(right) + 1)
    return np.stack([count / len(right), np.cumsum(right[order]) / count], axis=1)


def least_confidence(shares: ArrayLike, labels: ArrayLike, *, target: float = SURE) -> float | None:
    """Return the least confidence from which on the target share of answers is right; None if from none.

    Images of one confidence are read all or none.

    Raises
    ------
    ConfigError
        If the target is not within (0, 1].
    """
    if not 0 < target <= 1:
        raise ConfigError(f"The share to be right lies above 0 and at most at 1, not at {target:g}.")
    confidence, right = answers(shares, labels)
    order = np.argsort(-confidence, kind="stable")
    successes, count = np.cumsum(right[order]), np.arange(1, len(right) + 1)
    is_last_of_its_confidence = np.append(np.diff(confidence[order]) < 0, True)
    enough = np.flatnonzero((successes >= target * count) & is_last_of_its_confidence)
    return float(confidence[order[enough[-1]]]) if len(enough) else None


def coverage_from(
    shares: ArrayLike, labels: ArrayLike, confidence: float, *, writers: ArrayLike | None = None
) -> Coverage | None:
    """Return what is read with that confidence or more; None if nothing is."""
    found, right = answers(shares, labels)
    taken = found >= confidence
    k, n = int(right[taken].sum()), int(taken.sum())
    if not n:
        return None
    people = None if writers is None else np.asarray(writers)[taken]
    interval = writer_interval(right[taken], people) or wilson_interval(k, n)
    return Coverage(confidence, n / len(right), k / n, interval)


def answers(shares: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats]:
    """Return the confidence of each answer, and 1.0 where it is right."""
    table, truth = check_shares(shares, labels)
    return table.max(axis=1), (table.argmax(axis=1) == truth).astype(np.float64)


def check_shares(shares: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[Any]]:
    """Return probabilities, float64 (n, classes), and labels (n,); raise `DataError` if they are none."""
    table, truth = np.asarray(shares, np.float64), np.asarray(labels)
    if table.ndim != 2 or truth.shape != table.shape[:1] or not len(truth):
        raise DataError(
            f"Expected probabilities (n, classes) and labels (n,), found {table.shape} and {truth.shape}."
        )
    off = np.abs(table.sum(axis=1) - 1)
    if not (table >= 0).all() or not (off < 1e-6).all():
        worst = math.nan if np.isnan(off).any() else off.max()
        raise DataError(
            f"Probabilities are not negative and sum to one; the worst row is off by {worst:.3g}. Logits "
            "become probabilities by `probabilities`."
        )
    return table, truth
