"""Whether predictions are what they are taken for, and say what was published.

Each check returns what it found, a sentence each, or None where there is not enough evidence to ask.
"""

from decimal import Decimal

import numpy as np

from digitlab.checks.evidence import Array, Evidence, tolerance
from digitlab.evaluation import confusion_counts

__all__ = ["claimed", "dropout_on", "improper", "left_out", "one_hot", "too_exact", "transposed"]

# The usual ones, the commonest first.
BATCH_SIZES = (32, 64, 128, 100, 256, 50, 512)
# The best published networks read 99.87 % of MNIST: so many without a mistake happen once in 700 times.
NEVER_ALL_RIGHT = 5000
# So many seeds do not agree to the last digit by chance: on few images more of them do.
MANY_IMAGES, SEEDS_ON_MANY, SEEDS_ON_FEW = 1000, 3, 5
# How far the same network on the same images may be off by rounding, for numbers of size 1.
ROUNDING = 2e-3
# Closer than this to 0 and 1 is meant to be 0 and 1, clipped.
CLIPPED = 1e-6
# Of a number that is published, more digits than these are not believed to be meant.
MOST_DIGITS = 6
ENOUGH_DIGITS = 4


def transposed(evidence: Evidence) -> list[str] | None:
    """Return which tables have rows and columns exchanged."""
    counts = _counts(evidence)
    if evidence.table is None and counts is None:
        return None
    found = []
    if evidence.is_transposed and evidence.predictions is not None:
        classes, images = evidence.predictions.shape
        found.append(f"The predictions have the shape ({classes}, {images:,}): a row for each class.")
    if counts is not None and not _is_of(evidence, counts) and _is_of(evidence, counts.T):
        found.append(
            "The confusion matrix has the classes read in its rows and the true ones in its columns."
        )
    return found


def improper(evidence: Evidence) -> list[str] | None:
    """Return what the rows are if they are no probabilities."""
    table = evidence.table
    if table is None:
        return None
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        return [
            f"{(~finite).sum():,} of {len(table):,} rows have values that are no numbers (NaN or infinite)."
        ]
    sums = table.sum(axis=1, dtype=np.float64)
    negative = (table < 0).any(axis=1)
    wrong = negative | (np.abs(sums - 1) > tolerance(table))
    if not wrong.any():
        return []
    if (table <= 0).all() and np.abs(np.exp(table.astype(np.float64)).sum(axis=1) - 1).max() < tolerance(
        table
    ):
        what = "they are logarithms of probabilities"
    elif negative.any():
        what = f"they have values from {table.min():.3g} to {table.max():.3g}, as logits do"
    else:
        what = f"they sum to {sums.min():.4g} up to {sums.max():.4g} instead of 1"
    return [f"{wrong.sum():,} of {len(table):,} rows are no probabilities: {what}."]


def one_hot(evidence: Evidence) -> list[str] | None:
    """Return whether each row says 1 for one class and 0 for all others, or is a class alone."""
    table = evidence.table
    if evidence.predictions is None:
        return None
    if table is None:
        lossy = evidence.log_loss is not None
        return ["The predictions are classes, and yet a log loss is published."] if lossy else []
    sure = ((np.abs(table) <= CLIPPED) | (np.abs(table - 1) <= 10 * CLIPPED)).all(axis=1)
    if sure.mean() < 0.99:
        return []
    return [f"{sure.sum():,} of {len(table):,} rows have nothing but 0 and 1."]


def dropout_on(evidence: Evidence) -> list[str] | None:
    """Return whether reading the same images twice gave two answers."""
    first, second = evidence.predictions, evidence.predictions_again
    if first is None or second is None or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    difference = np.abs(first.astype(np.float64) - second).reshape(len(first), -1)
    allowed = ROUNDING * max(1.0, float(np.abs(first).max()))
    if difference.max() <= allowed:
        return []
    images: Array = np.asarray((difference > allowed).any(axis=int(not evidence.is_transposed)))
    return [
        f"The same {len(images):,} images were read twice: {images.sum():,} got other values the second "
        f"time, by up to {difference.max():.2g}."
    ]


def left_out(evidence: Evidence) -> list[str] | None:
    """Return how many images have no prediction, or predictions no image."""
    if evidence.read_as is None or evidence.labels is None:
        return None
    read, images = len(evidence.read_as), len(evidence.labels)
    if read < images:
        size = next((each for each in BATCH_SIZES if read % each == 0 and images - read < each), None)
        batches = f"; {read:,} is a whole number of batches of {size}" if size else ""
        return [
            f"There are {read:,} predictions for {images:,} images: {images - read:,} were not read{batches}."
        ]
    if read > images:
        return [
            f"There are {read:,} predictions for {images:,} images: {read - images:,} belong to no image."
        ]
    return []


