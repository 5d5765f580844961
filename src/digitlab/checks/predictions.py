"""Whether predictions are what they are taken for, and say what was published."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from digitlab.checks.evidence import Array, Evidence, tolerance
from digitlab.evaluation import confusion_counts

__all__ = ["claimed", "dropout_on", "improper", "left_out", "one_hot", "too_exact", "transposed"]

# The usual ones, the commonest first.
BATCH_SIZES = (32, 64, 128, 100, 256, 50, 512, 30, 10, 16, 20, 200, 1000, 500, 1024, 250, 120, 60, 25, 8)
# The best published networks misread some of any thousand digits.
NEVER_ALL_RIGHT = 1000
FEWEST_SEEDS = 3
# How far the same network on the same images may be off by rounding.
ROUNDING = 1e-4
# Of a number that is published, more digits than these are not believed to be meant.
MOST_DIGITS = 6


def transposed(evidence: Evidence) -> Iterator[str]:
    """Yield which tables have rows and columns exchanged."""
    if evidence.is_transposed and evidence.predictions is not None:
        classes, images = evidence.predictions.shape
        yield f"The predictions have the shape ({classes}, {images:,}): a row for each class."
    counts = _counts(evidence)
    if counts is not None and not _same(evidence.confusion, counts) and _same(evidence.confusion, counts.T):
        yield "The confusion matrix has the classes read in its rows and the true ones in its columns."


def improper(evidence: Evidence) -> Iterator[str]:
    """Yield what the rows are if they are no probabilities."""
    table = evidence.table
    if table is None:
        return
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        yield f"{(~finite).sum():,} of {len(table):,} rows have values that are no numbers (NaN or infinite)."
        return
    sums = table.sum(axis=1, dtype=np.float64)
    negative = (table < 0).any(axis=1)
    wrong = negative | (np.abs(sums - 1) > tolerance(table))
    if not wrong.any():
        return
    if (table <= 0).all() and np.abs(np.exp(table.astype(np.float64)).sum(axis=1) - 1).max() < 1e-3:
        what = "they are logarithms of probabilities"
    elif negative.any():
        what = f"they have values from {table.min():.3g} to {table.max():.3g}, as logits do"
    else:
        what = f"they sum to {sums.min():.4g} up to {sums.max():.4g} instead of 1"
    yield f"{wrong.sum():,} of {len(table):,} rows are no probabilities: {what}."


def one_hot(evidence: Evidence) -> Iterator[str]:
    """Yield whether each row says 1 for one class and 0 for all others, or is a class alone."""
    table = evidence.table
    if table is None:
        if evidence.log_loss is not None:
            yield "The predictions are classes, and yet a log loss is published."
        return
    sure = ((table == 0) | (table == 1)).all(axis=1)
    if sure.mean() >= 0.99:
        yield f"{sure.sum():,} of {len(table):,} rows have nothing but 0 and 1."


def dropout_on(evidence: Evidence) -> Iterator[str]:
    """Yield whether reading the same images twice gave two answers."""
    first, second = evidence.predictions, evidence.predictions_again
    if first is None or second is None:
        return
    difference = np.abs(first.astype(np.float64) - second).reshape(len(first), -1)
    if np.nanmax(difference) > ROUNDING:
        images: Array = np.asarray((difference > ROUNDING).any(axis=int(not evidence.is_transposed)))
        yield (
            f"The same {len(images):,} images were read twice: {images.sum():,} got other values the second "
            f"time, by up to {np.nanmax(difference):.2g}."
        )


def left_out(evidence: Evidence) -> Iterator[str]:
    """Yield how many images have no prediction, or predictions no image."""
    if evidence.read_as is None or evidence.labels is None:
        return
    read, images = len(evidence.read_as), len(evidence.labels)
    if read < images:
        size = next((each for each in BATCH_SIZES if read % each == 0 and images - read < each), None)
        batches = f"; {read:,} is a whole number of batches of {size}" if size else ""
        missed = f"{images - read:,} were not read"
        yield f"There are {read:,} predictions for {images:,} images: {missed}{batches}."
    elif read > images:
        yield f"There are {read:,} predictions for {images:,} images: {read - images:,} belong to no image."


def too_exact(evidence: Evidence) -> Iterator[str]:
    """Yield results that are too good, or too much alike, to be true."""
    right = _right(evidence)
    if right is not None and len(right) >= NEVER_ALL_RIGHT and right.all():
        yield f"All {len(right):,} images were read right."
    seeds = evidence.accuracies
    if seeds is not None and len(seeds) >= FEWEST_SEEDS and np.ptp(seeds) == 0:
        yield f"{len(seeds)} seeds gave the same accuracy, {seeds[0]:.6g}, to the last digit."
    training = evidence.history_training
    if training is not None and len(training) > 1 and _same(training, evidence.history_validation):
        yield f"Training and validation have the same values in all {len(training)} periods."


def claimed(evidence: Evidence) -> Iterator[str]:
    """Yield which published numbers are not those of the predictions."""
    right = _right(evidence)
    if right is None:
        return
    accuracy, found = evidence.accuracy, float(right.mean())
    if accuracy is not None and not _is_rounded(accuracy, found):
        yield (
            f"The accuracy {accuracy:.6g} was published; these predictions give "
            f"{found:.6g}{_batch_means(right, accuracy)}."
        )
    loss = _log_loss(evidence)
    if evidence.log_loss is not None and loss is not None and not _is_rounded(evidence.log_loss, loss):
        yield f"The log loss {evidence.log_loss:.6g} was published; these predictions give {loss:.6g}."
    counts = _counts(evidence)
    if counts is not None and not any(_same(evidence.confusion, each) for each in (counts, counts.T)):
        yield "The confusion matrix that was published is not that of these predictions."


def _batch_means(right: Array, accuracy: float) -> str:
    """Return of which batches a published accuracy is the mean, if it is."""
    for size in BATCH_SIZES:
        means = [right[start : start + size].mean() for start in range(0, len(right), size)]
        if len(right) % size and len(means) > 1:
            if _is_rounded(accuracy, float(np.mean(means))):
                return (
                    f" (it is the mean of batches of {size}, the last and smaller one counted as much as any)"
                )
            if _is_rounded(accuracy, float(np.mean(means[:-1]))):
                return f" (it is the mean of batches of {size} without the last)"
    return ""


def _is_rounded(published: float, exact: float) -> bool:
    """Return whether a published number is an exact one, rounded to as many digits as it has."""
    exponent = Decimal(repr(float(published))).as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    return abs(published - exact) <= 0.5000001 * 10.0 ** -min(max(digits, 0), MOST_DIGITS)


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
    """Return the confusion counts of the predictions, where some were published."""
    if evidence.confusion is None or evidence.labels is None or evidence.read_as is None:
        return None
    if len(evidence.labels) != len(evidence.read_as):
        return None
    return confusion_counts(evidence.labels, evidence.read_as, classes=len(evidence.confusion))


def _same(first: Array | None, second: Array | None) -> bool:
    return first is not None and second is not None and np.array_equal(first, second)