def too_exact(evidence: Evidence) -> list[str] | None:
    """Return results that are too good, or too much alike, to be true."""
    right, seeds = _right(evidence), evidence.accuracies
    training, validation = evidence.history_training, evidence.history_validation
    if right is None and seeds is None and training is None:
        return None
    found = []
    if right is not None and len(right) >= NEVER_ALL_RIGHT and right.all():
        found.append(f"All {len(right):,} images were read right.")
    many = evidence.labels is not None and len(evidence.labels) >= MANY_IMAGES
    enough = SEEDS_ON_MANY if many else SEEDS_ON_FEW
    if (
        seeds is not None
        and len(seeds) >= enough
        and np.ptp(seeds) == 0
        and _digits(seeds[0]) >= ENOUGH_DIGITS
    ):
        found.append(f"{len(seeds)} seeds gave the same accuracy, {seeds[0]:.6g}, to the last digit.")
    if training is not None and len(training) > 1 and _same(training, validation):
        found.append(f"Training and validation have the same values in all {len(training)} periods.")
    return found


def claimed(evidence: Evidence) -> list[str] | None:
    """Return which published numbers are not those of the predictions."""
    right, loss, counts = _right(evidence), _log_loss(evidence), _counts(evidence)
    accuracy = evidence.accuracy if right is not None else None
    log_loss = evidence.log_loss if loss is not None else None
    if (accuracy, log_loss) == (None, None) and counts is None:
        return None
    found = []
    if accuracy is not None and right is not None and not _is_rounded(accuracy, float(right.mean())):
        found.append(
            f"The accuracy {accuracy:.6g} was published; these predictions give "
            f"{right.mean():.6g}{_batch_means(right, accuracy)}."
        )
    if log_loss is not None and loss is not None and not _is_rounded(log_loss, loss):
        found.append(f"The log loss {log_loss:.6g} was published; these predictions give {loss:.6g}.")
    if counts is not None and not (_is_of(evidence, counts) or _is_of(evidence, counts.T)):
        found.append("The confusion matrix that was published is not that of these predictions.")
    return found


def _batch_means(right: Array, accuracy: float) -> str:
    """Return of which batches a published accuracy may be the mean."""
    for size in BATCH_SIZES if _digits(accuracy) >= ENOUGH_DIGITS else ():
        means = [right[start : start + size].mean() for start in range(0, len(right), size)]
        if len(right) % size and len(means) > 1:
            if _is_rounded(accuracy, float(np.mean(means))):
                return f" (the mean of batches of {size}, the last one counted as much as any, gives it)"
            if _is_rounded(accuracy, float(np.mean(means[:-1]))):
                return f" (the mean of batches of {size} without the last gives it)"
    return ""


def _is_rounded(published: float, exact: float) -> bool:
    """Return whether a published number is an exact one, rounded to as many digits as it has."""
    if published in (0.0, 1.0):
        # Written in full, not as a rounded share.
        return abs(published - exact) <= 0.5 * 10.0**-ENOUGH_DIGITS
    return abs(published - exact) <= 0.5000001 * 10.0 ** -min(max(_digits(published), 1), MOST_DIGITS)


def _digits(number: float) -> int:
    """Return how many decimals a number is written with."""
    exponent = Decimal(repr(float(number))).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _log_loss(evidence: Evidence) -> float | None:
    table = evidence.probabilities
    if table is None or evidence.labels is None or len(table) != len(evidence.labels):
        return None
    with np.errstate(divide="ignore"):
        return float(-np.log(table[np.arange(len(table)), evidence.labels].astype(np.float64)).mean())


def _right(evidence: Evidence) -> Array | None:
    if evidence.read_as is None or evidence.labels is None or len(evidence.read_as) != len(evidence.labels):
        return None
    return np.asarray(evidence.read_as == evidence.labels)


def _counts(evidence: Evidence) -> Array | None:
    """Return the confusion counts of the predictions, where a matrix was published."""
    if evidence.confusion is None or evidence.labels is None or evidence.read_as is None:
        return None
    if len(evidence.labels) != len(evidence.read_as):
        return None
    return confusion_counts(evidence.labels, evidence.read_as, classes=len(evidence.confusion))


def _is_of(evidence: Evidence, counts: Array) -> bool:
    """Return whether the published confusion matrix is these counts, or shares of rows, columns or all."""
    published = evidence.confusion
    if published is None or np.array_equal(published, counts):
        return published is not None
    sums = (counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True), counts.sum())
    return any(np.allclose(published, counts / np.maximum(each, 1), rtol=0, atol=0.006) for each in sums)


def _same(first: Array | None, second: Array | None) -> bool:
    return first is not None and second is not None and np.array_equal(first, second)
